#include "incremental/whatif.h"

#include "base/interrupt.h"
#include "incremental/kernel.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Sums of fixed blocks of users are added in order, in as many blocks as memory allows. */
enum { BLOCKS = 64, BLOCKS_MIN = 4, BLOCK_BYTES = 256 << 20 };

/*
 * Scenarios that change one campaign stand side by side, so that its effects without it are worked
 * out once for all of them; those that change several come after.
 */
struct plan {
    size_t *row;         /* [scenarios] 1 + its place here; 0: it changes nothing */
    size_t *first;       /* [campaigns + 1]: those of campaign k are first[k] .. first[k + 1] - 1 */
    double *factor;      /* [first[campaigns]] */
    size_t *joint;       /* [joints] scenarios */
    size_t joints, most; /* most: of one campaign */
};

struct asking {
    const struct incremental_fit *fit;
    const struct incremental_draws *draws;
    const struct incremental_chance_kernel *kernel;
    const double *scale;                     /* [scenarios][campaigns] */
    size_t scenarios, models, width, blocks; /* models: the fit, then the draws, then none */
    struct plan plan;
    double *transposed; /* [parameters][models] */
    double *sum;        /* [blocks][width][models]: p as it was, then changes of it by plan */
    atomic_size_t next;
    atomic_bool stop;
};

/* One thread's, for the user at hand; a row is [models]. */
struct desk {
    struct incremental_user user;
    double *local;           /* [size] rows: parameters of the user's features */
    double *base;            /* 1 row: hazards without effects, or logits */
    double *effects;         /* [seen + pairs] rows */
    double *own;             /* [most_effects()] rows: parameters of one campaign and its pairs */
    double *total;           /* 1 row: of all effects */
    double *p, *rest, *then; /* 1 row each */
    double *x;               /* [plan.most][most_effects()] */
    size_t room;             /* of local */
    size_t *asked;           /* [plan.joints] that change what the user saw */
    size_t asks;
};

static void add_row(double *out, const double *row, double factor, size_t models)
{
    for (size_t r = 0; r < models; r++)
        out[r] += factor * row[r];
}

static const double *own_parameters(const struct desk *desk, size_t l, size_t models)
{
    const struct incremental_design *d = desk->user.design;

    return desk->local + (desk->user.effects_from + l * d->effects) * models;
}

static bool has_stock(const struct incremental_user *user, size_t l)
{
    for (size_t h = 0; h < user->design->halves; h++)
        if (user->stock[l * user->design->halves + h] > 0)
            return true;
    return false;
}

static size_t most_effects(const struct incremental_design *d)
{
    return d->effects + d->pairs * d->halves;
}

/* Features of one campaign at a factor, and of pair `q` that it is in: x [design.halves]. */
static void pair_features(const struct incremental_user *user, size_t l, size_t q, double factor,
                          double *x)
{
    const uint16_t *place = user->pair[q].place;
    const double own[2] = {place[0] == l ? factor : 1, place[1] == l ? factor : 1};

    incremental_user_pair_effects(user, q, own, x);
}

/* The pairs that campaign l is in: their parameters after its own, their effects out of the rest.
 * Returns how many there are. */
static size_t take_pairs(struct desk *desk, size_t l, size_t *which, size_t m)
{
    const struct incremental_user *user = &desk->user;
    const struct incremental_design *d = user->design;
    size_t count = 0;

    for (size_t q = 0; q < user->pairs; q++) {
        if (user->pair[q].place[0] != l && user->pair[q].place[1] != l)
            continue;
        if (count == 0)
            memcpy(desk->own, own_parameters(desk, l, m), d->effects * m * sizeof(double));
        memcpy(desk->own + (d->effects + count * d->halves) * m,
               desk->local + (user->pairs_from + q * d->halves) * m,
               d->halves * m * sizeof(double));
        add_row(desk->rest, desk->effects + (user->seen + q) * m, -1, m);
        which[count++] = q;
    }
    return count;
}

/* What changes at the impression at hand where one campaign alone is changed. */
static void take_campaign(const struct asking *a, struct desk *desk, size_t l, double *sum)
{
    const struct incremental_user *user = &desk->user;
    const struct incremental_design *d = user->design;
    const size_t m = a->models, from = a->plan.first[user->campaign[l]];
    const size_t points = a->plan.first[user->campaign[l] + 1] - from;
    size_t pair[INCREMENTAL_PAIRS_MAX];

    if (points == 0 || !has_stock(user, l))
        return;
    memcpy(desk->rest, desk->total, m * sizeof *desk->rest);
    add_row(desk->rest, desk->effects + l * m, -1, m);
    const size_t pairs = take_pairs(desk, l, pair, m), width = d->effects + pairs * d->halves;
    for (size_t i = 0; i < points; i++) {
        double *x = desk->x + i * width;
        incremental_user_effects(user, l, a->plan.factor[from + i], x);
        for (size_t q = 0; q < pairs; q++)
            pair_features(user, l, pair[q], a->plan.factor[from + i],
                          x + d->effects + q * d->halves);
    }
    const struct incremental_grid grid = {.models = m,
                                          .effects = width,
                                          .points = points,
                                          .additive = d->additive,
                                          .base = desk->base,
                                          .rest = desk->rest,
                                          .own = pairs ? desk->own : own_parameters(desk, l, m),
                                          .x = desk->x,
                                          .p = desk->p};
    a->kernel->grid(sum + (1 + from) * m, &grid);
}

