#include "incremental/credit.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Users are taken in fixed blocks whose sums are added in order. */
enum { BLOCKS = 64 };

/* Credits by `many` sets of parameters, of the log with `weight` or of as many resampled ones. */
struct work {
    const struct incremental_fit *fit;
    const struct incremental_resample *resample; /* NULL: weight */
    size_t many;
    const double *parameter; /* [many][parameters] */
    const float *weight;     /* NULL: all 1 */
    bool of_pairs;           /* instead of campaigns and baseline */
    size_t width;            /* numbers of each: campaigns + 1, or pairs */
    double *sum;             /* [BLOCKS][many][width] */
    atomic_size_t next;
};

/* One thread's. */
struct scratch {
    struct incremental_user user;
    double *local;  /* [many][parameters] of the user at hand */
    double *caused; /* [campaigns] */
    double weight[RESAMPLE_LANES];
};

/* What the features from .. from + count - 1 caused of a conversion. */
static double caused_by(const struct incremental_user *user, const double *local,
                        const struct incremental_chance *chance, size_t from, size_t count)
{
    const double share = 1 - chance->p0 / chance->p;
    double effect = 0;

    for (size_t e = from; e < from + count; e++)
        effect += local[e] * user->x[e];
    return chance->effects == 0 ? 0 : share * effect / chance->effects;
}

static double caused_by_pair(const struct incremental_user *user, const double *local,
                             const struct incremental_chance *chance, size_t q)
{
    const size_t halves = user->design->halves;

    return caused_by(user, local, chance, user->pairs_from + q * halves, halves);
}

double incremental_split(const struct incremental_user *user, const double *local, double *caused)
{
    const size_t effects = user->design->effects;
    const struct incremental_chance chance = incremental_chance(user, local);

    for (size_t l = 0; l < user->seen; l++)
        caused[l] = caused_by(user, local, &chance, user->effects_from + l * effects, effects);
    for (size_t q = 0; q < user->pairs; q++) {
        const double half = caused_by_pair(user, local, &chance, q) / 2;
        caused[user->pair[q].place[0]] += half;
        caused[user->pair[q].place[1]] += half;
    }
    return chance.effects == 0 ? 1 : 1 - (1 - chance.p0 / chance.p);
}

/* False where the user counts in none. */
static bool find_weights(const struct work *work, size_t u, double *weight)
{
    bool any = false;

    if (work->resample)
        incremental_resample_user(work->resample, u, weight);
    else
        weight[0] = work->weight ? (double)work->weight[u] : 1;
    for (size_t m = 0; m < work->many; m++)
        any = any || weight[m] > 0;
    return any;
}

static bool converts(const struct exposure_log *log, size_t u)
{
    return memchr(log->conversion + log->offset[u], 1,
                  (size_t)(log->offset[u + 1] - log->offset[u])) != NULL;
}

static void add_pairs(const struct scratch *s, const double *local, double weight, double *credit)
{
    const struct incremental_user *user = &s->user;
    const struct incremental_chance chance = incremental_chance(user, local);

    for (size_t q = 0; q < user->pairs; q++)
        credit[user->pair[q].which] += weight * caused_by_pair(user, local, &chance, q);
}

/* credit [many][width] */
static void add_conversion(const struct work *work, struct scratch *s, double *credit)
{
    const struct incremental_user *user = &s->user;
    const size_t count = user->design->count, width = work->width;

    for (size_t m = 0; m < work->many; m++) {
        double *own = credit + m * width;
        if (!(s->weight[m] > 0))
            continue;
        if (work->of_pairs) {
            add_pairs(s, s->local + m * count, s->weight[m], own);
            continue;
        }
        own[width - 1] += s->weight[m] * incremental_split(user, s->local + m * count, s->caused);
        for (size_t l = 0; l < user->seen; l++)
            own[user->campaign[l]] += s->weight[m] * s->caused[l];
    }
}

static void add_user(const struct work *work, struct scratch *s, size_t u, double *credit)
{
    struct incremental_user *user = &s->user;
    const size_t count = user->design->count;

    if (!converts(user->log, u) || !find_weights(work, u, s->weight))
        return;
    incremental_user_begin(user, u);
    if (work->of_pairs && user->pairs == 0)
        return;
    for (size_t m = 0; m < work->many; m++)
        for (size_t i = 0; i < user->size; i++)
            s->local[m * count + i] = work->parameter[m * count + user->index[i]];
    while (incremental_user_next(user))
        if (user->log->conversion[user->at])
            add_conversion(work, s, credit);
}

static void run_blocks(void *context, size_t rank, size_t size)
{
    struct work *work = context;
    const struct incremental_fit *fit = work->fit;
    const size_t users = fit->log->users, width = work->many * work->width;
    struct scratch s = {
        .local = memory_take(work->many, fit->design.count * sizeof(double)),
        .caused = memory_take(fit->design.campaigns + 1, sizeof(double)),
    };
    size_t b;

    (void)size;
    incremental_user_init(&s.user, fit->log, &fit->design);
    while ((b = atomic_fetch_add(&work->next, 1)) < BLOCKS)
        for (size_t u = users * b / BLOCKS; u < users * (b + 1) / BLOCKS; u++) {
            exposure_log_pass(fit->log, rank, u);
            add_user(work, &s, u, work->sum + b * width);
        }
    incremental_user_clear(&s.user);
    free(s.caused);
    free(s.local);
}

static void run(struct work *work, struct pool *pool, double *credit)
{
    const struct incremental_design *d = &work->fit->design;

    work->width = work->of_pairs ? d->pairs : d->campaigns + 1;
    const size_t size = work->many * work->width;

    work->sum = memory_take_zeroed(BLOCKS, size * sizeof(double));
    if (pool)
        pool_run(pool, run_blocks, work);
    else
        run_blocks(work, 0, 1);
    memset(credit, 0, size * sizeof *credit);
    for (size_t b = 0; b < BLOCKS; b++)
        for (size_t i = 0; i < size; i++)
            credit[i] += work->sum[b * size + i];
    free(work->sum);
}

void incremental_credits(const struct incremental_fit *fit, const double *parameter,
                         const float *weight, struct pool *pool, double *credit)
{
    struct work work = {.fit = fit, .many = 1, .parameter = parameter, .weight = weight};

    run(&work, pool, credit);
}

void incremental_credits_resampled(const struct incremental_fit *fit, const double *parameter,
                                   const struct incremental_resample *resample, size_t many,
                                   struct pool *pool, double *credit)
{
    struct work work = {.fit = fit, .resample = resample, .many = many, .parameter = parameter};

    run(&work, pool, credit);
}

void incremental_pair_credits(const struct incremental_fit *fit, const double *parameter,
                              struct pool *pool, double *credit)
{
    struct work work = {.fit = fit, .many = 1, .parameter = parameter, .of_pairs = true};

    if (fit->design.pairs > 0)
        run(&work, pool, credit);
}

void incremental_pair_credits_resampled(const struct incremental_fit *fit, const double *parameter,
                                        const struct incremental_resample *resample, size_t many,
                                        struct pool *pool, double *credit)
{
    struct work work = {
        .fit = fit, .resample = resample, .many = many, .parameter = parameter, .of_pairs = true};

    if (fit->design.pairs > 0)
        run(&work, pool, credit);
}
