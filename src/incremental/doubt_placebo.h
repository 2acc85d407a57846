/*
 * doubt_placebo — what impressions that lie in the future seem to cause, and how a fit is
 * calibrated: the passes over the log behind doubt.h.
 *
 * For campaign k, F is the sum over its impressions after this one of exp(-(t_i - t) / tau), tau
 * the first time scale of the controls, and z = F / (F + 1) (additive: times the time the shortest
 * effect acts). With scores s and expected second derivatives I of the fit's parameters x that are
 * not held at zero, and of z,
 *
 *     estimate   sum of the scores of z / V,   V = I_zz - I_zx (I_xx + ridge)^-1 I_xz
 *     its error  root of the sum over users of (s_z - I_zx (I_xx + ridge)^-1 s_x)^2, / V
 *
 * is the first Newton step of a fit with z beside, and its standard error by users (a score test).
 * Both are given in conversions: times the sum of z's slope of p.
 */
#ifndef QUERN_INCREMENTAL_DOUBT_PLACEBO_H
#define QUERN_INCREMENTAL_DOUBT_PLACEBO_H

#include "incremental/fit.h"

enum { PLACEBO_BINS = 4096 };

/* Impressions of one range of log odds. */
struct placebo_bin {
    double impressions, expected, conversions, spread; /* spread: sum of p (1 - p) */
};

struct doubt_placebo {
    double *estimate, *error; /* [campaigns] conversions; NaN where z never varies */
    double *seen;             /* [campaigns] users who saw it */
    struct placebo_bin *bin;  /* [PLACEBO_BINS] by rising chance */
    struct arena memory;
};

/* ERR_CHECK, ERR_INTERRUPT */
MUST_CHECK bool doubt_placebo_run(struct doubt_placebo *placebo, const struct incremental_fit *fit,
                                  struct pool *pool, struct error *err);
void doubt_placebo_clear(struct doubt_placebo *placebo);

#endif
