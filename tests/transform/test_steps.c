/* Steps by hand-computed cases; test_golden.c compares with scikit-learn. */
#include "transform/support.h"

#include "base/config.h"

#include <math.h>

static const char rows[] = "State,Mins,Plan,Phone\n"
                           "KS,1,no,a\n"
                           "OH,2,yes,b\n"
                           "KS,6,,c\n"
                           ",,no,d\n";

TEST(steps_make_features_side_by_side)
{
    struct transform *t = fitted_on("- {columns: [Mins], impute: median, scale: standard}\n"
                                    "- {columns: [State, Plan], impute: {constant: missing}, "
                                    "encode: one_hot}\n",
                                    rows);
    static const char *const names[] = {"Mins",         "State=KS", "State=OH", "State=missing",
                                        "Plan=missing", "Plan=no",  "Plan=yes"};
    /* Mins: 1 2 6 2, mean 2.75, variance 3.6875 */
    const double deviation = sqrt(3.6875);

    EXPECT_EQ(transform_width(t), 7);
    EXPECT_EQ(transform_width_before_pca(t), 7);
    for (size_t f = 0; f < 7; f++)
        EXPECT_STR(transform_name(t, f), names[f]);
    double *x = features_of(t, "State,Mins,Plan,Phone\nOH,,yes,x\nTX,6,,y\n", NULL);
    const double want[] = {-0.75 / deviation, 0, 1, 0, 0, 0, 1, 3.25 / deviation, 0, 0, 0, 1, 0, 0};
    for (size_t i = 0; i < 14; i++)
        EXPECT_NEAR(x[i], want[i], 1e-15);
    free(x);
    transform_free(t);
}

TEST(steps_missing_is_a_category_of_its_own)
{
    struct transform *t = fitted_on("- {columns: [State], encode: one_hot}\n"
                                    "- {columns: [Plan], encode: ordinal}\n",
                                    rows);

    EXPECT_EQ(transform_width(t), 4);
    EXPECT_STR(transform_name(t, 2), "State=(missing)");
    EXPECT_STR(transform_name(t, 3), "Plan");
    double *x = features_of(t, "State,Mins,Plan,Phone\n,1,yes,\nKS,1,,\n", NULL);
    EXPECT_NEAR(x[2], 1, 0);
    EXPECT_NEAR(x[3], 1, 0);
    EXPECT_NEAR(x[4], 1, 0);
    EXPECT(isnan(x[7]));
    free(x);
    transform_free(t);
}

TEST(steps_without_any_pass_every_column)
{
    struct arena memory = {0};
    struct error err = {0};
    const struct transform_config *config;
    struct transform *t;

    EXPECT_OK(transform_config_read(&config, NULL, &memory, &err), &err);
    struct sample sample = sample_csv(rows, config);
    EXPECT_OK(transform_fit(&t, config, &sample.frame, &err), &err);
    EXPECT_EQ(transform_width(t), 4);
    EXPECT_STR(transform_name(t, 0), "Mins");
    EXPECT_STR(transform_name(t, 1), "State");
    double *x = features_of(t, "State,Mins,Plan,Phone\nOH,5,no,zzz\n", NULL);
    EXPECT_NEAR(x[0], 5, 0);
    EXPECT_NEAR(x[1], 1, 0);
    EXPECT_NEAR(x[2], 0, 0);
    EXPECT(isnan(x[3]));
    free(x);
    sample_clear(&sample);
    transform_free(t);
    arena_clear(&memory);
}

TEST(steps_say_how_columns_are_read)
{
    static const struct {
        const char *column;
        enum schema_kind inferred, want;
    } cases[] = {
        {"a", SCHEMA_TEXT, SCHEMA_NUMBER},      {"b", SCHEMA_NUMBER, SCHEMA_TEXT},
        {"c", SCHEMA_NUMBER, SCHEMA_IGNORED},   {"other", SCHEMA_NUMBER, SCHEMA_NUMBER},
        {"other", SCHEMA_TEXT, SCHEMA_IGNORED},
    };
    struct arena memory = {0};
    struct error err = {0};
    const struct transform_config *config =
        config_of("- {columns: [a], impute: mean}\n- {columns: [b], encode: ordinal}\n"
                  "- {columns: [c], drop: true}\n- {columns: numeric, passthrough: true}\n",
                  &memory, &err);

    EXPECT_OK(config, &err);
    EACH_ROW(cases, c)
        EXPECT_EQ(transform_config_kind(config, c->column, c->inferred), c->want);
    arena_clear(&memory);
}

