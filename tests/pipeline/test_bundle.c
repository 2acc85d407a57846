#include "pipeline/bundle.h"

#include "base/file.h"
#include "base/tar.h"
#include "pipeline/bundle_internal.h"
#include "pipeline/tabular_table.h"
#include "support/test.h"
#include "wire/wire.h"

#include <math.h>

/* Like apps/churn, but quick; a state that training never had is a fault of its row. */
static const char pipeline[] =
    "name: churn\n"
    "source: {label: 'Churn?', positive: 'True.', ignore: [Phone]}\n"
    "steps:\n"
    "  - {columns: [Account Length, Day Mins, Eve Mins, Intl Calls, CustServ Calls],\n"
    "     impute: median, scale: standard}\n"
    "  - {columns: [State], impute: {constant: missing}, encode: {one_hot: {unknown: error}}}\n"
    "  - {columns: [Area Code, \"Int'l Plan\", VMail Plan], impute: {constant: missing},\n"
    "     encode: one_hot}\n"
    "  - pca: 12\n"
    "model: {type: trees, rounds: 20, max_depth: 4}\n"
    "output: {threshold: best_f1, calibrate: isotonic, labels: [stays, leaves]}\n";

/* The folder of a bundle trained on invented customers, made once; beside it rows.csv. */
static const char *bundle_folder(void)
{
    static char path[200];

    if (path[0])
        return path;
    struct test_output made =
        test_quern("simulate churn --rows 1500 --seed 3 --quiet -o %s/rows.csv", test_folder());
    EXPECT_EQ(made.status, 0);
    test_output_clear(&made);
    test_file("p.yaml", pipeline);
    made = test_quern("run %s/p.yaml --set source.path=%s/rows.csv --out %s/out --quiet",
                      test_folder(), test_folder(), test_folder());
    if (made.status != 0)
        fail_msg("run failed: %s", made.err);
    test_output_clear(&made);
    snprintf(path, sizeof path, "%s/out/bundle", test_folder());
    return path;
}

static struct bundle *open_bundle(const char *path)
{
    struct bundle *bundle;
    struct error err = {0};

    EXPECT_OK(bundle_open(&bundle, path, &err), &err);
    return bundle;
}

static struct tabular_table read_rows(const struct bundle *bundle, struct arena *memory)
{
    char path[200];
    struct tabular_table table;
    struct error err = {0};
    const struct tabular_roles roles = {
        .schema = bundle_input(bundle), .task = TABULAR_BINARY, .label = "Churn?"};

    snprintf(path, sizeof path, "%s/rows.csv", test_folder());
    EXPECT_OK(tabular_table_read(&table, &roles, path, memory, &err), &err);
    return table;
}

TEST(answers_do_not_depend_on_the_block)
{
    struct bundle *bundle = open_bundle(bundle_folder());
    struct arena memory = {0}, scratch = {0};
    const struct tabular_table table = read_rows(bundle, &memory);
    const struct frame all = tabular_frame(&table, bundle_input(bundle));
    struct frame_column *column = ARENA_NEW(&memory, struct frame_column, all.schema->count);
    struct row_errors errors = {.memory = &memory};
    static const size_t blocks[] = {1, 7, 255, 256, 257, 1000};
    size_t leavers = 0;
    struct frame whole;

    bundle_apply(bundle, &all, &whole, &errors, &memory);
    EXPECT_EQ(errors.count, 0);
    EXPECT_EQ(whole.rows, 1500);
    for (size_t i = 0; i < whole.rows; i++)
        leavers += whole.column[0].text[i].length == 6;
    EXPECT(leavers > 50 && leavers < 600);
    EACH_ROW(blocks, block) {
        for (size_t first = 0; first < all.rows; first += *block) {
            const size_t left = all.rows - first;
            const struct frame rows =
                frame_slice(&all, first, left < *block ? left : *block, column);
            struct frame answer;
            struct row_errors none = {.memory = &scratch};
            arena_reset(&scratch);
            bundle_apply(bundle, &rows, &answer, &none, &scratch);
            for (size_t i = 0; i < rows.rows; i++) {
                EXPECT(answer.column[0].text[i].bytes == whole.column[0].text[first + i].bytes);
                EXPECT(memcmp(&answer.column[1].number[i], &whole.column[1].number[first + i],
                              sizeof(double)) == 0);
            }
        }
    }
    arena_clear(&memory);
    arena_clear(&scratch);
    bundle_close(bundle);
}

