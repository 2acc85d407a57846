#include "metric/evaluation.h"
#include "base/rng.h"
#include "support/test.h"

#include <math.h>

static const json_t *at(const json_t *document, const char *path)
{
    char copy[256], *rest = copy, *key;

    snprintf(copy, sizeof copy, "%s", path);
    while ((key = strsep(&rest, "/")))
        document = json_is_array(document) ? json_array_get(document, strtoul(key, NULL, 10))
                                           : json_object_get(document, key);
    return document;
}

static double value_at(const json_t *document, const char *path)
{
    const json_t *found = at(document, path);

    if (!json_is_number(found))
        fail_msg("row %d: '%s' is not a number", test_row, path);
    return json_number_value(found);
}

enum { N = 500 };
static uint8_t truth[N];
static double score[N];

static void draw(uint64_t seed)
{
    struct rng rng = rng_new(seed, 0);

    for (size_t i = 0; i < N; i++) {
        truth[i] = rng_below(&rng, 3) == 0;
        score[i] = 1 / (1 + exp(-rng_normal(&rng) - truth[i] + 0.5));
    }
}

TEST(evaluation_has_the_shape_monitors_read)
{
    static const char *const values[] = {
#define X(name) #name,
        EVALUATION_METRICS(X)
#undef X
    };
    struct error err = {0};
    json_t *document;
    char path[160];

    draw(1);
    EXPECT_OK(evaluation_json(&document, &(struct scored){N, truth, score, NULL}, 1, NULL, &err),
              &err);
    const json_t *m = at(document, "binary_classification_metrics");
    EACH_ROW(values, name) {
        snprintf(path, sizeof path, "%s/value", *name);
        value_at(m, path);
        snprintf(path, sizeof path, "%s/standard_deviation", *name);
        EXPECT(value_at(m, path) > 0 && value_at(m, path) < 0.1);
        snprintf(path, sizeof path, "%s_best_constant_classifier/value", *name);
        value_at(m, path);
    }
    EXPECT_EQ(value_at(m, "confusion_matrix/0/0") + value_at(m, "confusion_matrix/0/1") +
                  value_at(m, "confusion_matrix/1/0") + value_at(m, "confusion_matrix/1/1"),
              N);
    EXPECT_NEAR(value_at(m, "confusion_matrix/1/1") /
                    (value_at(m, "confusion_matrix/1/0") + value_at(m, "confusion_matrix/1/1")),
                value_at(m, "recall/value"), 1e-15);
    EXPECT_NEAR(value_at(m, "auc_best_constant_classifier/value"), 0.5, 0);
    const json_t *roc = at(m, "receiver_operating_characteristic_curve/false_positive_rates");
    EXPECT(json_array_size(roc) > 20 && json_array_size(roc) <= 200);
    EXPECT_EQ(json_array_size(at(m, "precision_recall_curve/precisions")),
              json_array_size(at(m, "precision_recall_curve/recalls")));
    EXPECT_EQ(json_array_size(at(m, "calibration/bins")), 10);
    EXPECT_NEAR(value_at(m, "calibration/expected_error"),
                value_at(m, "expected_calibration_error/value"), 0);
    EXPECT(json_array_size(at(m, "calibration/step_bins")) <= 10);
    EXPECT(value_at(m, "calibration/step_bins/0/rate_low") <=
           value_at(m, "calibration/step_bins/0/positive_rate"));
    EXPECT(!at(m, "daily_top"));
    EXPECT(!json_object_get(document, "folds"));
    json_decref(document);
}

TEST(evaluation_is_the_same_for_the_same_seed)
{
    struct evaluation_settings settings = evaluation_defaults();
    struct error err = {0};
    char *text[3];

    draw(2);
    for (size_t i = 0; i < 3; i++) {
        json_t *document;
        settings.seed = i == 2;
        EXPECT_OK(
            evaluation_json(&document, &(struct scored){N, truth, score, NULL}, 1, &settings, &err),
            &err);
        text[i] = json_dumps(document, 0);
        json_decref(document);
    }
    EXPECT_STR(text[0], text[1]);
    EXPECT(strcmp(text[0], text[2]) != 0);
    for (size_t i = 0; i < 3; i++)
        free(text[i]);
}

TEST(evaluation_spread_needs_200_rows)
{
    static const struct {
        size_t n;
        bool spread;
    } rows[] = {{199, false}, {200, true}};

    draw(3);
    EACH_ROW(rows, r) {
        struct error err = {0};
        json_t *document;
        EXPECT_OK(
            evaluation_json(&document, &(struct scored){r->n, truth, score, NULL}, 1, NULL, &err),
            &err);
        const json_t *sd = at(document, "binary_classification_metrics/auc/standard_deviation");
        EXPECT_EQ(json_is_real(sd), r->spread);
        if (!r->spread)
            EXPECT_STR(json_string_value(sd), "NaN");
        json_decref(document);
    }
}

