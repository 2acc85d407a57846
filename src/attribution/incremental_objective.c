#include "attribution/incremental_objective.h"

#include "attribution/elementary.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 64, BLOCK_BYTES = 256 << 20, BLOCKS_MIN = 4 };

static const double LOG2_E = 1.4426950408889634;
static const double EXPONENT_MAX = 3; /* of the additive baseline: exp(3) is certainty */
static const double HAZARD_MIN = 1e-12;

enum wanted { VALUE, GRADIENT, HESSIAN, MOMENTS };

struct block {
    double value;
    double *gradient, *hessian; /* MOMENTS: sums and sums of squares */
};

struct work {
    const struct incremental_objective *objective;
    const double *parameter;
    enum wanted wanted;
    size_t blocks;
    struct block block[BLOCKS];
    atomic_size_t next;
};

/* One thread's: the sums of one user, in the user's own order of parameters. */
struct scratch {
    struct incremental_user user;
    double *local, *gradient, *hessian, *scaled;
    size_t room; /* of hessian, in parameters */
};

/* One impression's loss and what it passes on: derivatives and weights of both sums. */
struct term {
    double loss;
    double by_controls, by_effects;
    double scale_controls, scale_effects; /* square roots of the expected second derivatives */
};

static double exp_near(double x)
{
    return x > 0 ? 1 / exp2_decay(x * LOG2_E) : exp2_decay(-x * LOG2_E);
}

static double root(double x)
{
    return x > 0 ? __builtin_sqrt(x) : 0;
}

static struct term logit_term(double sum, bool conversion)
{
    const double size = sum < 0 ? -sum : sum, e = exp2_decay(size * LOG2_E);
    const double p = sum < 0 ? e / (1 + e) : 1 / (1 + e);
    const double rest = sum < 0 ? 1 / (1 + e) : e / (1 + e);
    const double loss = log_near(1 + e) + ((sum < 0) == conversion ? size : 0);
    const double by = conversion ? -rest : p, scale = root(p * rest);

    return (struct term){loss, by, by, scale, scale};
}

static double baseline_hazard(double controls)
{
    return exp_near(controls < EXPONENT_MAX ? controls : EXPONENT_MAX);
}

/* 1 - exp(-hazard) without the loss of digits at small ones. */
static double chance_of(double hazard)
{
    if (hazard < 1e-4)
        return hazard * (1 - hazard * (0.5 - hazard * (1. / 6)));
    return 1 - exp2_decay(hazard * LOG2_E);
}

static struct term additive_term(double controls, double effects, bool conversion)
{
    const double h0 = baseline_hazard(controls), sum = h0 + effects;
    const double hazard = sum > HAZARD_MIN ? sum : HAZARD_MIN;
    const double p = chance_of(hazard), by = conversion ? -(1 - p) / p : 1;
    const double scale = root((1 - p) / p);
    const double through = controls < EXPONENT_MAX ? h0 : 0;

    return (struct term){conversion ? -log_near(p) : hazard, by * through, by, scale * through,
                         scale};
}

