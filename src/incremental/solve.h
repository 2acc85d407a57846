/*
 * incremental_solve — a convex quadratic function at its least, some variables not below zero.
 *
 *   minimise  q(x) = x' H x / 2 - r' x   with  x[j] >= 0 where bounded[j]
 *
 * by block principal pivoting (Portugal, Judice and Vicente 1994): guess which bounded variables
 * are at zero, solve for the others by Cholesky, swap all those that are on the wrong side; where
 * that no longer helps, swap the last of them alone, which ends for certain.
 */
#ifndef QUERN_INCREMENTAL_SOLVE_H
#define QUERN_INCREMENTAL_SOLVE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * `hessian` [count][count], its lower triangle is read; `x` holds a first guess whose zeros are
 * tried first, and gets the solution.
 *
 * ERR_CHECK  the function is not strictly convex
 */
MUST_CHECK bool incremental_solve(double *x, const double *hessian, const double *right,
                                  const bool *bounded, size_t count, struct error *err);

/* Lower Cholesky factor in place of `a` [count][stride]; false when `a` is not positive definite.
 */
bool incremental_factor(double *a, size_t count, size_t stride);
/* Solve with that factor, in place. */
void incremental_substitute(const double *factor, size_t count, size_t stride, double *x);

#endif
