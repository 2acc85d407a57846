/*
 * journey_removal — a journey's conversion divided by what the journey attention model loses when a
 * campaign is taken out of it.
 *
 * With p the probability of the journey and p_k that of the journey without the impressions of its
 * campaign k, campaign k gets
 *
 *     max(0, p - p_k) / sum over the journey's campaigns of max(0, p - p_k)
 *
 * and every campaign of the journey the same where none of them lowers it. A journey of one
 * campaign gives all to it. So the credits of a journey are not negative and sum to one.
 *
 * A journey costs one forward pass and one more for each of its campaigns, equal sequences only
 * once. Shortened journeys are scored in batches of bounded size, whatever the number of rows.
 */
#ifndef QUERN_MODEL_JOURNEY_REMOVAL_H
#define QUERN_MODEL_JOURNEY_REMOVAL_H

#include "base/error.h"
#include "model/journey_attention.h"

/*
 * Add the credits of `rows` to credited [set->campaigns], in their order: the same bytes at any
 * number of threads.
 *
 * ERR_INTERRUPT  a signal came
 */
MUST_CHECK bool journey_removal_credit(const struct journey_attention *model,
                                       const struct journey_set *set, struct journey_rows rows,
                                       double *credited, struct pool *pool, struct error *err);

#endif
