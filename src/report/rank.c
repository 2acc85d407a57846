#include "report/rank.h"

#include <math.h>
#include <stdlib.h>

struct ranked {
    double number;
    size_t index;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->number != y->number)
        return x->number > y->number ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

size_t *rank_descending(struct arena *memory, const double *number, size_t count)
{
    struct ranked *ranked = ARENA_NEW(memory, struct ranked, count);
    size_t *order = ARENA_NEW(memory, size_t, count);

    for (size_t i = 0; i < count; i++)
        ranked[i] = (struct ranked){isfinite(number[i]) ? number[i] : -INFINITY, i};
    if (count > 0)
        qsort(ranked, count, sizeof *ranked, compare_ranked);
    for (size_t i = 0; i < count; i++)
        order[i] = ranked[i].index;
    return order;
}
