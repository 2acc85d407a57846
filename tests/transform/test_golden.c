/* src/transform against scikit-learn: tests/golden/transform/make.py wrote what is compared. */
#include "transform/support.h"

#include "base/file.h"
#include "base/json.h"
#include "table/reader.h"

#include <math.h>

static void check_hash(const char *name)
{
    struct error err = {0};
    char *bytes, want[128], path[128];
    size_t size;
    uint64_t hash = 0xCBF29CE484222325u;

    snprintf(path, sizeof path, "tests/golden/transform/%s", name);
    EXPECT_OK(file_read(test_source(path), 1 << 24, &bytes, &size, &err), &err);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001B3u;
    free(bytes);
    snprintf(want, sizeof want, "fnv1a %s %016llx", name, (unsigned long long)hash);
    EXPECT_OK(
        file_read(test_source("tests/golden/transform/PROVENANCE"), 1 << 16, &bytes, &size, &err),
        &err);
    EXPECT_HAS(bytes, want);
    free(bytes);
}

TEST(golden_transforms_are_the_recorded_ones)
{
    check_hash("transform.json");
    check_hash("churn.json");
}

static const char *text_of(const json_t *entry, const char *key)
{
    return json_string_value(json_object_get(entry, key));
}

/* Equal to `tolerance`, relative to numbers above 1; null is a missing value. */
static void expect_row(const char *name, size_t row, const double *got, const json_t *want,
                       double tolerance)
{
    for (size_t f = 0; f < json_array_size(want); f++) {
        const json_t *it = json_array_get(want, f);
        const double value = json_number_value(it), size = fabs(value) > 1 ? fabs(value) : 1;
        if (json_is_null(it) ? isnan(got[f]) : fabs(got[f] - value) <= tolerance * size)
            continue;
        fail_msg("%s: row %zu, feature %zu is %.17g, not %.17g", name, row, f, got[f],
                 json_is_null(it) ? NAN : value);
    }
}

static void compare(const json_t *golden)
{
    const char *name = text_of(golden, "name");
    struct transform *t = fitted_on(text_of(golden, "steps"), text_of(golden, "train"));
    struct arena memory = {0};
    struct row_errors errors = {.memory = &memory};
    double *x = features_of(t, text_of(golden, "rows"), &errors);
    const json_t *rows = json_object_get(golden, "features"), *row;
    const double tolerance = json_number_value(json_object_get(golden, "tolerance"));
    size_t r;

    json_array_foreach(rows, r, row)
    {
        const bool wrong = json_is_null(row);
        if (wrong != (row_errors_find(&errors, r) != NULL))
            fail_msg("%s: row %zu is%s at fault", name, r, wrong ? " not" : "");
        if (!wrong && json_array_size(row) != transform_width(t))
            fail_msg("%s: %zu features, not %zu", name, transform_width(t), json_array_size(row));
        if (!wrong)
            expect_row(name, r, x + r * transform_width(t), row, tolerance);
        for (size_t f = 0; f < transform_width(t) && wrong; f++)
            EXPECT(isnan(x[r * transform_width(t) + f]));
    }
    free(x);
    arena_clear(&memory);
    transform_free(t);
}

TEST(golden_transforms)
{
    struct error err = {0};
    json_t *cases, *golden;
    size_t i;

    EXPECT_OK(
        json_read(test_source("tests/golden/transform/transform.json"), 1 << 24, &cases, &err),
        &err);
    EXPECT(json_array_size(cases) > 30);
    json_array_foreach(cases, i, golden)
    {
        compare(golden);
    }
    json_decref(cases);
}

static const char churn_steps[] =
    "- columns: [Account Length, VMail Message, Day Mins, Day Calls, Eve Mins, Eve Calls, "
    "Night Mins, Night Calls, Intl Mins, Intl Calls, CustServ Calls]\n"
    "  impute: median\n"
    "  scale: standard\n"
    "- columns: [State, Area Code, \"Int'l Plan\", VMail Plan]\n"
    "  impute: {constant: missing}\n"
    "  encode: one_hot\n"
    "- pca: 25\n";

