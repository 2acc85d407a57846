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
    free(draws->rival_credit);
    free(draws->rival_centre);
    *draws = (struct incremental_draws){0};
}

/* Of replicates and of their mirror images in what they scatter around; sorts both. */
static void join(double *number, double *mirror, size_t count, double *low, double *high)
{
    *low = *high = NAN;
    if (count == 0)
        return;
    qsort(number, count, sizeof *number, compare_numbers);
    qsort(mirror, count, sizeof *mirror, compare_numbers);
    const double from = percentile(number, count, 0.025), to = percentile(number, count, 0.975);
    double under = percentile(mirror, count, 0.025), over = percentile(mirror, count, 0.975);
    if (number[0] >= 0 && under < 0)
        under = 0;
    if (number[count - 1] <= 0 && over > 0)
        over = 0;
    *low = from < under ? from : under;
    *high = to > over ? to : over;
}

void incremental_ends(double estimate, double *number, size_t count, double *low, double *high)
{
    double *mirror = memory_take(count + 1, sizeof *mirror);

    for (size_t i = 0; i < count; i++)
        mirror[i] = 2 * estimate - number[i];
    join(number, mirror, count, low, high);
    free(mirror);
}

static double sum_of(const double *credit, size_t from, size_t end)
{
    double sum = 0;

    for (size_t k = from; k < end; k++)
        sum += credit[k];
    return sum;
}

/* The ends of the sum of credits from .. end - 1; number [2][count + rivals]. */
static void find_ends(const struct incremental_draws *draws, const double *credit, size_t width,
                      size_t from, size_t end, double *number, double *low, double *high)
{
    const size_t count = draws->count, all = count + draws->rivals;
    const double estimate = sum_of(credit, from, end);
    double *mirror = number + all;

    for (size_t r = 0; r < count; r++) {
        number[r] = sum_of(draws->credit + r * width, from, end);
        mirror[r] = 2 * estimate - number[r];
    }
    for (size_t r = 0; r < draws->rivals; r++) {
        number[count + r] = sum_of(draws->rival_credit + r * width, from, end);
        mirror[count + r] =
            2 * sum_of(draws->rival_centre + r * width, from, end) - number[count + r];
    }
    join(number, mirror, all, low, high);
}

void incremental_intervals(const struct incremental_draws *draws, const double *credit,
                           size_t width, double *low, double *high)
{
    double *number = memory_take(2 * (draws->count + draws->rivals) + 1, sizeof *number);

    for (size_t k = 0; k < width; k++)
        find_ends(draws, credit, width, k, k + 1, number, &low[k], &high[k]);
    free(number);
}

void incremental_caused_ends(const struct incremental_draws *draws, const double *credit,
                             size_t width, double *low, double *high)
{
    double *number = memory_take(2 * (draws->count + draws->rivals) + 1, sizeof *number);

    find_ends(draws, credit, width, 0, width - 1, number, low, high);
    free(number);
}