TEST(evaluation_over_folds_is_mean_and_spread)
{
    /* AUC 1, 0.5 and 0.75 by hand: mean 0.75, deviation 0.25. */
    static const uint8_t t0[] = {0, 1}, t1[] = {0, 1}, t2[] = {0, 0, 1, 1};
    static const double s0[] = {.1, .9}, s1[] = {.5, .5}, s2[] = {.1, .4, .35, .8};
    const struct scored folds[] = {{2, t0, s0, NULL}, {2, t1, s1, NULL}, {4, t2, s2, NULL}};
    struct error err = {0};
    json_t *document;

    EXPECT_OK(evaluation_json(&document, folds, 3, NULL, &err), &err);
    EXPECT_NEAR(value_at(document, "binary_classification_metrics/auc/value"), 0.75, 1e-15);
    EXPECT_NEAR(value_at(document, "binary_classification_metrics/auc/standard_deviation"), 0.25,
                1e-15);
    EXPECT_EQ(value_at(document, "binary_classification_metrics/samples"), 8);
    EXPECT_EQ(value_at(document, "binary_classification_metrics/confusion_matrix/1/1"), 3);
    EXPECT_EQ(json_array_size(at(document, "folds")), 3);
    EXPECT_NEAR(value_at(document, "folds/2/auc"), 0.75, 1e-15);
    EXPECT_EQ(value_at(document, "folds/1/fold"), 1);
    json_decref(document);
}

TEST(evaluation_writes_nan_as_text)
{
    static const uint8_t ones[] = {1, 1};
    static const double good[] = {.1, .2}, hole[] = {.1, NAN};
    static const struct {
        size_t n;
        const double *score;
    } rows[] = {{0, good}, {2, good}, {2, hole}};

    EACH_ROW(rows, r) {
        struct error err = {0};
        json_t *document;
        EXPECT_OK(
            evaluation_json(&document, &(struct scored){r->n, ones, r->score, NULL}, 1, NULL, &err),
            &err);
        EXPECT_STR(json_string_value(at(document, "binary_classification_metrics/auc/value")),
                   "NaN");
        EXPECT_EQ(json_array_size(at(document, "binary_classification_metrics/"
                                               "receiver_operating_characteristic_curve/"
                                               "true_positive_rates")),
                  0);
        json_decref(document);
    }
}

TEST(evaluation_names_the_bad_weight)
{
    static const uint8_t t[] = {1, 0};
    static const double s[] = {.1, .2}, w[] = {1, -1};
    const struct scored folds[] = {{2, t, s, NULL}, {2, t, s, w}};
    struct error err;
    json_t *document;

    EXPECT_ERROR(evaluation_json(&document, folds, 2, NULL, &err), &err, ERR_DATA, "fold 1: row 2");
}

TEST(evaluation_has_the_tops)
{
    static int64_t day[N], entity[N];
    static double weight[N];
    const struct evaluation_daily daily = {{.k = 20}, day, entity};
    struct evaluation_settings settings = evaluation_defaults();
    struct error err = {0};
    json_t *document;

    draw(4);
    for (size_t i = 0; i < N; i++) {
        day[i] = 17750 + (int64_t)(i % 3);
        entity[i] = (int64_t)(i / 6);
        weight[i] = i > 0;
    }
    entity[0] = 5000; /* weight 0: does not exist */
    settings.daily = &daily;
    EXPECT_OK(
        evaluation_json(&document, &(struct scored){N, truth, score, weight}, 1, &settings, &err),
        &err);
    const json_t *m = at(document, "binary_classification_metrics");
    const size_t steps = json_array_size(at(m, "top/k"));
    EXPECT_EQ(value_at(m, "top/k/0"), 1);
    EXPECT_EQ(json_number_value(json_array_get(at(m, "top/k"), steps - 1)), N - 1);
    EXPECT_EQ(json_array_size(at(m, "top/precisions")), steps);
    EXPECT_NEAR(json_number_value(json_array_get(at(m, "top/recalls"), steps - 1)), 1, 1e-12);
    EXPECT_EQ(value_at(m, "daily_top/k"), 20);
    EXPECT_STR(json_string_value(at(m, "daily_top/days/0/day")), "2018-08-07");
    EXPECT_EQ(value_at(m, "daily_top/days/0/entities"), 84);
    EXPECT_NEAR(value_at(m, "daily_top/value"),
                (value_at(m, "daily_top/days/0/precision") +
                 value_at(m, "daily_top/days/1/precision") +
                 value_at(m, "daily_top/days/2/precision")) /
                    3,
                1e-15);
    EXPECT(value_at(m, "daily_top/best") >= value_at(m, "daily_top/value"));
    json_decref(document);
}
