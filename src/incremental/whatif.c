#include "incremental/whatif.h"

#include "attribution/elementary.h"
#include "base/interrupt.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Sums of fixed blocks of users are added in order, in as many blocks as memory allows. */
enum { BLOCKS = 64, BLOCKS_MIN = 4, BLOCK_BYTES = 256 << 20 };

struct asking {
    const struct incremental_fit *fit;
    const struct incremental_draws *draws;
    const double *scale;              /* [scenarios][campaigns] */
    size_t scenarios, models, blocks; /* models: the fit, then the draws */
    double *transposed;               /* [parameters][models] */
    double *sum; /* [blocks][1 + scenarios][models]: p as it was, then changes of it */
    atomic_size_t next;
    atomic_bool stop;
};

/* One thread's, for the user at hand; a row is [models]. */
struct desk {
    struct incremental_user user;
    double *local;     /* [size] rows: parameters of the user's features */
    double *controls;  /* 1 row */
    double *effects;   /* [seen + pairs] rows */
    double *total;     /* 1 row: of all effects */
    double *p, *other; /* 1 row each */
    double *x;         /* [design.effects] */
    size_t room;       /* of local */
    size_t *asked;     /* [scenarios] that change what the user saw */
};

static void add_times(double *out, const double *row, double x, size_t models)
{
    for (size_t r = 0; r < models; r++)
        out[r] += x * row[r];
}

/* One row of effects: of the features from .. from + count - 1. */
static void effects_of(const struct desk *desk, size_t from, size_t count, double *out,
                       size_t models)
{
    memset(out, 0, models * sizeof *out);
    for (size_t e = from; e < from + count; e++)
        if (desk->user.x[e] != 0)
            add_times(out, desk->local + e * models, desk->user.x[e], models);
}

/* The pairs in which a campaign changes; rows of their effects follow those of campaigns. */
static void change_pairs(const struct desk *desk, const double *scale, double *effects, size_t m)
{
    const struct incremental_user *user = &desk->user;
    const size_t halves = user->design->halves;

    for (size_t q = 0; q < user->pairs; q++) {
        const struct incremental_pair *pair = &user->design->pair[user->pair[q].which];
        const double own[2] = {scale[pair->campaign[0]], scale[pair->campaign[1]]};
        if (own[0] == 1 && own[1] == 1)
            continue;
        incremental_user_pair_effects(user, q, own, desk->x);
        add_times(effects, desk->effects + (user->seen + q) * m, -1, m);
        for (size_t h = 0; h < halves; h++)
            add_times(effects, desk->local + (user->pairs_from + q * halves + h) * m, desk->x[h],
                      m);
    }
}

/* What changes at the impression at hand, in its row of `sum`. */
static void take_scenario(const struct asking *a, struct desk *desk, size_t s, double *sum)
{
    const struct incremental_user *user = &desk->user;
    const struct incremental_design *d = user->design;
    const double *scale = a->scale + s * d->campaigns;
    const size_t m = a->models;
    double *effects = desk->other, *change = sum + (1 + s) * m;

    memcpy(effects, desk->total, m * sizeof *effects);
    for (size_t l = 0; l < user->seen; l++) {
        const double *local = desk->local + (user->effects_from + l * d->effects) * m;
        if (scale[user->campaign[l]] == 1)
            continue;
        incremental_user_effects(user, l, scale[user->campaign[l]], desk->x);
        add_times(effects, desk->effects + l * m, -1, m);
        for (size_t e = 0; e < d->effects; e++)
            add_times(effects, local + e * m, desk->x[e], m);
    }
    change_pairs(desk, scale, effects, m);
    incremental_chances(d, desk->controls, effects, effects, m);
    for (size_t r = 0; r < m; r++)
        change[r] += effects[r] - desk->p[r];
}

static void take_impression(const struct asking *a, struct desk *desk, size_t asked, double *sum)
{
    const struct incremental_user *user = &desk->user;
    const struct incremental_design *d = user->design;
    const size_t m = a->models;

    memset(desk->controls, 0, m * sizeof *desk->controls);
    memset(desk->total, 0, m * sizeof *desk->total);
    for (size_t i = 0; i < user->effects_from; i++)
        add_times(desk->controls, desk->local + i * m, user->x[i], m);
    for (size_t l = 0; l < user->seen + user->pairs; l++) {
        const size_t q = l - user->seen;
        if (l < user->seen)
            effects_of(desk, user->effects_from + l * d->effects, d->effects, desk->effects + l * m,
                       m);
        else
            effects_of(desk, user->pairs_from + q * d->halves, d->halves, desk->effects + l * m, m);
        add_times(desk->total, desk->effects + l * m, 1, m);
    }
    incremental_chances(d, desk->controls, desk->total, desk->p, m);
    add_times(sum, desk->p, 1, m);
    for (size_t i = 0; i < asked; i++)
        take_scenario(a, desk, desk->asked[i], sum);
}

/* Which scenarios change what the user saw. */
static size_t list_asked(const struct asking *a, struct desk *desk)
{
    const struct incremental_user *user = &desk->user;
    size_t count = 0;

    for (size_t s = 0; s < a->scenarios; s++) {
        const double *scale = a->scale + s * user->design->campaigns;
        bool changed = false;
        for (size_t l = 0; l < user->seen && !changed; l++)
            changed = scale[user->campaign[l]] != 1;
        if (changed)
            desk->asked[count++] = s;
    }
    return count;
}

