#include "incremental/lift.h"

#include "attribution/elementary.h"
#include "base/rng.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 16, BLOCK_BYTES = 256 << 20 };

/* C(theta) of every lift, and its slopes where they are wanted. */
struct lift_work {
    const struct incremental_lifts *lifts;
    const struct exposure_log *log;
    const struct incremental_design *design;
    const double *parameter;
    const size_t *first;  /* [campaigns + 1]: lifts of campaign k are order[first[k] ..] */
    const size_t *order;  /* [lifts] */
    size_t blocks, width; /* width: numbers of a lift, 1 or 1 + parameters */
    double *sum;          /* [blocks][lifts][width]: C, then its slopes */
    atomic_size_t next;
};

struct lift_user {
    struct incremental_user user;
    double *local;
};

/* Slopes of a chance by the sums of effects and of controls. */
static void slopes(const struct incremental_design *d, double p, double p0, double *by_effects,
                   double *by_controls)
{
    const double rest0 = 1 - p0 > 1e-300 ? 1 - p0 : 1e-300;

    *by_effects = d->additive ? 1 - p : p * (1 - p);
    *by_controls = d->additive ? (1 - p) * -log_near(rest0) : *by_effects;
}

/* A lift's part of one impression: all effects against all but those of the l-th campaign seen. */
static void add_impression(const struct lift_work *work, const struct lift_user *at, size_t l,
                           const struct incremental_chance *chance, double *sum)
{
    const struct incremental_user *user = &at->user;
    const struct incremental_design *d = user->design;
    const size_t from = user->effects_from + l * d->effects, end = from + d->effects;
    double effects = chance->effects, without, all[2], none[2];

    for (size_t e = from; e < end; e++)
        effects -= at->local[e] * user->x[e];
    for (size_t e = user->pairs_from; e < user->size; e++)
        effects -= incremental_user_moves(user, l, e) ? at->local[e] * user->x[e] : 0;
    incremental_chances(d, &chance->controls, &effects, &without, 1);
    sum[0] += chance->p - without;
    if (work->width == 1)
        return;
    slopes(d, chance->p, chance->p0, &all[0], &all[1]);
    slopes(d, without, chance->p0, &none[0], &none[1]);
    for (size_t i = 0; i < user->effects_from; i++)
        sum[1 + user->index[i]] += (all[1] - none[1]) * user->x[i];
    for (size_t i = user->effects_from; i < user->size; i++)
        sum[1 + user->index[i]] +=
            (incremental_user_moves(user, l, i) ? all[0] : all[0] - none[0]) * user->x[i];
}

static bool sees_lift(const struct lift_work *work, size_t u)
{
    for (size_t i = work->log->offset[u]; i < work->log->offset[u + 1]; i++) {
        const size_t k = work->log->campaign[i];
        if (work->first[k + 1] > work->first[k])
            return true;
    }
    return false;
}

static void take_impression(const struct lift_work *work, const struct lift_user *at, double *sum)
{
    const struct incremental_user *user = &at->user;
    const int64_t time = user->log->time[user->at];
    const struct incremental_chance chance = incremental_chance(user, at->local);

    for (size_t l = 0; l < user->seen; l++) {
        const size_t k = user->campaign[l];
        for (size_t i = work->first[k]; i < work->first[k + 1]; i++) {
            const struct incremental_lift *lift = &work->lifts->lift[work->order[i]];
            if (time >= lift->from && time < lift->to)
                add_impression(work, at, l, &chance, sum + work->order[i] * work->width);
        }
    }
}

static void run_blocks(void *context, size_t rank, size_t size)
{
    struct lift_work *work = context;
    const size_t users = work->log->users;
    struct lift_user at = {.local = memory_take(work->design->count, sizeof(double))};
    size_t b;

    (void)size;
    incremental_user_init(&at.user, work->log, work->design);
    while ((b = atomic_fetch_add(&work->next, 1)) < work->blocks) {
        double *sum = work->sum + b * work->lifts->count * work->width;
        for (size_t u = users * b / work->blocks; u < users * (b + 1) / work->blocks; u++) {
            exposure_log_pass(work->log, rank, u);
            if (!sees_lift(work, u))
                continue;
            incremental_user_begin(&at.user, u);
            for (size_t i = 0; i < at.user.size; i++)
                at.local[i] = work->parameter[at.user.index[i]];
            while (incremental_user_next(&at.user))
                take_impression(work, &at, sum);
        }
    }
    incremental_user_clear(&at.user);
    free(at.local);
}

/* Lifts by campaign. */
static void sort_lifts(const struct incremental_lifts *lifts, size_t campaigns, size_t *first,
                       size_t *order)
{
    size_t at = 0;

    for (size_t k = 0; k < campaigns; k++) {
        first[k] = at;
        for (size_t i = 0; i < lifts->count; i++)
            if (lifts->lift[i].campaign == k)
                order[at++] = i;
    }
    first[campaigns] = at;
}

