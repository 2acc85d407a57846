/*
 * nonnegative — the smallest value of a convex quadratic under signs:
 *
 *   minimise  x' H x / 2 - r' x   where x[i] >= 0 for i >= free
 *
 * By active sets (Lawson and Hanson 1974, chapter 23, for normal equations): exact up to rounding,
 * the same on every machine with the same arithmetic, for the few unknowns of a curve.
 */
#ifndef QUERN_MODEL_NONNEGATIVE_H
#define QUERN_MODEL_NONNEGATIVE_H

#include <stddef.h>

enum { NONNEGATIVE_MAX = 64 };

struct nonnegative {
    size_t count, free;                         /* unknowns, at most NONNEGATIVE_MAX */
    double h[NONNEGATIVE_MAX][NONNEGATIVE_MAX]; /* symmetric, positive definite */
    double r[NONNEGATIVE_MAX];
};

void nonnegative_solve(double *x, const struct nonnegative *problem);

#endif