static void take_user(const struct asking *a, struct desk *desk, size_t u, double *sum)
{
    struct incremental_user *user = &desk->user;
    const size_t m = a->models;

    incremental_user_begin(user, u);
    if (user->size > desk->room) {
        desk->room = user->size;
        desk->local = memory_resize(desk->local, desk->room * m, sizeof *desk->local);
        desk->effects = memory_resize(desk->effects, desk->room * m, sizeof *desk->effects);
    }
    for (size_t i = 0; i < user->size; i++)
        memcpy(desk->local + i * m, a->transposed + user->index[i] * m, m * sizeof(double));
    const size_t asked = list_asked(a, desk);
    while (incremental_user_next(user))
        take_impression(a, desk, asked, sum);
}

static void run_blocks(void *context, size_t rank, size_t size)
{
    struct asking *a = context;
    const size_t users = a->fit->log->users, m = a->models, width = (1 + a->scenarios) * m;
    struct arena memory = {0};
    struct desk desk = {
        .controls = ARENA_NEW(&memory, double, m),
        .total = ARENA_NEW(&memory, double, m),
        .p = ARENA_NEW(&memory, double, m),
        .other = ARENA_NEW(&memory, double, m),
        .x = ARENA_NEW(&memory, double, a->fit->design.effects),
        .asked = ARENA_NEW(&memory, size_t, a->scenarios + 1),
    };
    struct error err;
    size_t b;

    (void)rank;
    (void)size;
    incremental_user_init(&desk.user, a->fit->log, &a->fit->design);
    while ((b = atomic_fetch_add(&a->next, 1)) < a->blocks)
        for (size_t u = users * b / a->blocks; u < users * (b + 1) / a->blocks; u++) {
            if (u % 1024 == 0 && !interrupt_check("asking the model", &err))
                atomic_store(&a->stop, true);
            if (atomic_load(&a->stop))
                break;
            take_user(a, &desk, u, a->sum + b * width);
        }
    incremental_user_clear(&desk.user);
    free(desk.local);
    free(desk.effects);
    arena_clear(&memory);
}

static void transpose(struct asking *a)
{
    const size_t count = a->fit->design.count;

    for (size_t j = 0; j < count; j++) {
        a->transposed[j * a->models] = a->fit->parameter[j];
        for (size_t r = 1; r < a->models; r++)
            a->transposed[j * a->models + r] = a->draws->parameter[(r - 1) * count + j];
    }
}

/* [1 + scenarios][models] sums of all users, in the first block. */
static void ask(struct asking *a, struct pool *pool)
{
    const size_t width = (1 + a->scenarios) * a->models;

    transpose(a);
    if (pool)
        pool_run(pool, run_blocks, a);
    else
        run_blocks(a, 0, 1);
    for (size_t b = 1; b < a->blocks; b++)
        for (size_t i = 0; i < width; i++)
            a->sum[i] += a->sum[b * width + i];
}

static void answer_scenario(const struct asking *a, size_t s, double *row,
                            struct incremental_answer *answer)
{
    const double *p = a->sum, *change = a->sum + (1 + s) * a->models;
    const size_t draws = a->models - 1;

    answer->expected = p[0] + change[0];
    answer->change = change[0];
    for (size_t r = 1; r <= draws; r++)
        row[r - 1] = change[r] / p[r] * p[0];
    incremental_ends(answer->change, row, draws, &answer->change_low, &answer->change_high);
    answer->low = p[0] + answer->change_low;
    answer->high = p[0] + answer->change_high;
}

bool incremental_whatif(struct incremental_answer *answer, const struct incremental_fit *fit,
                        const struct incremental_draws *draws, const double *scale,
                        size_t scenarios, struct pool *pool, struct error *err)
{
    struct asking a = {.fit = fit,
                       .draws = draws,
                       .scale = scale,
                       .scenarios = scenarios,
                       .models = 1 + (draws ? draws->count : 0)};
    const size_t each = (1 + scenarios) * a.models * sizeof(double), most = BLOCK_BYTES / each;

    a.blocks = most < BLOCKS_MIN ? BLOCKS_MIN : most < BLOCKS ? most : BLOCKS;
    a.transposed = memory_take(fit->design.count, a.models * sizeof(double));
    a.sum = memory_take_zeroed(a.blocks, each);
    double *row = memory_take(a.models, sizeof *row);
    ask(&a, pool);
    for (size_t s = 0; s < scenarios; s++)
        answer_scenario(&a, s, row, &answer[s]);
    free(row);
    free(a.transposed);
    free(a.sum);
    return interrupt_check("asking the model", err);
}

bool incremental_curves(struct incremental_answer *answer, const struct incremental_fit *fit,
                        const struct incremental_draws *draws, struct pool *pool, struct error *err)
{
    const size_t n = fit->design.campaigns, points = WHATIF_CURVE_POINTS;
    double *scale = memory_take(n * points, n * sizeof *scale);

    for (size_t i = 0; i < n * points * n; i++)
        scale[i] = 1;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < points; i++)
            scale[(k * points + i) * n + k] = (double)i / 4;
    const bool ok = incremental_whatif(answer, fit, draws, scale, n * points, pool, err);
    free(scale);
    return ok;
}
