/*
 * threshold — the score from which a row is called positive, chosen on scored rows.
 *
 *   best_f1            the largest F1
 *   {precision: 0.9}   the largest recall among thresholds whose precision is at least 0.9
 *   {recall: 0.8}      the largest precision among thresholds whose recall is at least 0.8
 *
 * Candidates lie halfway between neighbouring distinct scores, so that rounding on another path
 * cannot flip a row; of equals, the highest threshold.
 */
#ifndef QUERN_METRIC_THRESHOLD_H
#define QUERN_METRIC_THRESHOLD_H

#include "metric/ranking.h"

enum threshold_rule { THRESHOLD_FIXED, THRESHOLD_BEST_F1, THRESHOLD_PRECISION, THRESHOLD_RECALL };

/* ERR_DATA: a class is missing, or no threshold reaches the target (the sentence says the best). */
MUST_CHECK bool threshold_choose(double *threshold, enum threshold_rule rule, double target,
                                 const struct ranking *ranking, struct error *err);

#endif