static double dot(const double *a, const double *b, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

static void gather(const struct incremental_user *user, const double *parameter, double *local)
{
    for (size_t i = 0; i < user->size; i++)
        local[i] = parameter[user->index[i]];
}

struct incremental_chance incremental_chance(const struct incremental_user *user,
                                             const double *local)
{
    const size_t from = user->effects_from;
    struct incremental_chance c = {
        .controls = dot(user->x, local, from),
        .effects = dot(user->x + from, local + from, user->size - from),
    };

    if (user->design->additive) {
        const double h0 = baseline_hazard(c.controls), sum = h0 + c.effects;
        c.p0 = chance_of(h0);
        c.p = chance_of(sum > HAZARD_MIN ? sum : HAZARD_MIN);
    } else {
        c.p0 = 1 / (1 + exp_near(-c.controls));
        c.p = 1 / (1 + exp_near(-c.controls - c.effects));
    }
    return c;
}

void incremental_chances(const struct incremental_design *design, const double *controls,
                         const double *effects, double *p, size_t count)
{
    if (design->additive)
        for (size_t i = 0; i < count; i++) {
            const double sum = baseline_hazard(controls[i]) + effects[i];
            p[i] = chance_of(sum > HAZARD_MIN ? sum : HAZARD_MIN);
        }
    else
        for (size_t i = 0; i < count; i++)
            p[i] = 1 / (1 + exp_near(-controls[i] - effects[i]));
}

static void add_row(const struct work *work, struct scratch *s, double weight, struct block *out)
{
    const struct incremental_user *user = &s->user;
    const size_t from = user->effects_from, size = user->size;
    const double controls = dot(user->x, s->local, from);
    const double effects = dot(user->x + from, s->local + from, size - from);
    const bool conversion = user->log->conversion[user->at];
    const struct term term = user->design->additive ? additive_term(controls, effects, conversion)
                                                    : logit_term(controls + effects, conversion);

    out->value += weight * term.loss;
    if (work->wanted == VALUE)
        return;
    const double by_controls = weight * term.by_controls, by_effects = weight * term.by_effects;
    for (size_t i = 0; i < from; i++)
        s->gradient[i] += by_controls * user->x[i];
    for (size_t i = from; i < size; i++)
        s->gradient[i] += by_effects * user->x[i];
    if (work->wanted == GRADIENT)
        return;
    const double widen = root(weight);
    for (size_t i = 0; i < size; i++)
        s->scaled[i] = user->x[i] * widen * (i < from ? term.scale_controls : term.scale_effects);
    for (size_t i = 0; i < size; i++) {
        double *row = s->hessian + i * s->room;
        const double x = s->scaled[i];
        if (x != 0)
            for (size_t j = 0; j <= i; j++)
                row[j] += x * s->scaled[j];
    }
}

static void scatter(const struct work *work, struct scratch *s, struct block *out)
{
    const struct incremental_user *user = &s->user;
    const size_t count = user->design->count;

    for (size_t i = 0; i < user->size; i++)
        out->gradient[user->index[i]] += s->gradient[i];
    if (work->wanted != HESSIAN)
        return;
    for (size_t i = 0; i < user->size; i++)
        for (size_t j = 0; j <= i; j++) {
            const size_t a = user->index[i], b = user->index[j];
            out->hessian[a > b ? a * count + b : b * count + a] += s->hessian[i * s->room + j];
        }
}

static void make_room(struct scratch *s, size_t size)
{
    if (size <= s->room)
        return;
    s->room = size + 16;
    s->hessian = memory_resize(s->hessian, s->room * s->room, sizeof(double));
}

static void add_user(const struct work *work, struct scratch *s, size_t u, struct block *out)
{
    const float *weights = work->objective->weight;
    const double weight = weights ? (double)weights[u] : 1;

    if (!(weight > 0))
        return;
    incremental_user_begin(&s->user, u);
    gather(&s->user, work->parameter, s->local);
    if (work->wanted >= GRADIENT)
        memset(s->gradient, 0, s->user.size * sizeof *s->gradient);
    if (work->wanted == HESSIAN) {
        make_room(s, s->user.size);
        for (size_t i = 0; i < s->user.size; i++)
            memset(s->hessian + i * s->room, 0, (i + 1) * sizeof(double));
    }
    while (incremental_user_next(&s->user))
        add_row(work, s, weight, out);
    if (work->wanted >= GRADIENT)
        scatter(work, s, out);
}

static void add_moments(struct incremental_user *user, size_t u, struct block *out)
{
    incremental_user_begin(user, u);
    while (incremental_user_next(user))
        for (size_t i = 0; i < user->size; i++) {
            out->gradient[user->index[i]] += user->x[i];
            out->hessian[user->index[i]] += user->x[i] * user->x[i];
        }
}

/* The first user of a block: blocks hold about as many impressions each. */
static size_t block_start(const struct exposure_log *log, size_t b, size_t blocks)
{
    const uint64_t wanted = (uint64_t)(log->impressions / blocks * b);
    size_t low = 0, high = log->users;

    if (b >= blocks)
        return log->users;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (log->offset[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void run_blocks(void *context, size_t rank, size_t size)
{
    struct work *work = context;
    const struct exposure_log *log = work->objective->log;
    const struct incremental_design *design = work->objective->design;
    struct scratch s = {0};
    size_t b;

    (void)rank;
    (void)size;
    incremental_user_init(&s.user, log, design);
    s.local = memory_take(design->count, sizeof *s.local);
    s.gradient = memory_take(design->count, sizeof *s.gradient);
    s.scaled = memory_take(design->count, sizeof *s.scaled);
    while ((b = atomic_fetch_add(&work->next, 1)) < work->blocks) {
        const size_t end = block_start(log, b + 1, work->blocks);
        for (size_t u = block_start(log, b, work->blocks); u < end; u++) {
            if (work->wanted == MOMENTS)
                add_moments(&s.user, u, &work->block[b]);
            else
                add_user(work, &s, u, &work->block[b]);
        }
    }
    incremental_user_clear(&s.user);
    free(s.local);
    free(s.gradient);
    free(s.scaled);
    free(s.hessian);
}

static void add_up(double *total, const double *part, size_t count)
{
    for (size_t i = 0; i < count; i++)
        total[i] += part[i];
}

/* Run all blocks and add them into the first. Blocks are fewer where parameters are many. */
static void run(struct work *work, size_t second)
{
    const size_t count = work->objective->design->count;
    const size_t each = (count + second) * sizeof(double);
    const size_t most = BLOCK_BYTES / each;

    work->blocks = most < BLOCKS_MIN ? BLOCKS_MIN : most < BLOCKS ? most : BLOCKS;
    for (size_t b = 0; b < work->blocks; b++) {
        work->block[b].gradient = memory_take_zeroed(count, sizeof(double));
        work->block[b].hessian = memory_take_zeroed(second + 1, sizeof(double));
    }
    if (work->objective->pool)
        pool_run(work->objective->pool, run_blocks, work);
    else
        run_blocks(work, 0, 1);
    for (size_t b = 1; b < work->blocks; b++) {
        work->block[0].value += work->block[b].value;
        add_up(work->block[0].gradient, work->block[b].gradient, count);
        add_up(work->block[0].hessian, work->block[b].hessian, second);
    }
}

static void release(struct work *work)
{
    for (size_t b = 0; b < work->blocks; b++) {
        free(work->block[b].gradient);
        free(work->block[b].hessian);
    }
}

void incremental_evaluate(const struct incremental_objective *objective, const double *parameter,
                          struct incremental_point *point)
{
    const size_t count = objective->design->count;
    struct work work = {
        .objective = objective,
        .parameter = parameter,
        .wanted = point->hessian    ? HESSIAN
                  : point->gradient ? GRADIENT
                                    : VALUE,
    };

    run(&work, point->hessian ? count * count : 0);
    point->value = work.block[0].value;
    if (point->gradient)
        memcpy(point->gradient, work.block[0].gradient, count * sizeof(double));
    if (point->hessian)
        memcpy(point->hessian, work.block[0].hessian, count * count * sizeof(double));
    release(&work);
    for (size_t j = 0; objective->ridge && j < count; j++) {
        const double pull = objective->ridge[j] * parameter[j];
        point->value += pull * parameter[j] / 2;
        if (point->gradient)
            point->gradient[j] += pull;
        if (point->hessian)
            point->hessian[j * count + j] += objective->ridge[j];
    }
    if (objective->extra)
        objective->extra->add(objective->extra, objective, parameter, point);
}

void incremental_moments(const struct incremental_objective *objective, double *mean,
                         double *square)
{
    const size_t count = objective->design->count;
    const double rows = (double)objective->log->impressions;
    struct work work = {.objective = objective, .wanted = MOMENTS};

    run(&work, count);
    for (size_t j = 0; j < count; j++) {
        mean[j] = work.block[0].gradient[j] / rows;
        square[j] = work.block[0].hessian[j] / rows;
    }
    release(&work);
}
