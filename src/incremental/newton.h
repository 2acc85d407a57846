/*
 * incremental_newton — the parameters at which an incremental objective is least.
 *
 * Newton steps with the expected second derivatives, each to the least of its quadratic model with
 * effects kept from falling below zero (solve.h), halved until the value falls. Where
 * little is left to gain, second derivatives are no longer worked out but brought up to date by
 * what the gradient has become (BFGS).
 */
#ifndef QUERN_INCREMENTAL_NEWTON_H
#define QUERN_INCREMENTAL_NEWTON_H

#include "incremental/objective.h"

struct incremental_descent {
    const struct incremental_objective *objective;
    const bool *bounded; /* [parameters] not below zero */
    double enough;       /* done when a step promises to gain no more of log likelihood */
    bool near;           /* it begins so close that second derivatives are needed only once */
};

/*
 * From `parameter` on, in place. `value` and `steps` may be NULL.
 *
 * ERR_CHECK, ERR_INTERRUPT
 */
MUST_CHECK bool incremental_minimise(const struct incremental_descent *how, double *parameter,
                                     double *value, size_t *steps, struct error *err);

#endif
