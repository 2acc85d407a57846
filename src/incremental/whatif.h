/*
 * incremental_whatif — conversions a fitted model expects had campaigns been shown more or less.
 *
 * A scenario multiplies the stock of each campaign by a factor, at every impression: 0 stops
 * it, 1.5 is half as much again. Controls and earlier conversions stay as they were: they tell what
 * users are like, which showing them more does not change. Expected are
 *
 *     sum over impressions of p(controls, scaled effects)
 *
 * which for factors of 1 is what the model expects of the log as it was, near its conversions. How
 * many came is known, so the draws' sums are brought to that number: intervals are those of what
 * campaigns do, and the log as it was has none.
 */
#ifndef QUERN_INCREMENTAL_WHATIF_H
#define QUERN_INCREMENTAL_WHATIF_H

#include "incremental/interval.h"

enum { WHATIF_CURVE_POINTS = 9 }; /* 0, 0.25 .. 2 */
#define WHATIF_SCALE_MAX 1000.0

struct incremental_answer {
    double expected, low, high;             /* conversions, and 95 % of the draws */
    double change, change_low, change_high; /* against the log as it was */
};

/*
 * `scale` [scenarios][campaigns], from 0 to WHATIF_SCALE_MAX; answer [scenarios]. Without draws
 * ends are NaN. The result does not depend on the pool.
 *
 * ERR_INTERRUPT
 */
MUST_CHECK bool incremental_whatif(struct incremental_answer *answer,
                                   const struct incremental_fit *fit,
                                   const struct incremental_draws *draws, const double *scale,
                                   size_t scenarios, struct pool *pool, struct error *err);

/* answer [campaigns][WHATIF_CURVE_POINTS]: each campaign alone at 0, 0.25 .. 2 times. */
MUST_CHECK bool incremental_curves(struct incremental_answer *answer,
                                   const struct incremental_fit *fit,
                                   const struct incremental_draws *draws, struct pool *pool,
                                   struct error *err);

#endif