TEST(one_bad_row_does_not_spoil_the_others)
{
    struct bundle *bundle = open_bundle(bundle_folder());
    struct arena memory = {0};
    struct tabular_table table = read_rows(bundle, &memory);
    struct table_string *states = ARENA_NEW(&memory, struct table_string, table.rows);
    struct row_errors errors = {.memory = &memory}, none = {.memory = &memory};
    const struct frame rows = tabular_frame(&table, bundle_input(bundle));
    struct frame good, answer;
    const size_t bad = 700; /* in the third block */

    bundle_apply(bundle, &rows, &good, &none, &memory);
    memcpy(states, table.column[0].text, table.rows * sizeof *states);
    states[bad] = (struct table_string){"ZZ", 2};
    table.column[0].text = states;
    bundle_apply(bundle, &rows, &answer, &errors, &memory);
    EXPECT_EQ(errors.count, 1);
    const struct row_error *fault = row_errors_find(&errors, bad);
    EXPECT(fault);
    EXPECT_STR(fault->column, "State");
    EXPECT_HAS(fault->text, "ZZ");
    for (size_t i = 0; i < answer.rows; i++) {
        if (i == bad) {
            EXPECT(!answer.column[0].text[i].bytes && isnan(answer.column[1].number[i]));
            continue;
        }
        EXPECT(answer.column[0].text[i].bytes == good.column[0].text[i].bytes);
        EXPECT(answer.column[1].number[i] == good.column[1].number[i]);
    }
    arena_clear(&memory);
    bundle_close(bundle);
}

/* One server after the other: the body that one answers is the body that the next gets. */
static void pass_through(const char *path, struct text *body)
{
    struct bundle *bundle = open_bundle(path);
    struct arena memory = {0};
    struct wire_rows rows;
    struct error err = {0};
    struct frame answer;
    struct text out = {0};
    const size_t *csv;
    const size_t count = bundle_csv_columns(bundle, &csv);

    EXPECT_OK(wire_decode(&rows, WIRE_CSV, bundle_input(bundle), body->bytes, body->length,
                          &(struct wire_limits){.rows = 10000, .depth = 16}, &memory, &err),
              &err);
    bundle_apply(bundle, &rows.frame, &answer, &rows.errors, &memory);
    EXPECT_OK(wire_encode(&out, WIRE_CSV, &answer, csv, count, &rows.errors, &err), &err);
    text_clear(body);
    *body = out;
    arena_clear(&memory);
    bundle_close(bundle);
}

/* Rows of rows.csv as a request without header or label, with a hole and a quote in it. */
static void read_request(struct text *body)
{
    struct error err = {0};
    char path[200], *bytes;
    size_t size;

    snprintf(path, sizeof path, "%s/rows.csv", test_folder());
    EXPECT_OK(file_read(path, 1 << 20, &bytes, &size, &err), &err);
    text_add_format(body,
                    "KS,,510,x,no,no,0,,97,23.43,187.7,118,15.95,146.4,85,6.59,8.7,6,2.35,1\n");
    char *line = strchr(bytes, '\n') + 1;
    for (size_t i = 0; i < 600; i++) {
        char *end = strchr(line, '\n'), *comma = end;
        while (*comma != ',')
            comma--;
        text_add(body, line, (size_t)(comma - line));
        text_add(body, "\n", 1);
        line = end + 1;
    }
    free(bytes);
}

TEST(a_split_bundle_answers_as_the_whole)
{
    static const char *const parts[] = {"1-preprocessing", "2-pca", "3-trees", "4-post-processing"};
    char folder[200];
    struct error err = {0};

    snprintf(folder, sizeof folder, "%s/parts", test_folder());
    EXPECT_OK(bundle_split(bundle_folder(), folder, &err), &err);
    EXPECT_ERROR(bundle_split(bundle_folder(), folder, &err), &err, ERR_ARG, "exists already");
    struct text whole = {0}, chained = {0};
    read_request(&whole);
    read_request(&chained);
    pass_through(bundle_folder(), &whole);
    for (size_t p = 0; p < 4; p++) {
        char *path = file_join(folder, parts[p]);
        pass_through(path, &chained);
        free(path);
    }
    EXPECT(whole.length > 600 * 5);
    EXPECT_STR(chained.bytes, whole.bytes);
    text_clear(&whole);
    text_clear(&chained);
}

TEST(parts_of_one_part_cannot_be_cut)
{
    struct error err = {0};
    char trees[200], folder[200];

    snprintf(trees, sizeof trees, "%s/parts1", test_folder());
    EXPECT_OK(bundle_split(bundle_folder(), trees, &err), &err);
    snprintf(trees, sizeof trees, "%s/parts1/3-trees", test_folder());
    snprintf(folder, sizeof folder, "%s/again", test_folder());
    EXPECT_ERROR(bundle_split(trees, folder, &err), &err, ERR_ARG, "one part only");
    EXPECT(!file_exists(folder));
}

