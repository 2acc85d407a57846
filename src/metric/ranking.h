/*
 * ranking — scored rows in order of their score: the one sort behind every curve.
 *
 *   struct scored      rows as they come: truth, score, weight
 *   struct ranking     one entry per distinct score, highest first
 *     score    [count]  the distinct scores
 *     positive [count]  weight of the positive rows with exactly this score
 *     negative [count]  the same of the negative rows
 *
 * Rows of weight 0 do not exist. Rows with equal scores are one entry, so ties are exact and the
 * order of tied rows cannot matter. -0 equals 0; infinities are ordinary scores. A NaN score means
 * that the row was not scored: then `complete` is false, nothing is ranked, and every number that
 * depends on scores is NaN rather than a number about some of the rows.
 *
 * Sorting is a radix sort of the scores' bits, O(n); sums are doubles in a fixed order.
 */
#ifndef QUERN_METRIC_RANKING_H
#define QUERN_METRIC_RANKING_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scored {
    size_t count;
    const uint8_t *truth; /* [count] 0, or anything else for the positive class */
    const double *score;  /* [count] higher means more likely positive */
    const double *weight; /* [count] at least 0; NULL for 1 each */
};

struct ranking {
    size_t count;
    double *score, *positive, *negative;
    double positives, negatives; /* total weights, also when not complete */
    bool complete;
};

/*
 * ERR_DATA  a weight is negative or not finite; the message names the first such row, from 1
 */
MUST_CHECK bool scored_check(const struct scored *rows, struct error *err);

void ranking_build(struct ranking *ranking, const struct scored *rows);
void ranking_clear(struct ranking *ranking);

/*
 * Area under the ROC curve: the probability that a positive row outranks a negative one, ties
 * counting one half. NaN when a class is missing.
 */
double ranking_auc(const struct ranking *ranking);

/*
 * Average precision, sum of precision times gain in recall over the distinct scores (no
 * interpolation, as in scikit-learn). NaN without a positive row.
 */
double ranking_average_precision(const struct ranking *ranking);

/* Build, AUC, clear. The second takes the float32 scores of a model, each of weight 1. */
double scored_auc(const struct scored *rows);
double scored_auc_float(const uint8_t *truth, const float *score, size_t count);

#endif
