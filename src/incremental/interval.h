/*
 * incremental_interval — 95 % intervals of incremental credits, by a bootstrap over users.
 *
 * Each replicate gives every user a Poisson(1) weight and moves the fit by one Newton step with the
 * second derivatives of the whole log: the least of their quadratic model around the fit with the
 * replicate's gradient, effects kept from falling below zero. Credits are counted with the same
 * weights; an interval goes from the 2.5th to the 97.5th percentile of them.
 */
#ifndef QUERN_INCREMENTAL_INTERVAL_H
#define QUERN_INCREMENTAL_INTERVAL_H

#include "incremental/credit.h"

enum { INCREMENTAL_REPLICATES_MAX = 10000 };

/* What the replicates found. One pass over the log serves RESAMPLE_LANES of them. */
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

/*
 * The same, storing replicates in a file as they are found: after a kill the next call with the
 * same log, model and seed goes on from there, to the same bytes. The file stays; it is for the
 * caller to remove once what it wanted the replicates for is safe.
 */
struct incremental_draw_request {
    size_t replicates;
    uint64_t seed;
    struct pool *pool; /* may be NULL */
    const char *keep;  /* the file, or NULL */
    bool show;         /* print progress */
};
/* Also ERR_IO. */
MUST_CHECK bool incremental_draw_kept(struct incremental_draws *draws,
                                      const struct incremental_fit *fit,
                                      const struct incremental_draw_request *request,
                                      struct error *err);
void incremental_draws_clear(struct incremental_draws *draws);

/* The ends of the interval of [count] numbers, which are sorted. NaN of none. */
void incremental_ends(double *number, size_t count, double *low, double *high);

/* Of the credits: low, high [campaigns + 1], the last of the baseline. */
void incremental_intervals(const struct incremental_draws *draws, size_t width, double *low,
                           double *high);

#endif
