/*
 * evaluation — evaluation.json: everything about how good scores are, in the shape that model
 * monitors read.
 *
 *   {"binary_classification_metrics": {
 *      "samples": 1000, "positives": 210, "threshold": 0.5,
 *      "confusion_matrix": {"0": {"0": TN, "1": FP}, "1": {"0": FN, "1": TP}},   truth, then call
 *      "auc": {"value": 0.74, "standard_deviation": 0.006}, ...                  EVALUATION_METRICS
 *      "auc_best_constant_classifier": {"value": 0.5, "standard_deviation": "NaN"}, ...
 *      "receiver_operating_characteristic_curve":
 *          {"false_positive_rates": [], "true_positive_rates": []},
 *      "precision_recall_curve": {"precisions": [], "recalls": []},
 *      "calibration": {"bins": [{"low", "high", "weight", "mean_score", "positive_rate",
 *                                "rate_low", "rate_high"}],      bins of equal weight
 *                      "expected_error": 0.01,
 *                      "step_bins": [], "step_expected_error"},  equal steps of the score
 *      "score_histogram": {"edges": [], "positives": [], "negatives": []},
 *      "top": {"k": [1, 2, ...], "precisions": [], "recalls": []},           metric/top.h
 *      "daily_top": {"k": 100, "keep_found": false, "value": 0.29, "best": 0.5, metric/daily_top.h
 *          "days": [{"day": "2018-08-08", "entities", "positives", "found", "precision"}]}},
 *    "folds": [{"fold": 0, "samples": 200, "positives": 42, "auc": 0.73, ...}]}
 *
 * "daily_top" is there when the settings say which day and entity each row is of. The rates' low
 * and high are Wilson's interval of 95 %. A number that does not exist is the string "NaN"
 * (metric/ranking.h, confusion.h say which).
 *
 * One evaluation: standard deviations are over 5 random draws of 80 % of the rows, and "NaN" below
 * 200 rows. Folds: a metric is the mean over the folds and its deviation is over the folds; the
 * confusion matrix, curves, calibration, histogram and tops pool the rows of all folds; "folds"
 * lists each. The best constant classifier answers what is best without looking at a row: positive
 * for recall, precision, F and the four rates, the commoner class for accuracy, the positive share
 * as a score for log loss, Brier score and calibration; it ranks nothing, so its AUC is one half.
 *
 * Same rows and seed, same document.
 */
#ifndef QUERN_METRIC_EVALUATION_H
#define QUERN_METRIC_EVALUATION_H

#include "metric/daily_top.h"
#include "metric/ranking.h"

#include <jansson.h>

/* In the order of the document. */
#define EVALUATION_METRICS(X)                                                                      \
    X(auc)                                                                                         \
    X(average_precision)                                                                           \
    X(log_loss)                                                                                    \
    X(brier_score)                                                                                 \
    X(expected_calibration_error)                                                                  \
    X(accuracy)                                                                                    \
    X(precision)                                                                                   \
    X(recall)                                                                                      \
    X(f0_5)                                                                                        \
    X(f1)                                                                                          \
    X(f2)                                                                                          \
    X(true_positive_rate)                                                                          \
    X(true_negative_rate)                                                                          \
    X(false_positive_rate)                                                                         \
    X(false_negative_rate)

enum evaluation_metric {
#define X(name) EVALUATION_##name,
    EVALUATION_METRICS(X)
#undef X
        EVALUATION_COUNT
};

struct evaluation {
    double value[EVALUATION_COUNT]; /* by enum evaluation_metric */
};

/* Of each row of all folds, one fold after the other. */
struct evaluation_daily {
    struct daily_settings settings;
    const int64_t *day, *entity;
};

struct evaluation_settings {
    double threshold;                     /* a row is called positive at or above it */
    size_t bins;                          /* of the calibration, 1 to 100 */
    size_t curve_points;                  /* of each curve, at least 2 */
    uint64_t seed;                        /* of the resamples */
    const struct evaluation_daily *daily; /* NULL for none */
};

struct evaluation_settings evaluation_defaults(void); /* 0.5, 10, 200, 0, NULL */

struct evaluation evaluation_compute(const struct ranking *ranking,
                                     const struct evaluation_settings *settings);

/*
 * The document of `folds` sets of rows; with one it is a single evaluation, without "folds".
 * Settings NULL for the defaults. json_decref() the result.
 *
 * ERR_DATA  a weight is negative or not finite
 */
MUST_CHECK bool evaluation_json(json_t **document, const struct scored *rows, size_t folds,
                                const struct evaluation_settings *settings, struct error *err);

#endif
