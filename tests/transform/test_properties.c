/* What must hold for any rows: blocks, files and cuts change no bit. */
#include "transform/support.h"

#include "base/file.h"
#include "base/rng.h"
#include "transform/pca_kernel.h"

#include <math.h>

static const char *const programs[] = {
    "- {columns: numeric, passthrough: true}\n- {columns: text, encode: ordinal}\n",
    "- {columns: [n0, n1, n2], impute: median, scale: standard}\n"
    "- {columns: [t0, t1], impute: {constant: none}, encode: one_hot}\n"
    "- {columns: [t2], encode: {one_hot: {unknown: error}}}\n",
    "- {columns: [n0, n1, n2, n3], impute: mean, scale: {min_max: [-1, 1]}}\n"
    "- {columns: [t0, t1, t2], impute: most_frequent, encode: one_hot}\n"
    "- {pca: 9}\n",
    "- {columns: [n3, n0], scale: standard}\n"
    "- {columns: [t2], encode: {ordinal: {unknown: missing}}}\n"
    "- {columns: [t0], encode: one_hot}\n"
    "- {pca: 0.9}\n"
    "- {scale: min_max}\n",
    "- {columns: [n0, n1], impute: most_frequent}\n"
    "- {scale: standard}\n"
    "- {columns: [t2, t1], impute: {constant: 3}, encode: one_hot}\n"
    "- {scale: min_max}\n"
    "- {pca: 3}\n"
    "- {scale: standard}\n"
    "- {pca: 2}\n",
    "- {columns: [n0, n1], impute: median}\n"
    "- {pca: 2}\n"
    "- {columns: [t0], impute: most_frequent, encode: one_hot}\n"
    "- {columns: [n2], impute: mean, scale: standard}\n",
};

/* Four columns of numbers, three of texts; t2 holds numbers in several spellings. */
static char *random_rows(struct rng *rng, size_t rows, size_t categories, bool missing,
                         struct arena *memory)
{
    struct text csv = {0};

    text_add_format(&csv, "n0,n1,n2,n3,t0,t1,t2\n");
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < 4; c++) {
            const bool gone = missing && c < 3 && rng_below(rng, 10) == 0;
            if (!gone && rng_below(rng, 5) == 0)
                text_add_format(&csv, "%d", (int)rng_below(rng, 3));
            else if (!gone)
                text_add_format(&csv, "%.6g", rng_normal(rng) * (double)(c + 1) * 10 - 3);
            text_add_format(&csv, ",");
        }
        for (size_t c = 0; c < 2; c++) {
            const size_t length = 1 + rng_below(rng, categories);
            if (!missing || rng_below(rng, 10) != 0)
                text_add_format(&csv, "%.*s", (int)length, "abcdefghijklmnopqrstuvwxyz");
            text_add_format(&csv, ",");
        }
        text_add_format(&csv, rng_below(rng, 2) ? "%d.0\n" : "%d\n",
                        (int)rng_below(rng, categories));
    }
    char *copy = arena_string(memory, csv.bytes, csv.length);
    text_clear(&csv);
    return copy;
}

/* Equal bit for bit, except that any NaN equals any other. */
static void expect_equal(const double *got, const double *want, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(&got[i], &want[i], sizeof *got) != 0 && !(isnan(got[i]) && isnan(want[i])))
            fail_msg("row %d: number %zu is %.17g, not %.17g", test_row, i, got[i], want[i]);
}

static void expect_same_errors(const struct row_errors *got, const struct row_errors *want)
{
    EXPECT_EQ(got->count, want->count);
    for (const struct row_error *e = want->first; e; e = e->next) {
        const struct row_error *same = row_errors_find(got, e->row);
        EXPECT(same);
        EXPECT_STR(same->text, e->text);
    }
}

/* `other` does to the rows what `want` says. */
static void expect_same(const struct transform *other, const struct frame *frame, size_t block,
                        const double *want, const struct row_errors *errors)
{
    struct arena memory = {0};
    struct row_errors again = {.memory = &memory};
    double *x = features_of_frame(other, frame, block, &again);

    expect_equal(x, want, frame->rows * transform_width(other));
    expect_same_errors(&again, errors);
    free(x);
    arena_clear(&memory);
}

