/*
 * incremental_interval — 95 % intervals of incremental credits, by a bootstrap over users.
 *
 * Each replicate gives every user a Poisson(1) weight and moves the fit by one Newton step with the
 * second derivatives of the whole log: the least of their quadratic model around the fit with the
 * replicate's gradient, effects kept from falling below zero. Credits are counted with the same
 * weights; an interval goes from the 2.5th to the 97.5th percentile of them.
 */
#ifndef QUERN_ATTRIBUTION_INCREMENTAL_INTERVAL_H
#define QUERN_ATTRIBUTION_INCREMENTAL_INTERVAL_H

#include "attribution/incremental_credit.h"

enum { INCREMENTAL_REPLICATES_MAX = 10000 };

/*
 * low, high [campaigns + 1], the last of the baseline. `replicates` from 2 to
 * INCREMENTAL_REPLICATES_MAX. The result depends on the seed and not on the pool.
 *
 * ERR_CHECK, ERR_INTERRUPT
 */
MUST_CHECK bool incremental_intervals(const struct incremental_fit *fit, size_t replicates,
                                      uint64_t seed, struct pool *pool, double *low, double *high,
                                      struct error *err);

#endif
