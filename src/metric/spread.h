/* spread — mean and sample standard deviation of a few repeats (folds, resamples). */
#ifndef QUERN_METRIC_SPREAD_H
#define QUERN_METRIC_SPREAD_H

#include <stddef.h>

/* NaN of nothing. A NaN among the values makes both results NaN. */
double spread_mean(const double *value, size_t count);

/* Divided by count - 1; NaN below two values. */
double spread_deviation(const double *value, size_t count);

#endif