TEST(a_tar_gz_is_the_same_bundle)
{
    struct error err = {0};
    char archive[200], outer[200], nested[200];
    struct bundle *plain = open_bundle(bundle_folder());

    snprintf(archive, sizeof archive, "%s/b.tar.gz", test_folder());
    EXPECT_OK(tar_pack(bundle_folder(), archive, &err), &err);
    struct bundle *packed = open_bundle(archive);
    EXPECT_STR(bundle_hash(packed), bundle_hash(plain));
    bundle_close(packed);
    snprintf(outer, sizeof outer, "%s/outer", test_folder());
    snprintf(nested, sizeof nested, "%s/n.tar.gz", test_folder());
    struct test_output made =
        test_shell("mkdir %s && cp -r %s %s/bundle", outer, bundle_folder(), outer);
    EXPECT_EQ(made.status, 0);
    test_output_clear(&made);
    EXPECT_OK(tar_pack(outer, nested, &err), &err);
    packed = open_bundle(nested);
    EXPECT_STR(bundle_hash(packed), bundle_hash(plain));
    bundle_close(packed);
    bundle_close(plain);
}

/* A fresh copy of the bundle, changed by a shell command that runs in it. */
static const char *changed(const char *command, bool sign)
{
    static char path[200];
    static int count;
    struct error err = {0};

    snprintf(path, sizeof path, "%s/changed%d", test_folder(), count++);
    struct test_output made =
        test_shell("cp -r %s %s && cd %s && { %s; }", bundle_folder(), path, path, command);
    if (made.status != 0)
        fail_msg("row %d: %s", test_row, made.err);
    test_output_clear(&made);
    if (sign)
        EXPECT_OK(bundle_manifest_write(path, &err), &err);
    return path;
}

TEST(damaged_bundles_are_refused)
{
    static const struct {
        const char *command, *part;
    } rows[] = {
        {"rm manifest.json", "is not a bundle: it has no manifest.json"},
        {"rm model.ubj", "'model.ubj' is missing"},
        {"echo >>transform.json", "'transform.json' is"},
        {"sed -i 's/stays/stayz/' decision.json", "'decision.json' is damaged"},
        {"sed -i 's/\"format\": 1/\"format\": 2/' manifest.json", "has format 2"},
        {"sed -i 's/\"format\": 1/\"format\": \"x\"/' manifest.json", "needs 'format'"},
        {"sed -i 's/decision.json/..\\/decision.json/' manifest.json", "a file needs 'name'"},
        {"echo '{' >manifest.json", "manifest.json: line"},
        {"head -c 100 manifest.json >m; mv m manifest.json", "manifest.json: line"},
    };

    EACH_ROW(rows, r) {
        struct bundle *bundle;
        struct error err = {0};
        EXPECT_ERROR(bundle_open(&bundle, changed(r->command, false), &err), &err, ERR_DATA,
                     r->part);
        EXPECT_HAS(err.text, "bundle '");
    }
}

/* Signed anew, so that the parts themselves are looked at. */
TEST(parts_that_do_not_fit_are_refused)
{
    static const struct {
        const char *command, *part;
    } rows[] = {
        {"rm bundle.json", "bundle.json"},
        {"echo '[]' >bundle.json", "'name' must be"},
        {"sed -i 's/\"Eve Mins\"/\"Day Mins\"/' bundle.json", "'input'"},
        {"sed -i 's/\"Eve Mins\"/\"Eva Mins\"/' bundle.json", "is not that of transform.json"},
        {"sed -i 's/\"transform\": \"transform.json\",//' bundle.json", "must be a number"},
        {"sed -i 's/\"model\": \"model.ubj\",//' bundle.json", "decision.json takes 1 scores"},
        {"sed -i 's/\"model.ubj\"/\"..\\/model.ubj\"/' bundle.json",
         "'parts.model' must be 'model.ubj'"},
        {"sed -i 's/\"score\"/\"scores\"/' bundle.json", "is not that of its parts"},
        {"sed -i 's/\\[\"label\"\\]/[\"x\"]/; s/^    \"label\"$/    \"x\"/' bundle.json",
         "'csv[0]' is no output column"},
        {"sed -i 's/\"binary\"/\"classes\"/' decision.json", "decision.json takes 2 scores"},
        {"sed -i 's/\"binary\"/\"ternary\"/' decision.json", "decision.json: 'kind' must be"},
        {"sed -i 's/leaves/stays/' decision.json", "'labels' holds 'stays' twice"},
        {"sed -i 's/\"threshold\": .*/\"threshold\": \"x\",/' decision.json", "'threshold' must"},
        {"head -c 2000 model.ubj >m; mv m model.ubj", "model.ubj"},
        {"echo '{}' >transform.json", "transform"},
    };

    EACH_ROW(rows, r) {
        struct bundle *bundle;
        struct error err = {0};
        EXPECT(!bundle_open(&bundle, changed(r->command, true), &err));
        EXPECT(err.code == ERR_DATA || err.code == ERR_IO);
        EXPECT_HAS(err.text, r->part);
    }
}

TEST(bundle_open_says_what_is_not_there)
{
    struct bundle *bundle;
    struct error err = {0};

    EXPECT_ERROR(bundle_open(&bundle, "/nowhere/b", &err), &err, ERR_IO,
                 "bundle '/nowhere/b': there is no such");
    EXPECT_ERROR(bundle_open(&bundle, test_file("x.tar.gz", "no archive"), &err), &err, ERR_DATA,
                 "x.tar.gz");
}
