/*
 * lbfgs — libLBFGS (Debian liblbfgs0), opened at first use: the least value of a smooth function.
 *
 * libLBFGS's default settings: 6 corrections, the line search of More and Thuente, until the
 * gradient is 1e-5 of the position.
 */
#ifndef QUERN_FORECAST_LBFGS_H
#define QUERN_FORECAST_LBFGS_H

#include "base/error.h"

/* The value at x [count], and its gradient. */
typedef double (*lbfgs_function)(void *context, const double *x, double *gradient, size_t count);

struct lbfgs_end {
    double value;
    size_t steps;
    bool converged; /* false: `most_steps` were made, or the line search found nothing better */
};

/*
 * Start from x [count] and leave the best position there.
 *
 * ERR_LIBRARY    libLBFGS is not there, or refused the problem
 * ERR_INTERRUPT  a signal came between two steps
 */
MUST_CHECK bool lbfgs_minimise(double *x, size_t count, lbfgs_function function, void *context,
                               size_t most_steps, struct lbfgs_end *end, struct error *err);

#endif