TEST(steps_are_refused_with_their_place)
{
    static const struct {
        const char *steps, *sentence;
    } cases[] = {
        {"- {columns: [a], impute: medium}\n",
         "p.yaml:2: key 'steps[0].impute': must be median, mean, most_frequent or"},
        {"- {columns: [a], scale: max}\n", "key 'steps[0].scale': must be standard, min_max or"},
        {"- {columns: [a], scale: {min_max: [1, 1]}}\n", "'steps[0].scale.min_max': must be [LOW"},
        {"- {columns: [a], scale: {min_max: [a, 1]}}\n", "must be [LOW, HIGH]"},
        {"- {columns: [a], encode: hot}\n", "must be one_hot, ordinal or"},
        {"- {columns: [a], encode: {one_hot: {unknown: 3}}}\n", "must be ignore or error"},
        {"- {columns: [a], encode: {ordinal: {unknown: ignore}}}\n",
         "must be error, missing or a number"},
        {"- {columns: [a], encode: {ordinal: {known: 1}}}\n", "must be a map with the one key"},
        {"- {columns: [a], encode: one_hot, scale: standard}\n", "a step scales or encodes"},
        {"- {columns: [a], encode: one_hot, impute: median}\n", "median and mean are for numbers"},
        {"- {columns: [a], impute: {constant: x}}\n", "the constant must be a number"},
        {"- {columns: [a], impute: {constant: [1]}}\n", "must be median"},
        {"- {columns: [a]}\n", "give 'impute', 'scale', 'encode', 'drop' or 'passthrough'"},
        {"- {columns: [a], drop: true, passthrough: true}\n", "'drop' and 'passthrough' stand"},
        {"- {columns: [a], drop: maybe}\n", "must be true or false"},
        {"- {columns: [a], pca: 2}\n", "put it into a step without columns"},
        {"- {columns: a, scale: standard}\n", "must be a list of column names, or 'numeric'"},
        {"- {columns: [], scale: standard}\n", "must be a list of column names"},
        {"- {columns: [[a]], scale: standard}\n",
         "key 'steps[0].columns[0]': must be the name of a column"},
        {"- {columns: [a], scales: standard}\n", "'steps[0].scales'"},
        {"- {columns: numeric, encode: one_hot}\n", "'columns: numeric' cannot be encoded"},
        {"- {columns: text, scale: standard}\n", "'columns: text' can only be encoded"},
        {"- {columns: [a, b], scale: standard}\n- {columns: [b], drop: true}\n",
         "p.yaml:3: key 'steps[1]': column 'b' is named twice"},
        {"- {columns: text, drop: true}\n- {columns: text, encode: ordinal}\n", "already takes"},
        {"- {pca: 2}\n", "p.yaml:2: key 'steps[0]': no step before it makes features"},
        {"- {columns: [a], drop: true}\n- {scale: standard}\n", "no step before it"},
        {"- {columns: [a], scale: standard}\n- {pca: 0}\n", "a number of components, or a share"},
        {"- {columns: [a], scale: standard}\n- {pca: 1.5}\n", "a number of components, or a"},
        {"- {columns: [a], scale: standard}\n- {pca: 1000000}\n", "a number of components, or"},
        {"- {columns: [a], scale: standard}\n- {pca: -0.5}\n", "a number of components, or a"},
        {"- {columns: [a], scale: standard}\n- {pca: 2, scale: standard}\n", "one of 'pca' and"},
        {"- {columns: [a], scale: standard}\n- {impute: mean}\n", "needs 'columns'"},
        {"- standard\n", "must be a map such as"},
        {"  columns: [a]\n", "p.yaml:1: key 'steps': must be a list of steps"},
    };
    struct arena memory = {0};
    struct error err;

    EACH_ROW(cases, c)
        EXPECT_ERROR(config_of(c->steps, &memory, &err), &err, ERR_CONFIG, c->sentence);
    arena_clear(&memory);
}

TEST(steps_that_name_no_column_list_those_there_are)
{
    struct arena memory = {0};
    struct error err = {0};
    const struct transform_config *config =
        config_of("- {columns: [State], encode: one_hot}\n- {columns: [Min], scale: standard}\n",
                  &memory, &err);
    struct sample sample = sample_csv(rows, config);

    EXPECT_ERROR(transform_config_check(config, sample.frame.schema, &err), &err, ERR_CONFIG,
                 "p.yaml:3: key 'steps[1]': there is no column 'Min'; there are: State, Mins, "
                 "Plan, Phone");
    sample_clear(&sample);
    arena_clear(&memory);
}

