/*
 * spline_calibrator — a smooth, non-decreasing curve from scores to probabilities.
 *
 *   p(s) = 1 / (1 + exp(-z)),   z = sum over j of coefficient[j] B_j(x),   x = logit of s
 *
 * B_j are the cubic B-splines on the knots, the outer ones four times. The coefficients do not
 * fall, which suffices for a curve that does not. Outside its knots it is constant.
 *
 * Knots lie at the lowest and the highest score and at quantiles of the rows: one for each tenth
 * up to 0.9, then 0.92, 0.94, 0.96, 0.98, 0.99, 0.995, 0.9975 and 0.999, because where scores are
 * high decisions are made; those with fewer than SPLINE_ROWS_PER_KNOT rows since the last are left
 * out.
 *
 * The coefficients minimise, under their order,
 *
 *   sum over rows of -log(probability given to what happened)
 *       + SPLINE_RIDGE / 2 * sum over j of (coefficient[j] - line_j)^2
 *
 * line_j being Platt's curve (model/platt.h) at the middle of B_j, within the logits that scores of
 * 0 and 1 have: few rows give nearly his curve, many their own. By Newton steps (iteratively
 * reweighted least squares), each a least squares problem whose increments of coefficients are
 * non-negative (model/nonnegative.h).
 *
 * In JSON: {"kind": "spline", "knots": [ascending logits], "coefficients": [not falling; two
 * more]}.
 */
#ifndef QUERN_MODEL_SPLINE_CALIBRATOR_H
#define QUERN_MODEL_SPLINE_CALIBRATOR_H

#include "base/error.h"
#include "metric/ranking.h"

#include <jansson.h>

enum {
    SPLINE_DEGREE = 3,
    SPLINE_KNOTS_MAX = 32,
    SPLINE_COEFFICIENTS_MAX = SPLINE_KNOTS_MAX + SPLINE_DEGREE - 1,
    SPLINE_ROWS_PER_KNOT = 10,
    SPLINE_ROWS_MIN = 20,
};

#define SPLINE_RIDGE 1.0

struct spline_calibrator {
    size_t knots; /* 2 .. SPLINE_KNOTS_MAX; coefficients are knots + 2 */
    double knot[SPLINE_KNOTS_MAX], coefficient[SPLINE_COEFFICIENTS_MAX];
};

/*
 * Of rows with scores in 0..1, all scored and of both classes: calibrator_fit() sees to that.
 *
 * ERR_DATA  fewer than SPLINE_ROWS_MIN rows, a score outside 0..1, or one score for all
 */
MUST_CHECK bool spline_calibrator_fit(struct spline_calibrator *spline,
                                      const struct ranking *ranking, struct error *err);

/* NaN of NaN. Time does not depend on the rows it was fitted on. */
double spline_calibrator_apply(const struct spline_calibrator *spline, double score);

json_t *spline_calibrator_json(const struct spline_calibrator *spline);
/* ERR_DATA: not a spline; every number is checked. */
MUST_CHECK bool spline_calibrator_parse(struct spline_calibrator *spline, const json_t *document,
                                        struct error *err);

#endif
