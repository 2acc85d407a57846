/* Decisions, and the figures and distributions of labelled rows, by hand. */
#include "pipeline/decision.h"
#include "pipeline/tabular_metrics.h"
#include "pipeline/tabular_run.h"
#include "support/test.h"

#include <math.h>

static struct decision parsed(const char *text, struct arena *memory)
{
    json_t *document = json_loads(text, 0, NULL);
    struct decision decision;
    struct error err = {0};

    EXPECT(document);
    EXPECT_OK(decision_parse(&decision, document, memory, &err), &err);
    json_decref(document);
    return decision;
}

TEST(a_score_at_the_threshold_is_positive)
{
    static const struct {
        double score;
        const char *label; /* NULL: missing */
    } rows[] = {{0.4, "yes"}, {0.39999999, "no"}, {1, "yes"}, {0, "no"}, {(double)NAN, NULL}};
    struct arena memory = {0};
    const struct decision d = parsed("{\"kind\": \"binary\", \"labels\": [\"no\", \"yes\"], "
                                     "\"threshold\": 0.4, \"calibrator\": {\"kind\": \"none\"}}",
                                     &memory);
    struct table_string label[2];
    double score[2];
    const struct decision_column column[] = {{.text = label}, {.number = score}};

    EXPECT_EQ(decision_inputs(&d), 1);
    EACH_ROW(rows, r) {
        decision_apply(&d, &r->score, 1, 1, column); /* into the second place */
        if (r->label)
            EXPECT(label[1].length == strlen(r->label) &&
                   memcmp(label[1].bytes, r->label, label[1].length) == 0);
        else
            EXPECT(!label[1].bytes);
        EXPECT(memcmp(&score[1], &r->score, sizeof(double)) == 0);
    }
    arena_clear(&memory);
}

TEST(the_first_of_equal_classes_is_answered)
{
    struct arena memory = {0};
    const struct decision d =
        parsed("{\"kind\": \"classes\", \"labels\": [\"a\", \"b\", \"c\"]}", &memory);
    const double scores[] = {0.2, 0.4, 0.4, 0.1, NAN, 0.9};
    struct table_string label[2];
    double best[2], each[3][2];
    const struct decision_column column[] = {{.text = label},
                                             {.number = best},
                                             {.number = each[0]},
                                             {.number = each[1]},
                                             {.number = each[2]}};
    struct schema output;

    decision_output(&d, &output, &memory);
    EXPECT_EQ(output.count, 5);
    EXPECT_STR(output.column[4].name, "score_c");
    decision_apply(&d, scores, 0, 2, column);
    EXPECT(label[0].length == 1 && label[0].bytes[0] == 'b');
    EXPECT(best[0] == 0.4 && each[0][0] == 0.2 && each[2][0] == 0.4);
    EXPECT(!label[1].bytes && isnan(best[1]) && each[2][1] == 0.9);
    arena_clear(&memory);
}

static double value_of(const json_t *document, const char *group, const char *metric)
{
    return json_number_value(
        json_object_get(json_object_get(json_object_get(document, group), metric), "value"));
}

/* Truth a a b b c c, answers a b b b c a: accuracy 4/6, F1 of a 1/2, b 4/5, c 2/3. */
TEST(figures_of_classes_by_hand)
{
    static const struct table_string names[] = {{"a", 1}, {"b", 1}, {"c", 1}};
    const struct tabular_labels labels = {TABULAR_CLASSES, 3, names};
    float truth[] = {0, 0, 1, 1, 2, 2};
    static const double scores[] = {0.8, 0.1, 0.1, 0.2, 0.7, 0.1, 0.1, 0.8, 0.1,
                                    0.0, 1.0, 0.0, 0.1, 0.1, 0.8, 0.5, 0.1, 0.4};
    const struct tabular_table table = {.rows = 6, .label = truth};
    static const char group[] = "multiclass_classification_metrics";
    struct error err = {0};
    json_t *document;

    EXPECT_OK(tabular_evaluation(&document, &labels, &table, scores, 0, 0, &err), &err);
    EXPECT_NEAR(value_of(document, group, "accuracy"), 4.0 / 6, 1e-12);
    EXPECT_NEAR(value_of(document, group, "macro_f1"), (0.5 + 0.8 + 2.0 / 3) / 3, 1e-12);
    EXPECT_NEAR(value_of(document, group, "log_loss"),
                -(log(0.8) + log(0.2) + log(0.8) + log(0.8) + log(0.4)) / 6, 1e-9);
    json_decref(document);
}

