/*
 * incremental_decay — how a fitted campaign's effect fades after one impression.
 */
#ifndef QUERN_INCREMENTAL_DECAY_H
#define QUERN_INCREMENTAL_DECAY_H

#include "incremental/feature.h"

/*
 * The effect of one impression of campaign k, no other before it, `days` after: on the logit of the
 * chance, or with the additive link in conversions a day.
 */
double incremental_effect_after(const struct incremental_design *design, const double *parameter,
                                size_t k, double days);

/*
 * Days until half of the effect is gone; NaN where there is none, or where it has not halved after
 * ten times the longest half-life.
 */
double incremental_half_gone(const struct incremental_design *design, const double *parameter,
                             size_t k);

#endif
