/*
 * calibrator — from a model's score to a probability, fitted on rows the model was not trained on.
 *
 *   CALIBRATOR_NONE      p = score
 *   CALIBRATOR_PLATT     p = 1 / (1 + exp(a logit(score) + b)), with Platt's smoothed targets
 *                        (Platt 1999; Newton's method after Lin, Lin and Weng 2007)
 *   CALIBRATOR_ISOTONIC  p = the non-decreasing step function nearest to the truth (pool adjacent
 *                        violators), linear between its knots, constant outside: scikit-learn's
 *   CALIBRATOR_SPLINE    p = 1 / (1 + exp(-z)), z a cubic spline of logit(score) whose knots are
 *                        densest in the top tenth of scores (model/spline_calibrator.h)
 *
 * All are non-decreasing in the score.
 */
#ifndef QUERN_MODEL_CALIBRATOR_H
#define QUERN_MODEL_CALIBRATOR_H

#include "base/arena.h"
#include "base/json.h"
#include "metric/ranking.h"
#include "model/spline_calibrator.h"

enum calibrator_kind { CALIBRATOR_NONE, CALIBRATOR_PLATT, CALIBRATOR_ISOTONIC, CALIBRATOR_SPLINE };
extern const char *const calibrator_names[]; /* "none", "platt", "isotonic", "spline", NULL */

enum { CALIBRATOR_KNOTS_MAX = 1 << 20 };

struct calibrator {
    enum calibrator_kind kind;
    double a, b;  /* Platt */
    size_t knots; /* isotonic; scores strictly ascending, values not descending */
    const double *score, *value;
    struct spline_calibrator spline;
};

/* ERR_DATA: a class is missing, a row has no score; also what spline_calibrator_fit() says. Arrays
 * live in `memory`. */
MUST_CHECK bool calibrator_fit(struct calibrator *calibrator, enum calibrator_kind kind,
                               const struct scored *rows, struct arena *memory, struct error *err);
double calibrator_apply(const struct calibrator *calibrator, double score);

json_t *calibrator_json(const struct calibrator *calibrator);
/* ERR_DATA: not a calibrator; every number is checked. */
MUST_CHECK bool calibrator_parse(struct calibrator *calibrator, const json_t *document,
                                 struct arena *memory, struct error *err);

#endif