/* Misses 1, -2, 0 of truths 1, 2, 6: MAE 1, MSE 5/3, r2 = 1 - 5/14. */
TEST(figures_of_numbers_by_hand)
{
    const struct tabular_labels labels = {.task = TABULAR_VALUE};
    static const double truth[] = {1, 2, 6}, scores[] = {2, 0, 6};
    const struct tabular_table table = {.rows = 3, .label_number = truth};
    struct error err = {0};
    json_t *document;

    EXPECT_OK(tabular_evaluation(&document, &labels, &table, scores, 0, 0, &err), &err);
    EXPECT_NEAR(value_of(document, "regression_metrics", "mae"), 1, 1e-12);
    EXPECT_NEAR(value_of(document, "regression_metrics", "mse"), 5.0 / 3, 1e-12);
    EXPECT_NEAR(value_of(document, "regression_metrics", "r2"), 1 - 5.0 / 14, 1e-12);
    json_decref(document);
}

TEST(reference_says_how_columns_are_distributed)
{
    static const struct schema_column columns[] = {{"n", SCHEMA_NUMBER, SCHEMA_REQUIRED},
                                                   {"t", SCHEMA_TEXT, SCHEMA_REQUIRED},
                                                   {"x", SCHEMA_IGNORED, SCHEMA_REQUIRED}};
    static const double number[] = {4, NAN, 1, 3, 2};
    static const struct table_string text[] = {{"b", 1}, {"a", 1}, {"b", 1}, {NULL, 0}, {"", 0}};
    struct frame_column column[] = {{.number = number}, {.text = text}, {0}};
    static const double scores[] = {0.5, 0.1};
    const struct tabular_data data = {
        .schema = {3, columns},
        .labels = {.task = TABULAR_BINARY},
        .part =
            {[TABULAR_TRAIN] = {.rows = 5, .column = column}, [TABULAR_VALIDATION] = {.rows = 2}},
    };
    json_t *document = tabular_reference(&data, scores);
    const json_t *list = json_object_get(document, "columns");
    const json_t *n = json_array_get(list, 0), *t = json_array_get(list, 1);

    EXPECT_EQ(json_array_size(list), 2);
    EXPECT_EQ(json_integer_value(json_object_get(n, "count")), 4);
    EXPECT_EQ(json_integer_value(json_object_get(n, "missing")), 1);
    EXPECT_NEAR(json_number_value(json_object_get(n, "mean")), 2.5, 1e-12);
    EXPECT_NEAR(json_number_value(json_object_get(n, "std")), sqrt(1.25), 1e-12);
    const json_t *deciles = json_object_get(n, "deciles");
    EXPECT_EQ(json_array_size(deciles), 11);
    EXPECT_NEAR(json_number_value(json_array_get(deciles, 5)), 2.5, 1e-12);
    EXPECT_NEAR(json_number_value(json_array_get(deciles, 9)), 3.7, 1e-12);
    EXPECT_EQ(json_integer_value(json_object_get(t, "count")), 4);
    EXPECT_EQ(json_integer_value(json_object_get(t, "missing")), 1);
    EXPECT_EQ(json_integer_value(json_object_get(t, "distinct")), 3);
    const json_t *first = json_array_get(json_object_get(t, "categories"), 0);
    EXPECT_STR(json_string_value(json_object_get(first, "value")), "b");
    EXPECT_EQ(json_integer_value(json_object_get(first, "count")), 2);
    const json_t *score = json_array_get(json_object_get(document, "scores"), 0);
    EXPECT_NEAR(json_number_value(json_object_get(score, "mean")), 0.3, 1e-12);
    json_decref(document);
}
