/*
 * incremental_decay — how a fitted campaign's effect fades after one impression.
 */
#ifndef QUERN_INCREMENTAL_DECAY_H
#define QUERN_INCREMENTAL_DECAY_H

#include "incremental/feature.h"

/*
 * The effect of one impression of campaign k, no other before it and no pair, `days` after, by
 * link:
 *
 *   logit         on the log of the odds of a conversion at an impression that comes then
 *   noisy_or      on the hazard of such an impression: -log(1 - p)
 *   additive      in conversions a day
 *   proportional  on the log of the odds of a conversion until the next impression, then
 */
double incremental_effect_after(const struct incremental_design *design, const double *parameter,
                                size_t k, double days);

/* What that is an effect on, for people: "conversions a day". */
const char *incremental_effect_unit(const struct incremental_design *design);

/*
 * Days until half of the effect is gone; NaN where there is none, or where it has not halved after
 * ten times the longest half-life.
 */
double incremental_half_gone(const struct incremental_design *design, const double *parameter,
                             size_t k);

#endif
