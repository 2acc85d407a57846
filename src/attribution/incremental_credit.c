#include "attribution/incremental_credit.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Users are taken in fixed blocks whose sums are added in order. */
enum { BLOCKS = 64 };

struct work {
    const struct incremental_fit *fit;
    const double *parameter;
    const float *weight;
    double *sum; /* [BLOCKS][campaigns + 1] */
    atomic_size_t next;
};

double incremental_split(const struct incremental_user *user, const double *local, double *caused)
{
    const struct incremental_design *d = user->design;
    const struct incremental_chance chance = incremental_chance(user, local);
    const double share = 1 - chance.p0 / chance.p;

    for (size_t l = 0; l < user->seen; l++) {
        const size_t from = user->effects_from + l * d->effects;
        double effect = 0;
        for (size_t e = from; e < from + d->effects; e++)
            effect += local[e] * user->x[e];
        caused[l] = chance.effects == 0 ? 0 : share * effect / chance.effects;
    }
    return chance.effects == 0 ? 1 : 1 - share;
}

/* local [parameters], caused [campaigns]: scratch. */
static void add_user(struct incremental_user *user, struct work *work, double *local,
                     double *caused, size_t u, double *credit)
{
    const double weight = work->weight ? (double)work->weight[u] : 1;
    bool any = false;

    for (size_t i = user->log->offset[u]; i < user->log->offset[u + 1] && !any; i++)
        any = user->log->conversion[i];
    if (!any || !(weight > 0))
        return;
    incremental_user_begin(user, u);
    for (size_t i = 0; i < user->size; i++)
        local[i] = work->parameter[user->index[i]];
    while (incremental_user_next(user)) {
        if (!user->log->conversion[user->at])
            continue;
        credit[user->design->campaigns] += weight * incremental_split(user, local, caused);
        for (size_t l = 0; l < user->seen; l++)
            credit[user->campaign[l]] += weight * caused[l];
    }
}

static void run_blocks(void *context, size_t rank, size_t size)
{
    struct work *work = context;
    const struct incremental_fit *fit = work->fit;
    const size_t users = fit->log->users, width = fit->design.campaigns + 1;
    double *local = memory_take(fit->design.count, sizeof *local);
    double *caused = memory_take(fit->design.campaigns + 1, sizeof *caused);
    struct incremental_user user;
    size_t b;

    (void)rank;
    (void)size;
    incremental_user_init(&user, fit->log, &fit->design);
    while ((b = atomic_fetch_add(&work->next, 1)) < BLOCKS)
        for (size_t u = users * b / BLOCKS; u < users * (b + 1) / BLOCKS; u++)
            add_user(&user, work, local, caused, u, work->sum + b * width);
    incremental_user_clear(&user);
    free(caused);
    free(local);
}

void incremental_credits(const struct incremental_fit *fit, const double *parameter,
                         const float *weight, struct pool *pool, double *credit)
{
    const size_t width = fit->design.campaigns + 1;
    struct work work = {.fit = fit,
                        .parameter = parameter,
                        .weight = weight,
                        .sum = memory_take_zeroed(BLOCKS, width * sizeof(double))};

    if (pool)
        pool_run(pool, run_blocks, &work);
    else
        run_blocks(&work, 0, 1);
    memset(credit, 0, width * sizeof *credit);
    for (size_t b = 0; b < BLOCKS; b++)
        for (size_t k = 0; k < width; k++)
            credit[k] += work.sum[b * width + k];
    free(work.sum);
}