/* The pairs in which a campaign changes; rows of their effects follow those of campaigns. */
static void change_pairs(const struct asking *a, struct desk *desk, const double *scale)
{
    const struct incremental_user *user = &desk->user;
    const struct incremental_design *d = user->design;
    const size_t m = a->models;

    for (size_t q = 0; q < user->pairs; q++) {
        const struct incremental_pair *pair = &d->pair[user->pair[q].which];
        const double own[2] = {scale[pair->campaign[0]], scale[pair->campaign[1]]};
        if (own[0] == 1 && own[1] == 1)
            continue;
        incremental_user_pair_effects(user, q, own, desk->x);
        add_row(desk->rest, desk->effects + (user->seen + q) * m, -1, m);
        a->kernel->weigh(desk->rest, desk->local + (user->pairs_from + q * d->halves) * m, desk->x,
                         d->halves, m);
    }
}

/* The same where several are; `j` counts the plan's joint scenarios. */
static void take_joint(const struct asking *a, struct desk *desk, size_t j, double *sum)
{
    const struct incremental_user *user = &desk->user;
    const struct incremental_design *d = user->design;
    const double *scale = a->scale + a->plan.joint[j] * d->campaigns;
    const size_t m = a->models;

    memcpy(desk->rest, desk->total, m * sizeof *desk->rest);
    for (size_t l = 0; l < user->seen; l++) {
        if (scale[user->campaign[l]] == 1)
            continue;
        incremental_user_effects(user, l, scale[user->campaign[l]], desk->x);
        add_row(desk->rest, desk->effects + l * m, -1, m);
        a->kernel->weigh(desk->rest, own_parameters(desk, l, m), desk->x, d->effects, m);
    }
    change_pairs(a, desk, scale);
    a->kernel->chances(desk->then, d->additive, desk->base, desk->rest, m);
    double *change = sum + (1 + a->plan.first[d->campaigns] + j) * m;
    for (size_t r = 0; r < m; r++)
        change[r] += desk->then[r] - desk->p[r];
}

/* Effects of every campaign seen and every pair of them, and of all together. */
static void work_out_effects(const struct asking *a, struct desk *desk)
{
    const struct incremental_user *user = &desk->user;
    const size_t m = a->models, effects = user->design->effects, halves = user->design->halves;
    const size_t rows = user->seen + user->pairs;

    memset(desk->total, 0, m * sizeof *desk->total);
    memset(desk->effects, 0, rows * m * sizeof *desk->effects);
    for (size_t l = 0; l < rows; l++) {
        const bool single = l < user->seen;
        const size_t from = single ? user->effects_from + l * effects
                                   : user->pairs_from + (l - user->seen) * halves;
        double *row = desk->effects + l * m;
        a->kernel->weigh(row, desk->local + from * m, user->x + from, single ? effects : halves, m);
        add_row(desk->total, row, 1, m);
    }
}

static void take_impression(const struct asking *a, struct desk *desk, double *sum)
{
    const struct incremental_user *user = &desk->user;
    const bool additive = user->design->additive;
    const size_t m = a->models;

    memset(desk->base, 0, m * sizeof *desk->base);
    a->kernel->weigh(desk->base, desk->local, user->x, user->effects_from, m);
    if (additive)
        a->kernel->hazards(desk->base, m);
    work_out_effects(a, desk);
    a->kernel->chances(desk->p, additive, desk->base, desk->total, m);
    add_row(sum, desk->p, 1, m);
    for (size_t l = 0; l < user->seen; l++)
        take_campaign(a, desk, l, sum);
    for (size_t i = 0; i < desk->asks; i++)
        take_joint(a, desk, desk->asked[i], sum);
}

/* Which joint scenarios change what the user saw. */
static void list_asked(const struct asking *a, struct desk *desk)
{
    const struct incremental_user *user = &desk->user;

    desk->asks = 0;
    for (size_t j = 0; j < a->plan.joints; j++) {
        const double *scale = a->scale + a->plan.joint[j] * user->design->campaigns;
        bool changed = false;
        for (size_t l = 0; l < user->seen && !changed; l++)
            changed = scale[user->campaign[l]] != 1;
        if (changed)
            desk->asked[desk->asks++] = j;
    }
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
    list_asked(a, desk);
    while (incremental_user_next(user))
        take_impression(a, desk, sum);
}