/* [lifts][1 or 1 + parameters]: C and, when `slope`, what it changes by each parameter; free() it.
 */
static double *expect(const struct incremental_lifts *lifts, const struct exposure_log *log,
                      const struct incremental_design *design, const double *parameter, bool slope,
                      struct pool *pool)
{
    struct lift_work work = {.lifts = lifts,
                             .log = log,
                             .design = design,
                             .parameter = parameter,
                             .width = slope ? 1 + design->count : 1};
    const size_t each = lifts->count * work.width, most = BLOCK_BYTES / (each * sizeof(double));
    size_t *first = memory_take(design->campaigns + 1, sizeof *first);
    size_t *order = memory_take(lifts->count, sizeof *order);

    sort_lifts(lifts, design->campaigns, first, order);
    work.first = first;
    work.order = order;
    work.blocks = most < 1 ? 1 : most < BLOCKS ? most : BLOCKS;
    work.sum = memory_take_zeroed(work.blocks, each * sizeof *work.sum);
    if (pool)
        pool_run(pool, run_blocks, &work);
    else
        run_blocks(&work, 0, 1);
    for (size_t b = 1; b < work.blocks; b++)
        for (size_t i = 0; i < each; i++)
            work.sum[i] += work.sum[b * each + i];
    free(first);
    free(order);
    return work.sum;
}

void incremental_lifts_expect(const struct incremental_lifts *lifts,
                              const struct incremental_fit *fit, const double *parameter,
                              struct pool *pool, double *caused)
{
    double *sum = expect(lifts, fit->log, &fit->design, parameter, false, pool);

    memcpy(caused, sum, lifts->count * sizeof *caused);
    free(sum);
}

/* What is measured, its error drawn anew in a replicate. */
static double measured(const struct incremental_lifts *lifts, size_t i, uint64_t draw)
{
    const struct incremental_lift *lift = &lifts->lift[i];

    if (draw == 0)
        return lift->caused;
    struct rng rng =
        rng_new(rng_mix(lifts->seed, 0x6c696674 /* "lift" */), draw * lifts->count + i);
    return lift->caused + lift->error * rng_normal(&rng);
}

/* The last point with its slopes: parameters and what expect() gave. */
struct incremental_lift_memory {
    size_t count;
    double *parameter, *sum;
};

static void forget(struct incremental_lift_memory *memory)
{
    free(memory->parameter);
    free(memory->sum);
    *memory = (struct incremental_lift_memory){0};
}

static const double *remembered(const struct incremental_lifts *lifts,
                                const struct incremental_objective *objective,
                                const double *parameter)
{
    struct incremental_lift_memory *memory = lifts->memory;
    const size_t count = objective->design->count;

    if (memory->count == count &&
        memcmp(memory->parameter, parameter, count * sizeof *parameter) == 0)
        return memory->sum;
    forget(memory);
    memory->count = count;
    memory->parameter = memory_take(count, sizeof *parameter);
    memcpy(memory->parameter, parameter, count * sizeof *parameter);
    memory->sum =
        expect(lifts, objective->log, objective->design, parameter, true, objective->pool);
    return memory->sum;
}

static void add_lifts(const struct incremental_extra *extra,
                      const struct incremental_objective *objective, const double *parameter,
                      struct incremental_point *point)
{
    const struct incremental_lifts *lifts =
        (const struct incremental_lifts *)(const void *)extra; /* its first member */
    const size_t n = objective->design->count;
    const double *sum = remembered(lifts, objective, parameter);

    for (size_t i = 0; i < lifts->count; i++) {
        const double *row = sum + i * (1 + n), *by = row + 1;
        const double error = lifts->lift[i].error;
        const double apart = (row[0] - measured(lifts, i, objective->draw)) / error;
        point->value += apart * apart / 2;
        for (size_t a = 0; point->gradient && a < n; a++)
            point->gradient[a] += apart / error * by[a];
        for (size_t a = 0; point->hessian && a < n; a++)
            for (size_t b = 0; by[a] != 0 && b <= a; b++)
                point->hessian[a * n + b] += by[a] / error * (by[b] / error);
    }
}

void incremental_lifts_make(struct incremental_lifts *lifts, size_t count)
{
    *lifts = (struct incremental_lifts){
        .extra = {.add = add_lifts},
        .count = count,
        .lift = memory_take_zeroed(count + 1, sizeof *lifts->lift),
        .memory = memory_take_zeroed(1, sizeof *lifts->memory),
    };
}

void incremental_lifts_clear(struct incremental_lifts *lifts)
{
    if (lifts->memory)
        forget(lifts->memory);
    free(lifts->memory);
    free(lifts->lift);
    *lifts = (struct incremental_lifts){0};
}
