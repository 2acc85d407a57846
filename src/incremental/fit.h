/*
 * incremental_fit — the incremental model fitted to an exposure log (docs/incremental.md).
 *
 *     struct incremental_fit fit;
 *     if (!incremental_fit_run(&fit, &log, &config, pool, err)) return false;
 *     ... credit.h ...
 *     incremental_fit_clear(&fit);
 *
 * Newton steps with the expected second derivatives, effects kept from falling below zero exactly
 * (solve.h); large logs begin with a sixteenth of the users. The parameters are those
 * at which no step could gain more than 1e-4 of log likelihood.
 */
#ifndef QUERN_INCREMENTAL_FIT_H
#define QUERN_INCREMENTAL_FIT_H

#include "incremental/objective.h"

struct incremental_fit {
    const struct exposure_log *log;
    struct incremental_design design;
    double *parameter;                     /* [design.count] */
    double *ridge;                         /* [design.count] */
    bool *bounded;                         /* [design.count] effects that may not be negative */
    const struct incremental_extra *extra; /* given to incremental_fit_extend(), or NULL */
    double value;                          /* penalised log loss, summed */
    size_t steps;                          /* Newton steps over all users */
    bool chose_link;                       /* by the penalised log losses below */
    double effect_factor, control_factor;  /* of the penalties; 1 where they are fixed */
    double link_loss[INCREMENTAL_LINKS];
};

/*
 * ERR_CONFIG  half_lives or time_scales
 * ERR_LIMIT   too many campaigns
 * ERR_CHECK   the fit does not settle
 */
MUST_CHECK bool incremental_fit_run(struct incremental_fit *fit, const struct exposure_log *log,
                                    const struct incremental_config *config, struct pool *pool,
                                    struct error *err);
void incremental_fit_clear(struct incremental_fit *fit);

/*
 * Go on from a fit with a term more; `extra` must outlive it and is part of its intervals.
 */
MUST_CHECK bool incremental_fit_extend(struct incremental_fit *fit,
                                       const struct incremental_extra *extra, struct pool *pool,
                                       struct error *err);

/*
 * Fit again with weights of users [users], starting from the parameters at hand, which change:
 * `fit` otherwise stays.
 */
MUST_CHECK bool incremental_fit_weighted(const struct incremental_fit *fit, const float *weight,
                                         double *parameter, struct pool *pool, struct error *err);

#endif
