#include "metric/top.h"

#include <math.h>

struct taken {
    double found, rows;
};

/* The whole groups that fit into k, then a share of the next. */
static struct taken take(const struct ranking *ranking, double k)
{
    struct taken taken = {0};

    if (!ranking->complete)
        return (struct taken){NAN, NAN};
    for (size_t g = 0; g < ranking->count && taken.rows < k; g++) {
        const double weight = ranking->positive[g] + ranking->negative[g];
        const double share = fmin(1, (k - taken.rows) / weight);
        taken.found += share * ranking->positive[g];
        taken.rows += share * weight;
    }
    return taken;
}

double top_precision(const struct ranking *ranking, double k)
{
    const struct taken taken = take(ranking, k);

    return taken.found / taken.rows;
}

double top_recall(const struct ranking *ranking, double k)
{
    return take(ranking, k).found / ranking->positives;
}

size_t top_steps(double step[TOP_STEPS_MAX], double total)
{
    static const double round[] = {10, 12, 15, 20, 25, 30, 40, 50, 60, 80};
    size_t count = 0;

    if (!(total > 0))
        return 0;
    for (double k = 1; k < 10 && k < total; k++)
        step[count++] = k;
    for (double power = 1; 10 * power < total && count + 11 < TOP_STEPS_MAX; power *= 10)
        for (size_t i = 0; i < sizeof round / sizeof *round && round[i] * power < total; i++)
            step[count++] = round[i] * power;
    step[count++] = total;
    return count;
}
