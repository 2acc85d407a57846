#include "incremental/feature_pair.h"

#include <math.h>

void feature_pairs_find(struct incremental_user *user)
{
    const struct incremental_design *d = user->design;

    user->pairs = 0;
    for (size_t q = 0; q < d->pairs; q++) {
        const int32_t a = user->place[d->pair[q].campaign[0]];
        const int32_t b = user->place[d->pair[q].campaign[1]];
        if (a >= 0 && b >= 0)
            user->pair[user->pairs++] =
                (struct incremental_seen_pair){(uint16_t)q, {(uint16_t)a, (uint16_t)b}};
    }
}

void feature_pair_index(struct incremental_user *user, size_t q, size_t from, size_t effects)
{
    const struct incremental_design *d = user->design;
    const size_t first = d->pairs_from + user->pair[q].which * d->pair_per;

    for (size_t j = 0; j < d->controls; j++)
        user->index[from + j] = (uint32_t)(first + j);
    for (size_t j = 0; j < d->halves; j++)
        user->index[effects + j] = (uint32_t)(first + d->controls + j);
}

static double geometric_mean(double a, double b)
{
    return a * b > 0 ? sqrt(a * b) : 0;
}

void feature_pair_controls(struct incremental_user *user, size_t from, size_t end)
{
    const size_t controls = user->design->controls;
    const double *of = user->x + user->design->dense;
    double *x = user->x + user->design->dense + user->seen * controls;

    for (size_t q = 0; q < user->pairs; q++)
        for (size_t j = from; j < end; j++)
            x[q * controls + j] = geometric_mean(of[user->pair[q].place[0] * controls + j],
                                                 of[user->pair[q].place[1] * controls + j]);
}

void incremental_user_pair_effects(const struct incremental_user *user, size_t q,
                                   const double scale[2], double *x)
{
    const struct incremental_design *d = user->design;
    const double *a = user->stock + user->pair[q].place[0] * d->halves;
    const double *b = user->stock + user->pair[q].place[1] * d->halves;

    for (size_t h = 0; h < d->halves; h++) {
        const double of_a = scale[0] * a[h], of_b = scale[1] * b[h];
        x[h] = geometric_mean(of_a / (of_a + 1), of_b / (of_b + 1)) * user->acting[h];
    }
}
