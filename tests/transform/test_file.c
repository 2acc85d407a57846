/* transform.json and transform.safetensors: what is wrong with them is one sentence. */
#include "transform/support.h"

#include "base/file.h"
#include "base/rng.h"

static const char steps[] = "- {columns: [n], impute: median, scale: standard}\n"
                            "- {columns: [m], scale: min_max}\n"
                            "- {columns: [t], encode: one_hot}\n"
                            "- {columns: [u], impute: {constant: none}, encode: {ordinal: "
                            "{unknown: -1}}}\n"
                            "- {scale: standard}\n"
                            "- {pca: 2}\n";
static const char rows[] = "n,m,t,u,other\n1,2,a,5,x\n2,3,b,7,y\n,7,,9,z\n4,1,a,5,w\n";

static void save(void)
{
    struct transform *t = fitted_on(steps, rows);
    struct error err = {0};

    EXPECT_OK(transform_save(t, test_folder(), &err), &err);
    transform_free(t);
}

/* transform.json with one text in place of another, which must be there. */
static void put(const char *from, const char *to)
{
    struct error err = {0};
    struct text edited = {0};
    char *bytes;
    size_t size;

    save();
    EXPECT_OK(file_read(test_path("transform.json"), 1 << 20, &bytes, &size, &err), &err);
    const char *at = strstr(bytes, from);
    if (!at)
        fail_msg("row %d: no '%s' in %s", test_row, from, bytes);
    text_add(&edited, bytes, (size_t)(at - bytes));
    text_add_format(&edited, "%s%s", to, at + strlen(from));
    test_file("transform.json", edited.bytes);
    text_clear(&edited);
    free(bytes);
}

TEST(transform_files_are_refused)
{
    static const struct {
        const char *from, *to, *sentence;
    } cases[] = {
        {"transform 1", "transform 2", "transform.json: 'format' is not 'quern transform 1'"},
        {"\"stages\": [", "\"stages\": [], \"s\": [", "unknown key 's'"},
        {"\"stages\": [", "\"stage\": [", "unknown key 'stage'"},
        {"\"other\"", "\"n\"", "there are two columns 'n'"},
        {"\"column\": \"n\"", "\"column\": \"z\"", "stages[0]: 'column' is not one of the input"},
        {"\"column\": \"m\"", "\"column\": \"t\"", "column 't': the input has another type"},
        {"\"column\": \"m\"", "\"column\": \"other\"", "'other': the input has another type"},
        {"\"scale\": \"standard\",\n          \"mean\"", "\"scale\": \"mean\",\n          \"mean\"",
         "stages[0]: column 'n': 'scale' is not standard or min_max"},
        {"\"deviation\": 1", "\"deviation\": -1", "'deviation' is not positive"},
        {"\"mean\": 2", "\"mean\": null, \"deviation\": 1}, {\"column\": \"n\", \"q\": 2",
         "'mean' is not a number"},
        {"\"mean\": 2", "\"mean\": 1e999, \"q\": 2", "real number overflow"},
        {"\"factor\"", "\"factors\"", "unknown key 'factors'"},
        {"\"one_hot\"", "\"hot\"", "'encode' is not one_hot or ordinal"},
        {"\"ignore\"", "\"missing\"", "'unknown' is not understood"},
        {"-1.0", "\"ignore\"", "'unknown' is not understood"},
        {"\"a\",", "\"c\",", "'categories' are not in order"},
        {"\"a\",", "\"b\",", "'categories' are not in order"},
        {"\"a\",", "null,", "a category is not text"},
        {"\"a\",", "1,", "a category is not a number"},
        {"\"impute\": \"none\"", "\"impute\": 1", "'impute' is not text"},
        {"\"pca\": 2", "\"pca\": 0", "'pca' is not a number of components from 1 to"},
        {"\"pca\": 2", "\"pca\": 99", "'pca' is not a number of components from 1 to"},
        {"\"pca\": 2", "\"pca\": 1", "'variance' is not a list of 1 numbers"},
        {"\"variance_total\"", "\"scale\": \"standard\", \"variance_total\"", "has both"},
        {"\"variance_total\"", "\"total\"", "unknown key 'total'"},
        {"\"columns\": []", "\"columns\": {}", "must have a list 'columns'"},
        {"\"columns\": []", "\"columns\": [{\"column\": \"n\"}, {\"column\": \"n\"}]",
         "more columns than the input has"},
        {"\"columns\": []", "\"columns\": [{\"column\": \"n\"}]", "tensor"},
        {"{", "[", "transform.json: line"},
    };
    struct transform *t;
    struct error err;

    EACH_ROW(cases, c) {
        put(c->from, c->to);
        EXPECT_ERROR(transform_load(&t, test_folder(), &err), &err, ERR_DATA, c->sentence);
        EXPECT_HAS(err.text, "transform.");
    }
}

