/* src/metric against scikit-learn: tests/golden/metric/make.py wrote what is compared here. */
#include "metric/calibration.h"
#include "metric/curve.h"
#include "metric/evaluation.h"
#include "support/test.h"

#include "base/file.h"
#include "base/json.h"

#include <math.h>

TEST(golden_file_is_the_recorded_one)
{
    struct error err = {0};
    char *bytes, want[64];
    size_t size;
    uint64_t hash = 0xCBF29CE484222325u;

    EXPECT_OK(
        file_read(test_source("tests/golden/metric/metric.json"), 1 << 22, &bytes, &size, &err),
        &err);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001B3u;
    free(bytes);
    snprintf(want, sizeof want, "fnv1a %016llx", (unsigned long long)hash);
    EXPECT_OK(
        file_read(test_source("tests/golden/metric/PROVENANCE"), 1 << 16, &bytes, &size, &err),
        &err);
    EXPECT_HAS(bytes, want);
    free(bytes);
}

static double *doubles(const json_t *list)
{
    const size_t count = json_array_size(list);
    double *value = malloc((count + 1) * sizeof *value);

    EXPECT(value);
    for (size_t i = 0; i < count; i++)
        value[i] = json_number_value(json_array_get(list, i));
    return value;
}

static void compare_metrics(const json_t *golden, const struct ranking *ranking)
{
    struct evaluation_settings settings = evaluation_defaults();

    settings.threshold = json_number_value(json_object_get(golden, "threshold"));
    const struct evaluation got = evaluation_compute(ranking, &settings);
#define X(name)                                                                                    \
    if (json_is_number(json_object_get(golden, #name)))                                            \
        EXPECT_NEAR(got.value[EVALUATION_##name],                                                  \
                    json_number_value(json_object_get(golden, #name)), 1e-12);
    EVALUATION_METRICS(X)
#undef X
}

static double height(const struct curve *curve, double x)
{
    size_t i = 1;

    while (i < curve->count - 1 && curve->x[i] < x)
        i++;
    const double run = curve->x[i] - curve->x[i - 1];
    return run > 0 ? curve->y[i - 1] + (curve->y[i] - curve->y[i - 1]) * (x - curve->x[i - 1]) / run
                   : curve->y[i];
}

/* Every corner of the reference curve lies on ours. */
static void compare_roc(const json_t *golden, const struct ranking *ranking)
{
    const json_t *x = json_array_get(json_object_get(golden, "roc"), 0);
    const json_t *y = json_array_get(json_object_get(golden, "roc"), 1);
    struct curve curve;

    curve_roc(&curve, ranking, 10000);
    EXPECT(curve.count >= 2);
    for (size_t i = 1; i + 1 < json_array_size(x); i++) {
        const double px = json_number_value(json_array_get(x, i));
        const double py = json_number_value(json_array_get(y, i));
        bool corner = fabs(height(&curve, px) - py) < 1e-9;
        for (size_t j = 0; j < curve.count; j++)
            corner |= fabs(curve.x[j] - px) < 1e-9 && fabs(curve.y[j] - py) < 1e-9;
        /* a vertical stretch holds every height between its ends */
        for (size_t j = 1; j < curve.count; j++)
            corner |= fabs(curve.x[j] - px) < 1e-9 && fabs(curve.x[j - 1] - px) < 1e-9 &&
                      curve.y[j - 1] <= py && py <= curve.y[j];
        EXPECT(corner);
    }
    curve_clear(&curve);
}

TEST(metrics_match_scikit_learn)
{
    struct error err = {0};
    json_t *document;
    const json_t *golden;
    size_t index, bins = 0;

    EXPECT_OK(json_read(test_source("tests/golden/metric/metric.json"), 1 << 22, &document, &err),
              &err);
    EXPECT_EQ(json_array_size(json_object_get(document, "cases")), 9);
    json_array_foreach(json_object_get(document, "cases"), index, golden)
    {
        const json_t *truths = json_object_get(golden, "truth");
        const size_t n = json_array_size(truths);
        uint8_t *truth = malloc(n);
        double *score = doubles(json_object_get(golden, "score"));
        double *weight = doubles(json_object_get(golden, "weight"));
        struct ranking ranking;
        EXPECT(truth);
        for (size_t i = 0; i < n; i++)
            truth[i] = (uint8_t)json_integer_value(json_array_get(truths, i));
        test_row = (int)index;
        ranking_build(
            &ranking,
            &(struct scored){n, truth, score, json_object_get(golden, "weight") ? weight : NULL});
        compare_metrics(golden, &ranking);
        compare_roc(golden, &ranking);
        const json_t *calibration = json_object_get(golden, "calibration");
        struct calibration got;
        calibration_build(&got, &ranking, 10);
        for (size_t b = 0; calibration && b < got.count; b++, bins++) {
            const json_t *mean = json_array_get(calibration, 0),
                         *rate = json_array_get(calibration, 1);
            EXPECT_EQ(json_array_size(mean), got.count);
            EXPECT_NEAR(got.bin[b].mean_score, json_number_value(json_array_get(mean, b)), 1e-12);
            EXPECT_NEAR(got.bin[b].positive_rate, json_number_value(json_array_get(rate, b)),
                        1e-12);
        }
        ranking_clear(&ranking);
        free(truth);
        free(score);
        free(weight);
    }
    EXPECT(bins >= 20);
    json_decref(document);
}
