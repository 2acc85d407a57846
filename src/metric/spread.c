#include "metric/spread.h"

#include <math.h>

double spread_mean(const double *value, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += value[i];
    return sum / (double)count;
}

double spread_deviation(const double *value, size_t count)
{
    const double mean = spread_mean(value, count);
    double sum = 0;

    if (count < 2)
        return NAN;
    for (size_t i = 0; i < count; i++)
        sum += (value[i] - mean) * (value[i] - mean);
    return sqrt(sum / (double)(count - 1));
}
