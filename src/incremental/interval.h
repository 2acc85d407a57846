/*
 * incremental_interval — 95 % intervals of incremental credits, by a bootstrap over users.
 *
 * Each replicate gives every user a Poisson(1) weight and moves the fit by one Newton step with the
 * second derivatives of the whole log: the least of their quadratic model around the fit with the
 * replicate's gradient, effects kept from falling below zero. Credits are counted with the same
 * weights.
 *
 * An interval joins two readings of the replicates (Davison and Hinkley 1997, chapter 5), with q
 * the 2.5th and 97.5th percentiles of them and e the estimate:
 *
 *   percentile   q(2.5) .. q(97.5)
 *   basic        2 e - q(97.5) .. 2 e - q(2.5)
 *
 * and goes from the lower of their low ends to the upper of their high ones. Where an effect may
 * not fall below zero, what was found to be a little above it is as a rule too much, and replicates
 * err to the same side once more: percentiles then leave out a campaign that does nothing. Where
 * something was found to be far from zero the two nearly agree.
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

    size_t rivals;        /* replicates of other links (rival.h) */
    double *rival_credit; /* [rivals][campaigns + 1] */
    double *rival_centre; /* [rivals][campaigns + 1] credits by the fit each one scatters around */
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

/*
 * The ends of the interval around `estimate` from [count] replicates, which are sorted. NaN of
 * none. The basic interval does not pass zero where no replicate does.
 */
void incremental_ends(double estimate, double *number, size_t count, double *low, double *high);

/* Of the credits, rivals' replicates included: credit, low, high [width], the last of the baseline.
 */
void incremental_intervals(const struct incremental_draws *draws, const double *credit,
                           size_t width, double *low, double *high);
/* Of the sum of all credits but the last. */
void incremental_caused_ends(const struct incremental_draws *draws, const double *credit,
                             size_t width, double *low, double *high);

#endif