static void run_blocks(void *context, size_t rank, size_t size)
{
    struct asking *a = context;
    const size_t users = a->fit->log->users, m = a->models;
    struct arena memory = {0};
    struct desk desk = {
        .base = ARENA_NEW(&memory, double, m),
        .total = ARENA_NEW(&memory, double, m),
        .p = ARENA_NEW(&memory, double, m),
        .rest = ARENA_NEW(&memory, double, m),
        .then = ARENA_NEW(&memory, double, m),
        .own = ARENA_NEW(&memory, double, most_effects(&a->fit->design) * m),
        .x = ARENA_NEW(&memory, double, (a->plan.most + 1) * most_effects(&a->fit->design)),
        .asked = ARENA_NEW(&memory, size_t, a->plan.joints + 1),
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
            take_user(a, &desk, u, a->sum + b * a->width * m);
        }
    incremental_user_clear(&desk.user);
    free(desk.local);
    free(desk.effects);
    arena_clear(&memory);
}

static void transpose(struct asking *a)
{
    const size_t count = a->fit->design.count, draws = a->draws ? a->draws->count : 0;

    for (size_t j = 0; j < count; j++) {
        a->transposed[j * a->models] = a->fit->parameter[j];
        for (size_t r = 0; r < draws; r++)
            a->transposed[j * a->models + 1 + r] = a->draws->parameter[r * count + j];
    }
}

/* How many campaigns a scenario changes, and the last of them. */
static size_t count_changes(const double *scale, size_t campaigns, size_t *last)
{
    size_t count = 0;

    for (size_t k = 0; k < campaigns; k++)
        if (scale[k] != 1) {
            *last = k;
            count++;
        }
    return count;
}

static void make_plan(struct asking *a, struct arena *memory)
{
    const size_t n = a->fit->design.campaigns;
    struct plan *plan = &a->plan;
    size_t *changes = ARENA_NEW(memory, size_t, a->scenarios);
    size_t *campaign = ARENA_NEW(memory, size_t, a->scenarios);

    *plan = (struct plan){.row = ARENA_ZERO(memory, size_t, a->scenarios),
                          .first = ARENA_ZERO(memory, size_t, n + 1),
                          .factor = ARENA_NEW(memory, double, a->scenarios),
                          .joint = ARENA_NEW(memory, size_t, a->scenarios)};
    for (size_t s = 0; s < a->scenarios; s++) {
        changes[s] = count_changes(a->scale + s * n, n, &campaign[s]);
        if (changes[s] > 1)
            plan->joint[plan->joints++] = s;
    }
    size_t at = 0;
    for (size_t k = 0; k < n; k++) {
        plan->first[k] = at;
        for (size_t s = 0; s < a->scenarios; s++)
            if (changes[s] == 1 && campaign[s] == k) {
                plan->factor[at] = a->scale[s * n + k];
                plan->row[s] = 1 + at++;
            }
        plan->most = at - plan->first[k] > plan->most ? at - plan->first[k] : plan->most;
    }
    plan->first[n] = at;
    for (size_t j = 0; j < plan->joints; j++)
        plan->row[plan->joint[j]] = 1 + at + j;
    a->width = 1 + at + plan->joints;
}

/* [width][models] sums of all users, in the first block. */
static void ask(struct asking *a, struct pool *pool)
{
    const size_t size = a->width * a->models;

    transpose(a);
    if (pool)
        pool_run(pool, run_blocks, a);
    else
        run_blocks(a, 0, 1);
    for (size_t b = 1; b < a->blocks; b++)
        for (size_t i = 0; i < size; i++)
            a->sum[i] += a->sum[b * size + i];
}

static void answer_scenario(const struct asking *a, size_t s, double *number,
                            struct incremental_answer *answer)
{
    const double *p = a->sum, *change = a->sum + a->plan.row[s] * a->models;
    const size_t draws = a->draws ? a->draws->count : 0;
    const bool changed = a->plan.row[s] > 0;

    answer->change = changed ? change[0] : 0;
    answer->expected = p[0] + answer->change;
    for (size_t r = 1; r <= draws; r++)
        number[r - 1] = changed ? change[r] / p[r] * p[0] : 0;
    incremental_ends(answer->change, number, draws, &answer->change_low, &answer->change_high);
    answer->low = p[0] + answer->change_low;
    answer->high = p[0] + answer->change_high;
}

bool incremental_whatif(struct incremental_answer *answer, const struct incremental_fit *fit,
                        const struct incremental_draws *draws, const double *scale,
                        size_t scenarios, struct pool *pool, struct error *err)
{
    const size_t models = 1 + (draws ? draws->count : 0);
    struct arena memory = {0};
    struct asking a = {.fit = fit,
                       .draws = draws,
                       .kernel = incremental_kernel_best()->chance,
                       .scale = scale,
                       .scenarios = scenarios,
                       .models = (models + KERNEL_LANES - 1) / KERNEL_LANES * KERNEL_LANES};

    make_plan(&a, &memory);
    const size_t each = a.width * a.models * sizeof(double), most = BLOCK_BYTES / each;
    a.blocks = most < BLOCKS_MIN ? BLOCKS_MIN : most < BLOCKS ? most : BLOCKS;
    a.transposed = ARENA_ZERO(&memory, double, fit->design.count *a.models);
    a.sum = memory_take_zeroed(a.blocks, each);
    double *number = ARENA_NEW(&memory, double, models);
    ask(&a, pool);
    for (size_t s = 0; s < scenarios; s++)
        answer_scenario(&a, s, number, &answer[s]);
    free(a.sum);
    arena_clear(&memory);
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