/* A split of the churn table as the schema of `config` has it. */
static struct sample read_churn(const char *name, const struct transform_config *config)
{
    enum { COLUMNS = 21 };
    static const char *const names[COLUMNS] = {
        "State",        "Account Length", "Area Code",  "Phone",       "Int'l Plan",
        "VMail Plan",   "VMail Message",  "Day Mins",   "Day Calls",   "Day Charge",
        "Eve Mins",     "Eve Calls",      "Eve Charge", "Night Mins",  "Night Calls",
        "Night Charge", "Intl Mins",      "Intl Calls", "Intl Charge", "CustServ Calls",
        "Churn?"};
    struct sample s = {0};
    struct error err = {0};
    struct schema_column *it = ARENA_NEW(&s.memory, struct schema_column, COLUMNS);
    struct frame_column *column = ARENA_ZERO(&s.memory, struct frame_column, COLUMNS);
    struct table_field field[COLUMNS];
    struct table_chunk table;

    for (size_t c = 0; c < COLUMNS; c++) {
        it[c] = (struct schema_column){
            names[c], transform_config_kind(config, names[c], SCHEMA_NUMBER), SCHEMA_REQUIRED};
        field[c] =
            (struct table_field){names[c], it[c].kind == SCHEMA_NUMBER ? TABLE_DOUBLE : TABLE_TEXT};
    }
    EXPECT_OK(table_load(name, field, COLUMNS, 10000, &table, &s.memory, &err), &err);
    for (size_t c = 0; c < COLUMNS; c++)
        if (it[c].kind == SCHEMA_NUMBER)
            column[c].number = table.column[c].number;
        else if (it[c].kind == SCHEMA_TEXT)
            column[c].text = table.column[c].text;
    sample_set(&s, COLUMNS, table.rows, it, column);
    return s;
}

static void compare_churn(const struct transform *t, const struct frame *frame, const char *key,
                          double tolerance)
{
    double *x = features_of_frame(t, frame, 7, NULL);
    struct error err = {0};
    json_t *golden, *row;
    size_t r;

    EXPECT_OK(json_read(test_source("tests/golden/transform/churn.json"), 1 << 24, &golden, &err),
              &err);
    json_array_foreach(json_object_get(golden, key), r, row)
    {
        EXPECT_EQ(json_array_size(row), transform_width(t));
        expect_row(key, r, x + r * transform_width(t), row, tolerance);
    }
    json_decref(golden);
    free(x);
}

TEST(golden_churn_has_69_features_and_25_components)
{
    const char *train = test_shared("data/churn/split1729_train.csv");
    struct arena memory = {0};
    struct error err = {0};
    struct transform *t, *front, *back;

    if (!train)
        return;
    const struct transform_config *config = config_of(churn_steps, &memory, &err);
    EXPECT_OK(config, &err);
    struct sample rows = read_churn(train, config);
    EXPECT_OK(transform_fit(&t, config, &rows.frame, &err), &err);
    sample_clear(&rows);
    EXPECT_EQ(transform_width_before_pca(t), 69);
    EXPECT_EQ(transform_width(t), 25);
    rows = read_churn(test_shared("data/churn/split1729_test.csv"), config);
    compare_churn(t, &rows.frame, "reduced", 1e-9);
    EXPECT_OK(transform_cut(t, &front, &back, &err), &err);
    EXPECT_STR(transform_name(front, 0), "Account Length");
    EXPECT_STR(transform_name(front, 11), "State=AK");
    EXPECT_STR(transform_name(front, 62), "Area Code=408");
    compare_churn(front, &rows.frame, "wide", 1e-12);
    sample_clear(&rows);
    transform_free(t);
    transform_free(front);
    transform_free(back);
    arena_clear(&memory);
}
