/*
 * incremental_credit — how many conversions each campaign caused, by a fitted model.
 *
 * Of a conversion with chance p, and p0 without any campaign's effect, the share 1 - p0 / p is
 * caused, divided over campaigns in proportion to their effects at it; the rest is the baseline's.
 * A pair's effect (synergy.h), which stopping either campaign would end, counts half for each: the
 * Shapley value of effects that add up.
 */
#ifndef QUERN_INCREMENTAL_CREDIT_H
#define QUERN_INCREMENTAL_CREDIT_H

#include "incremental/fit.h"

/*
 * `credit` [campaigns + 1], the last being the baseline's; they sum to the conversions. `weight`
 * [users] may be NULL: all 1. Effects that are negative (signed_effects) make negative credits.
 */
void incremental_credits(const struct incremental_fit *fit, const double *parameter,
                         const float *weight, struct pool *pool, double *credit);

/* The same of the first `many` logs of a resampling, each by its own parameters, in one pass:
 * parameter [many][parameters], credit [many][campaigns + 1]. */
void incremental_credits_resampled(const struct incremental_fit *fit, const double *parameter,
                                   const struct incremental_resample *resample, size_t many,
                                   struct pool *pool, double *credit);

/* What came through pairs alone, [pairs], which is part of the credits of their campaigns. */
void incremental_pair_credits(const struct incremental_fit *fit, const double *parameter,
                              struct pool *pool, double *credit);
/* credit [many][pairs] */
void incremental_pair_credits_resampled(const struct incremental_fit *fit, const double *parameter,
                                        const struct incremental_resample *resample, size_t many,
                                        struct pool *pool, double *credit);

/*
 * The conversion that `user` is at, divided: caused [user->seen], one for each campaign of
 * user->campaign[]; returns the share of the baseline. `local` are the parameters gathered by
 * user->index[]. Together they are 1.
 */
double incremental_split(const struct incremental_user *user, const double *local, double *caused);

#endif
