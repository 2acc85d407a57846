/*
 * regression — how far predicted amounts are from true ones.
 *
 *   r2     1 - sum (y - p)^2 / sum (y - mean y)^2
 *   mae    mean |y - p|          mse, rmse   mean (y - p)^2 and its root
 *   mape   mean |y - p| / |y|    over the rows whose y is not 0, as a share
 *   smape  mean 2 |y - p| / (|y| + |p|), as a share; 0 where both are 0
 *   mase   mean |y - p| / naive  `naive` being the mean error of a naive forecast of the same
 *                                series in its past; over the rows where that is above 0
 *
 * What cannot be computed is NaN, in the document "NaN".
 */
#ifndef QUERN_METRIC_REGRESSION_H
#define QUERN_METRIC_REGRESSION_H

#include <jansson.h>

#define REGRESSION_METRICS(X)                                                                      \
    X(r2)                                                                                          \
    X(mae)                                                                                         \
    X(mse)                                                                                         \
    X(rmse)                                                                                        \
    X(mape)                                                                                        \
    X(smape)                                                                                       \
    X(mase)

enum regression_metric {
#define X(name) REGRESSION_##name,
    REGRESSION_METRICS(X)
#undef X
        REGRESSION_COUNT
};

struct amounts {
    size_t count;
    const double *truth, *prediction; /* [count] finite */
    const double *naive;              /* [count], or NULL: no mase */
};

struct regression {
    double value[REGRESSION_COUNT]; /* by enum regression_metric */
};

struct regression regression_compute(const struct amounts *rows);

/* {"samples": n, "r2": {"value": v, "standard_deviation": "NaN"}, ...}: what evaluation.json holds
 * under "regression_metrics". json_decref() it. */
json_t *regression_json(const struct amounts *rows);

#endif