TEST(steps_written_read_back_equal)
{
    static const char steps[] =
        "- {columns: [\"Day: Mins\", b, \"yes\"], impute: {constant: -1.5}, scale: {min_max: [-1, "
        "0.1]}}\n"
        "- {columns: numeric, impute: most_frequent, scale: standard}\n"
        "- {columns: [c], impute: {constant: \"# é\"}, encode: one_hot}\n"
        "- {columns: [d], encode: {one_hot: {unknown: error}}}\n"
        "- {columns: [e], encode: {ordinal: {unknown: missing}}}\n"
        "- {columns: [f], encode: {ordinal: {unknown: -1}}}\n"
        "- {columns: [g], drop: true}\n"
        "- {columns: text, encode: ordinal}\n"
        "- {scale: min_max}\n"
        "- {pca: 0.95}\n"
        "- {columns: [h], passthrough: true}\n"
        "- {pca: 25}\n";
    struct arena memory = {0};
    struct error err = {0};
    struct text once = {0}, twice = {0};
    const struct transform_config *config = config_of(steps, &memory, &err);

    EXPECT_OK(config, &err);
    transform_config_write(config, &once, 2);
    EXPECT_HAS(once.bytes, "  - columns: [\"Day: Mins\", b, \"yes\"]\n    impute: {constant: "
                           "\"-1.5\"}\n    scale: {min_max: [-1, 0.1]}\n");
    EXPECT_HAS(once.bytes, "  - pca: 0.95\n");
    config = config_of(once.bytes, &memory, &err);
    EXPECT_OK(config, &err);
    transform_config_write(config, &twice, 2);
    EXPECT_STR(twice.bytes, once.bytes);
    text_clear(&once);
    text_clear(&twice);
    arena_clear(&memory);
}

TEST(steps_have_a_reference)
{
    static const char *const keys[] = {"columns", "impute",      "scale", "encode",
                                       "drop",    "passthrough", "pca"};
    struct text page = {0};
    char row[64];

    transform_config_reference(&page);
    EACH_ROW(keys, key) {
        snprintf(row, sizeof row, "\n| `%s` | ", *key);
        EXPECT_HAS(page.bytes, row);
    }
    text_clear(&page);
}

TEST(steps_cannot_be_fitted)
{
    static const struct {
        const char *steps, *csv;
        enum error_code code;
        const char *sentence;
    } cases[] = {
        {"- {columns: [a], scale: standard}\n", "a\n", ERR_DATA, "no training rows"},
        {"- {columns: [a], impute: median}\n", "a,b\n,1\n,2\n", ERR_DATA,
         "p.yaml:2: key 'steps[0]': column 'a' has no value in the training rows to impute from"},
        {"- {columns: [a], scale: standard}\n", "a,b\n,1\n,2\n", ERR_DATA, "'a' has no value"},
        {"- {columns: [a], impute: most_frequent, encode: one_hot}\n", "a,b\n,1\n,2\n", ERR_DATA,
         "'a' has no value"},
        {"- {columns: [a], drop: true}\n", "a\n1\n", ERR_DATA, "no column is left"},
        {"- {columns: [a], scale: min_max}\n", "a\n-1e308\n1e308\n", ERR_DATA, "too large"},
        {"- {columns: [a], scale: standard}\n", "a\n-1e308\n1e308\n", ERR_DATA, "too large"},
        {"- {columns: [a], impute: mean}\n", "a\n1.5e308\n1e308\n", ERR_DATA, "too large"},
        {"- {columns: [a, b], passthrough: true}\n- {pca: 3}\n", "a,b\n1,2\n3,4\n5,7\n", ERR_DATA,
         "3 components are more than the 2 features or the 3 training rows"},
        {"- {columns: [a, b], passthrough: true}\n- {pca: 2}\n", "a,b\n1,2\n", ERR_DATA,
         "at least two training rows"},
        {"- {columns: [a, b], passthrough: true}\n- {pca: 1}\n", "a,b\n1,2\n1,2\n", ERR_DATA,
         "all training rows are equal"},
        {"- {columns: [a, b], passthrough: true}\n- {pca: 1}\n", "a,b\n1,2\n,2\n1,3\n", ERR_DATA,
         "key 'steps[1]': 'a' has missing values, and PCA needs every value"},
        {"- {columns: [a, b], passthrough: true}\n- {pca: 1}\n", "a,b\n1e200,2\n-1e200,2\n1,3\n",
         ERR_DATA, "too large for PCA"},
        {"- {columns: [a], encode: {ordinal: {unknown: 1}}}\n", "a\nx\ny\n", ERR_DATA,
         "column 'a': the code 1 for unknown values is that of a category"},
        {"- {columns: [a=x], passthrough: true}\n- {columns: [a], encode: one_hot}\n",
         "a=x,a\n1,x\n", ERR_DATA, "two features would be named 'a=x'"},
    };
    struct arena memory = {0};
    struct error err = {0};
    struct transform *t;

    EACH_ROW(cases, c) {
        const struct transform_config *config = config_of(c->steps, &memory, &err);
        EXPECT_OK(config, &err);
        struct sample sample = sample_csv(c->csv, config);
        EXPECT_ERROR(transform_fit(&t, config, &sample.frame, &err), &err, c->code, c->sentence);
        sample_clear(&sample);
    }
    arena_clear(&memory);
}