static void expect_saved(const struct transform *t, const struct frame *frame, const double *want,
                         const struct row_errors *errors)
{
    struct error err = {0};
    struct transform *loaded;
    char *first, *second;
    size_t sizes[2];

    EXPECT_OK(transform_save(t, test_folder(), &err), &err);
    EXPECT_OK(transform_load(&loaded, test_folder(), &err), &err);
    EXPECT_EQ(transform_width(loaded), transform_width(t));
    EXPECT_EQ(transform_width_before_pca(loaded), transform_width_before_pca(t));
    for (size_t f = 0; f < transform_width(t); f++)
        EXPECT_STR(transform_name(loaded, f), transform_name(t, f));
    expect_same(loaded, frame, 64, want, errors);
    EXPECT_OK(file_read(test_path("transform.json"), 1 << 24, &first, &sizes[0], &err), &err);
    EXPECT_OK(transform_save(loaded, test_folder(), &err), &err);
    EXPECT_OK(file_read(test_path("transform.json"), 1 << 24, &second, &sizes[1], &err), &err);
    EXPECT_STR(second, first);
    free(first);
    free(second);
    transform_free(loaded);
}

/* The front's features, as numbers, through the back. */
static void expect_cut(const struct transform *t, const struct frame *frame, const double *want)
{
    struct error err = {0};
    struct transform *front, *back;
    struct arena memory = {0};
    struct row_errors errors = {.memory = &memory};

    if (!transform_cut(t, &front, &back, &err)) {
        EXPECT_EQ(err.code, ERR_ARG);
        return;
    }
    const size_t width = transform_width(front);
    EXPECT_EQ(width, transform_width_before_pca(t));
    EXPECT_EQ(transform_schema(back)->count, width);
    double *wide = features_of_frame(front, frame, 50, &errors);
    struct frame_column *column = ARENA_ZERO(&memory, struct frame_column, width);
    for (size_t f = 0; f < width; f++) {
        double *across = ARENA_NEW(&memory, double, frame->rows + 1);
        for (size_t r = 0; r < frame->rows; r++)
            across[r] = wide[r * width + f];
        column[f].number = across;
        EXPECT_STR(transform_schema(back)->column[f].name, transform_name(front, f));
    }
    const struct frame middle = {transform_schema(back), frame->rows, column};
    double *x = features_of_frame(back, &middle, 1, &errors);
    expect_equal(x, want, frame->rows * transform_width(t));
    free(x);
    free(wide);
    transform_free(front);
    transform_free(back);
    arena_clear(&memory);
}

TEST(blocks_files_and_cuts_change_no_bit)
{
    struct rng rng = rng_new(24, 1);

    EACH_ROW(programs, program)
        for (size_t round = 0; round < 4; round++) {
            struct arena memory = {0};
            struct row_errors errors = {.memory = &memory};
            const bool missing = program != &programs[3];
            struct transform *t = fitted_on(*program, random_rows(&rng, 60, 6, missing, &memory));
            struct sample sample =
                sample_like(random_rows(&rng, 301, 8, true, &memory), transform_schema(t));
            double *x = features_of_frame(t, &sample.frame, sample.frame.rows, &errors);

            EXPECT(errors.count < sample.frame.rows);
            expect_same(t, &sample.frame, 1, x, &errors);
            expect_same(t, &sample.frame, 7, x, &errors);
            expect_saved(t, &sample.frame, x, &errors);
            expect_cut(t, &sample.frame, x);
            free(x);
            sample_clear(&sample);
            transform_free(t);
            arena_clear(&memory);
        }
}

TEST(fitting_again_gives_equal_files)
{
    struct rng rng = rng_new(24, 2);
    struct arena memory = {0};
    struct error err = {0};
    char *first[2], *second[2];
    size_t size[4];
    const char *rows = random_rows(&rng, 700, 6, true, &memory);

    for (size_t i = 0; i < 2; i++) {
        struct transform *t = fitted_on(programs[2], rows);
        char **bytes = i ? second : first;
        EXPECT_OK(transform_save(t, test_folder(), &err), &err);
        EXPECT_OK(file_read(test_path("transform.json"), 1 << 24, &bytes[0], &size[i * 2], &err),
                  &err);
        EXPECT_OK(file_read(test_path("transform.safetensors"), 1 << 24, &bytes[1],
                            &size[i * 2 + 1], &err),
                  &err);
        transform_free(t);
    }
    for (size_t i = 0; i < 2; i++) {
        EXPECT_EQ(size[i], size[2 + i]);
        EXPECT(memcmp(first[i], second[i], size[i]) == 0);
        free(first[i]);
        free(second[i]);
    }
    arena_clear(&memory);
}

