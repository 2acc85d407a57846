#include "incremental/interval.h"

#include <math.h>
#include <stdlib.h>

static int compare_numbers(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static double percentile(const double *sorted, size_t count, double share)
{
    const double place = share * (double)(count - 1);
    const size_t below = (size_t)place;
    const size_t above = below + 1 < count ? below + 1 : below;

    return sorted[below] + (place - (double)below) * (sorted[above] - sorted[below]);
}

void incremental_draws_clear(struct incremental_draws *draws)
{
    free(draws->parameter);
    free(draws->credit);
    *draws = (struct incremental_draws){0};
}

void incremental_ends(double estimate, double *number, size_t count, double *low, double *high)
{
    *low = *high = NAN;
    if (count == 0)
        return;
    qsort(number, count, sizeof *number, compare_numbers);
    const double from = percentile(number, count, 0.025), to = percentile(number, count, 0.975);
    double under = 2 * estimate - to, over = 2 * estimate - from;
    if (number[0] >= 0 && under < 0)
        under = 0;
    if (number[count - 1] <= 0 && over > 0)
        over = 0;
    *low = from < under ? from : under;
    *high = to > over ? to : over;
}

void incremental_intervals(const struct incremental_draws *draws, const double *credit,
                           size_t width, double *low, double *high)
{
    double *of = memory_take(draws->count + 1, sizeof *of);

    for (size_t k = 0; k < width; k++) {
        for (size_t r = 0; r < draws->count; r++)
            of[r] = draws->credit[r * width + k];
        incremental_ends(credit[k], of, draws->count, &low[k], &high[k]);
    }
    free(of);
}
