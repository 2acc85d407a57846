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

/* What the replicates found. */
struct incremental_draws {
    size_t count;      /* of replicates */
    double *parameter; /* [count][parameters] */
    double *credit;    /* [count][campaigns + 1] */
};

/*
 * `replicates` from 2 to INCREMENTAL_REPLICATES_MAX. The result depends on the seed and not on the
 * pool.
 *
 * ERR_CHECK, ERR_INTERRUPT
 */
MUST_CHECK bool incremental_draw(struct incremental_draws *draws, const struct incremental_fit *fit,
                                 size_t replicates, uint64_t seed, struct pool *pool,
                                 struct error *err);
void incremental_draws_clear(struct incremental_draws *draws);

/* The ends of the interval of [count] numbers, which are sorted. NaN of none. */
void incremental_ends(double *number, size_t count, double *low, double *high);

/* Of the credits: low, high [campaigns + 1], the last of the baseline. */
void incremental_intervals(const struct incremental_draws *draws, size_t width, double *low,
                           double *high);

#endif
