/*
 * incremental_objective — the penalised log loss of the incremental model, its gradient and its
 * expected second derivatives, over all users.
 *
 * With controls c, effects e (feature.h), their coefficients g and b, a = g c, s = b e:
 *
 *   logit      chance of a conversion p = 1 / (1 + exp(-(a + s)))
 *   additive   p = 1 - exp(-(exp(a) + s))
 *   value      sum over impressions of weight(user) * -log(p or 1 - p) + sum of ridge b^2 / 2
 *
 * The second derivatives are those expected under the model (Fisher's), positive semidefinite with
 * both links; with logit they are the exact ones.
 *
 * A term of another kind may be added, such as measured lifts (lift.h).
 *
 * Users are cut into blocks that depend on the log alone, and blocks are added in order: the same
 * bytes at any number of threads.
 */
#ifndef QUERN_INCREMENTAL_OBJECTIVE_H
#define QUERN_INCREMENTAL_OBJECTIVE_H

#include "incremental/feature.h"
#include "incremental/resample.h"
#include "base/pool.h"

struct incremental_objective;
struct incremental_point;

/* Adds its value, and its gradient and second derivatives where they are wanted (lower triangle,
 * positive semidefinite), to a point that holds the others already. */
struct incremental_extra {
    void (*add)(const struct incremental_extra *extra,
                const struct incremental_objective *objective, const double *parameter,
                struct incremental_point *point);
};

struct incremental_objective {
    const struct exposure_log *log;
    const struct incremental_design *design;
    const float *weight; /* [users]; NULL: all 1. Users of weight 0 cost nothing */
    const double *ridge; /* [count]; NULL: none */
    const struct incremental_extra *extra; /* may be NULL */
    uint64_t draw;     /* of a bootstrap's replicate, for the extra term; 0: none */
    struct pool *pool; /* may be NULL: the calling thread alone */
};

/* gradient [count] and hessian [count][count], lower triangle, may be NULL. */
struct incremental_point {
    double value;
    double *gradient, *hessian;
};

void incremental_evaluate(const struct incremental_objective *objective, const double *parameter,
                          struct incremental_point *point);

/* The gradients of `lanes` resampled logs in one pass, [count][lanes], without ridge and extra. */
void incremental_gradients(const struct incremental_objective *objective, const double *parameter,
                           const struct incremental_resample *resample, double *gradient);

/* Mean and mean square of each feature, [count] each, over the users sampled (exposure_log.h). */
void incremental_moments(const struct incremental_objective *objective, double *mean,
                         double *square);

/* What the model says of the impression a user is at, which must have been worked out by
 * incremental_user_next(); `local` are the parameters gathered by index[]. */
struct incremental_chance {
    double controls, effects; /* a and s above */
    double p, p0;             /* chance of a conversion, and without any effect */
};
struct incremental_chance incremental_chance(const struct incremental_user *user,
                                             const double *local);

/* p of sums of controls and of effects, [count] each, which may come from several models. */
void incremental_chances(const struct incremental_design *design, const double *controls,
                         const double *effects, double *p, size_t count);

#endif