TEST(a_long_value_is_not_cut_inside_a_character)
{
    struct transform *t =
        fitted_on("- {columns: [State], encode: {one_hot: {unknown: error}}}\n", "State\nKS\nOH\n");
    struct arena memory = {0};
    struct row_errors errors = {.memory = &memory};
    struct text csv = {0};

    text_add_format(&csv, "State\n%099d\xc3\xa9t\xc3\xa9\n", 0);
    free(features_of(t, csv.bytes, &errors));
    EXPECT_EQ(errors.count, 1);
    EXPECT_HAS(errors.first->text, "0' is not a category");
    text_clear(&csv);
    arena_clear(&memory);
    transform_free(t);
}

TEST(rows_at_fault_leave_the_others_alone)
{
    struct transform *t =
        fitted_on("- {columns: [Mins], passthrough: true}\n"
                  "- {columns: [State], impute: most_frequent, encode: {one_hot: {unknown: "
                  "error}}}\n- {scale: standard}\n- {pca: 2}\n",
                  "State,Mins\nKS,1\nOH,1.1\nKS,1.3\nOH,0.9\n");
    static const struct {
        size_t row;
        const char *column, *text;
    } faults[] = {
        {1, "State", "'TX' is not a category of the training rows"},
        {3, "Mins", "is missing, and PCA needs every value"},
        {4, "Mins", "is too large for PCA"},
    };
    struct arena memory = {0};
    struct row_errors errors = {.memory = &memory};
    double *x = features_of(t, "State,Mins\nKS,1\nTX,2\n,6\nOH,\nOH,1e308\nOH,3\n", &errors);
    double *fine = features_of(t, "State,Mins\nKS,1\nKS,6\nOH,3\n", NULL);

    EXPECT_EQ(errors.count, 3);
    EACH_ROW(faults, f) {
        const struct row_error *e = row_errors_find(&errors, f->row);
        EXPECT(e);
        EXPECT_STR(e->text, f->text);
        EXPECT((e->column == NULL) == (f->column == NULL));
        if (e->column)
            EXPECT_STR(e->column, f->column);
        EXPECT(isnan(x[f->row * 2]) && isnan(x[f->row * 2 + 1]));
    }
    EXPECT(memcmp(x, fine, 2 * sizeof *x) == 0);
    EXPECT(memcmp(x + 4, fine + 2, 2 * sizeof *x) == 0);
    EXPECT(memcmp(x + 10, fine + 4, 2 * sizeof *x) == 0);
    free(x);
    free(fine);
    transform_free(t);
    arena_clear(&memory);
}

/* Values that no CSV text of these tests can hold. */
TEST(steps_refuse_values_that_have_no_name_or_sum)
{
    static char long_value[SCHEMA_NAME_MAX];
    memset(long_value, 'x', sizeof long_value);
    const double fine = 1, infinite = INFINITY;
    const struct {
        const char *steps;
        struct table_string text;
        const double *number;
        const char *sentence;
    } cases[] = {
        {"- {columns: [a], encode: one_hot}\n",
         {long_value, sizeof long_value},
         NULL,
         "column 'a' has a value of 1024 bytes, too long for a category"},
        {"- {columns: [a], encode: one_hot}\n", {"\xff", 1}, NULL, "not UTF-8"},
        {"- {columns: [a], encode: one_hot}\n", {"x\0y", 3}, NULL, "not UTF-8"},
        {"- {columns: [a], impute: mean}\n",
         {0},
         &infinite,
         "column 'a', training row 1: is not finite"},
        {"- {columns: [a], encode: one_hot}\n", {0}, &fine, "column 'a' must be read as text"},
        {"- {columns: [a], scale: standard}\n", {"x", 1}, NULL, "must be read as numbers"},
    };
    struct arena memory = {0};
    struct error err = {0};
    struct transform *t;

    EACH_ROW(cases, c) {
        const struct transform_config *config = config_of(c->steps, &memory, &err);
        EXPECT_OK(config, &err);
        const struct schema_column column = {"a", c->number ? SCHEMA_NUMBER : SCHEMA_TEXT,
                                             SCHEMA_REQUIRED};
        const struct frame_column values = {c->number, &c->text};
        const struct schema schema = {1, &column};
        const struct frame frame = {&schema, 1, &values};
        EXPECT_ERROR(transform_fit(&t, config, &frame, &err), &err, ERR_DATA, c->sentence);
    }
    arena_clear(&memory);
}