TEST(transform_tensors_are_checked)
{
    struct transform *t;
    struct error err = {0};
    char *bytes;
    size_t size;
    const double infinite = 1.0 / 0.0;

    save();
    EXPECT_OK(file_read(test_path("transform.safetensors"), 1 << 20, &bytes, &size, &err), &err);
    EXPECT_OK(file_write(test_path("transform.safetensors"), bytes, size - 1, &err), &err);
    EXPECT_ERROR(transform_load(&t, test_folder(), &err), &err, ERR_DATA, "transform.safetensors");
    memcpy(bytes + size - sizeof infinite, &infinite, sizeof infinite);
    EXPECT_OK(file_write(test_path("transform.safetensors"), bytes, size, &err), &err);
    EXPECT_ERROR(transform_load(&t, test_folder(), &err), &err, ERR_DATA, "not finite");
    EXPECT(remove(test_path("transform.safetensors")) == 0);
    EXPECT_ERROR(transform_load(&t, test_folder(), &err), &err, ERR_IO, "transform.safetensors");
    EXPECT(remove(test_path("transform.json")) == 0);
    EXPECT_ERROR(transform_load(&t, test_folder(), &err), &err, ERR_IO, "transform.json");
    free(bytes);
}

/* Refused, or a transform that applies without harm. */
static void load_damaged(void)
{
    struct arena memory = {0};
    struct row_errors errors = {.memory = &memory};
    struct error err = {0};
    struct transform *t;

    if (!transform_load(&t, test_folder(), &err)) {
        EXPECT(err.code != ERR_NONE && err.text[0]);
        return;
    }
    const struct schema *schema = transform_schema(t);
    const struct table_string text = {"a", 1};
    const double number = 3;
    struct frame_column *column = ARENA_ZERO(&memory, struct frame_column, schema->count);
    for (size_t c = 0; c < schema->count; c++) {
        column[c].number = schema->column[c].kind == SCHEMA_NUMBER ? &number : NULL;
        column[c].text = schema->column[c].kind == SCHEMA_TEXT ? &text : NULL;
    }
    const struct frame frame = {schema, 1, column};
    free(features_of_frame(t, &frame, 1, &errors));
    transform_free(t);
    arena_clear(&memory);
}

TEST(damaged_transform_files_do_no_harm)
{
    static const char *const names[] = {"transform.json", "transform.safetensors"};
    struct rng rng = rng_new(24, 9);
    struct error err = {0};
    char *bytes;
    size_t size;

    EACH_ROW(names, name) {
        save();
        EXPECT_OK(file_read(test_path(*name), 1 << 20, &bytes, &size, &err), &err);
        for (size_t i = 0; i < 300; i++) {
            const size_t at = rng_below(&rng, size), cut = i % 4 ? size : at;
            const char keep = bytes[at];
            bytes[at] = (char)(rng_below(&rng, 2) ? keep ^ (char)(1 << rng_below(&rng, 8))
                                                  : (char)rng_below(&rng, 256));
            EXPECT_OK(file_write(test_path(*name), bytes, cut, &err), &err);
            load_damaged();
            bytes[at] = keep;
        }
        free(bytes);
    }
}
