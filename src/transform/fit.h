/* fit — one column or one matrix step learned from training rows. Used inside this room only. */
#ifndef QUERN_TRANSFORM_FIT_H
#define QUERN_TRANSFORM_FIT_H

#include "transform/fitted.h"

/*
 * A sum with the rounding errors of its additions kept aside (Neumaier, 1974): its result does not
 * lose digits over a million rows.
 */
struct exact_sum {
    double sum, lost;
};

static inline void exact_add(struct exact_sum *s, double x)
{
    const double next = s->sum + x;
    const double large = __builtin_fabs(s->sum) >= __builtin_fabs(x) ? s->sum : x;
    const double small = large == s->sum ? x : s->sum;

    s->lost += (large - next) + small;
    s->sum = next;
}

static inline double exact_total(const struct exact_sum *s)
{
    return s->sum + s->lost;
}

/*
 * Deviation to divide by, from the sums of squared and of plain distances to the mean of `n`
 * values; 1 for a column that is constant up to rounding, by scikit-learn's bound.
 */
double fit_deviation(double squares, double distances, double mean, size_t n);
/*
 * y = x * factor + shift takes low .. high to the range of the step, a constant to its low end.
 * NaN where the numbers are too large.
 */
void fit_min_max(const struct step *step, double low, double high, double *factor, double *shift);

/* ERR_DATA: no values, or one that is not finite. `column` is its name. */
MUST_CHECK bool fit_number(struct column_op *op, const struct step *step, const double *x,
                           size_t rows, const char *column, struct error *err);
/* Categories go into `memory`. */
MUST_CHECK bool fit_category(struct column_op *op, const struct step *step,
                             const struct table_string *x, size_t rows, const char *column,
                             struct arena *memory, struct error *err);
/* The matrix step after the stages that `transform` has, into the last of them. */
MUST_CHECK bool fit_matrix(struct transform *transform, const struct step *step,
                           const struct frame *rows, struct error *err);

/* Eigenvalues of a symmetric matrix [n, n] of which the upper half is filled, ascending; the
 * matrix becomes the vectors, one a row. By LAPACK. */
MUST_CHECK bool eigen_solve(double *matrix, size_t n, double *value, struct error *err);

#endif