/* Fitted on training rows only: what other rows hold changes nothing that was fitted. */
TEST(fitting_sees_training_rows_only)
{
    struct rng rng = rng_new(24, 3);
    struct arena memory = {0};
    struct transform *t = fitted_on(programs[1], random_rows(&rng, 80, 5, true, &memory));
    struct row_errors errors = {.memory = &memory};
    const char *asked = "n0,n1,n2,n3,t0,t1,t2\n1,2,3,4,a,b,1\n";
    double *before = features_of(t, asked, &errors);
    double *others = features_of(t, "n0,n1,n2,n3,t0,t1,t2\n1e9,,-5,7,zz,yy,99\n,,,,,,\n", &errors);
    double *after = features_of(t, asked, &errors);

    expect_equal(after, before, transform_width(t));
    free(before);
    free(others);
    free(after);
    transform_free(t);
    arena_clear(&memory);
}

extern const struct pca_kernel pca_kernel_baseline;

TEST(instruction_sets_change_no_bit)
{
    enum { ENTRIES = 17, STRIDES = 5 };
    static const size_t strides[STRIDES] = {8, 24, 32, 40, 136};
    struct rng rng = rng_new(24, 4);
    struct arena memory = {0};

    EACH_ROW(strides, stride) {
        struct feature_entry entry[ENTRIES];
        double *base = ARENA_NEW(&memory, double, *stride);
        double *component = ARENA_NEW(&memory, double, *stride *ENTRIES);
        double *out[2] = {ARENA_NEW(&memory, double, *stride), ARENA_NEW(&memory, double, *stride)};
        double *sum[2] = {ARENA_ZERO(&memory, double, *stride **stride),
                          ARENA_ZERO(&memory, double, *stride **stride)};
        const struct pca_kernel *kernel[2] = {&pca_kernel_baseline, pca_kernel_best()};
        for (size_t i = 0; i < ENTRIES; i++)
            entry[i] = (struct feature_entry){rng_normal(&rng), i};
        for (size_t i = 0; i < *stride; i++)
            base[i] = rng_normal(&rng);
        for (size_t i = 0; i < *stride * ENTRIES; i++)
            component[i] = rng_normal(&rng);
        for (size_t k = 0; k < 2; k++) {
            kernel[k]->project(out[k], base, component, *stride, entry, ENTRIES);
            for (size_t i = 0; i < ENTRIES; i++)
                kernel[k]->outer(sum[k], component + i * *stride, *stride);
        }
        expect_equal(out[1], out[0], *stride);
        expect_equal(sum[1], sum[0], *stride * *stride);
        for (size_t c = 0; c < *stride; c++) {
            double want = base[c];
            for (size_t i = 0; i < ENTRIES; i++)
                want += entry[i].value * component[i * *stride + c];
            EXPECT_NEAR(out[0][c], want, 0);
        }
    }
    arena_clear(&memory);
}

TEST(cutting_needs_a_pca_at_the_end)
{
    static const struct {
        size_t program;
        const char *sentence; /* NULL: it can be cut */
    } cases[] = {
        {0, "have no PCA to cut at"},
        {1, "have no PCA to cut at"},
        {2, NULL},
        {3, NULL},
        {4, NULL},
        {5, "take columns after the PCA"},
    };
    struct rng rng = rng_new(24, 5);
    struct arena memory = {0};
    struct transform *front, *back;
    struct error err = {0};

    EACH_ROW(cases, c) {
        struct transform *t =
            fitted_on(programs[c->program], random_rows(&rng, 60, 6, c->program != 3, &memory));
        if (c->sentence) {
            EXPECT_ERROR(transform_cut(t, &front, &back, &err), &err, ERR_ARG, c->sentence);
        } else {
            EXPECT_OK(transform_cut(t, &front, &back, &err), &err);
            transform_free(front);
            transform_free(back);
        }
        transform_free(t);
    }
    arena_clear(&memory);
}
