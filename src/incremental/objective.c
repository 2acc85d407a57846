#include "incremental/objective.h"

#include "incremental/panel.h"
#include "incremental/term.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 64, BLOCK_BYTES = 256 << 20, BLOCKS_MIN = 4 };

enum wanted { VALUE, GRADIENT, GRADIENTS, HESSIAN, MOMENTS };

struct block {
    double value;
    double *gradient, *hessian; /* MOMENTS: sums and sums of squares; value: impressions */
};

struct work {
    const struct incremental_objective *objective;
    const double *parameter;
    enum wanted wanted;
    const struct incremental_resample *resample; /* GRADIENTS; they take the place of hessian */
    size_t blocks;
    struct block block[BLOCKS];
    atomic_size_t next;
};

/* One thread's: the sums of one user, in the columns of the panel. */
struct scratch {
    struct incremental_user user;
    struct incremental_panel panel;
    double *gradient, *scaled, *product;
    size_t room; /* of product, in columns */
};

/* Of the rows of a panel: sums of both kinds, then what becomes of them. */
struct terms {
    double controls[PANEL_ROWS], effects[PANEL_ROWS];
    double by_controls[PANEL_ROWS], by_effects[PANEL_ROWS];
    double scale_controls[PANEL_ROWS], scale_effects[PANEL_ROWS];
};

/* Losses of the panel's rows, and where they are wanted what they pass on. */
static double work_out(const struct work *work, const struct incremental_panel *panel,
                       double weight, struct terms *t)
{
    const bool additive = work->objective->design->additive;
    const double widen = root(weight);
    double loss = 0;

    panel->kernel->sums(&panel->in, panel->at_controls, panel->at_effects, t->controls, t->effects);
    for (size_t r = 0; r < panel->in.rows; r++) {
        const bool conversion = panel->conversion[r];
        const struct term term = additive ? additive_term(t->controls[r], t->effects[r], conversion)
                                          : logit_term(t->controls[r] + t->effects[r], conversion);
        loss += weight * term.loss;
        t->by_controls[r] = weight * term.by_controls;
        t->by_effects[r] = weight * term.by_effects;
        t->scale_controls[r] = widen * term.scale_controls;
        t->scale_effects[r] = widen * term.scale_effects;
    }
    return loss;
}

static void add_panel(const struct work *work, struct scratch *s, double weight, bool more,
                      struct block *out)
{
    struct incremental_panel *panel = &s->panel;
    const struct incremental_kernel *kernel = panel->kernel;
    struct terms t;

    out->value += work_out(work, panel, weight, &t);
    if (work->wanted >= GRADIENT)
        kernel->add(s->gradient, &panel->in, t.by_controls, t.by_effects);
    if (work->wanted == HESSIAN) {
        kernel->scale(s->scaled, &panel->in, t.scale_controls, t.scale_effects);
        kernel->products(s->product, s->scaled, panel->in.rows, panel->in.width, more);
    }
    incremental_panel_empty(panel);
}

static void make_room(struct scratch *s)
{
    if (s->panel.in.width <= s->room)
        return;
    s->room = s->panel.in.width;
    s->product = memory_resize(s->product, s->room * s->room, sizeof(double));
}

static void add_user(const struct work *work, struct scratch *s, size_t u, struct block *out)
{
    const float *weights = work->objective->weight;
    const double weight = weights ? (double)weights[u] : 1;
    struct incremental_panel *panel = &s->panel;
    bool more = false;

    if (!(weight > 0))
        return;
    incremental_user_begin(&s->user, u);
    incremental_panel_begin(panel, &s->user, work->parameter);
    make_room(s);
    memset(s->gradient, 0, panel->in.width * sizeof *s->gradient);
    while (incremental_user_next(&s->user)) {
        if (panel->in.rows == PANEL_ROWS) {
            add_panel(work, s, weight, more, out);
            more = true;
        }
        incremental_panel_take(panel, &s->user);
    }
    add_panel(work, s, weight, more, out);
    if (work->wanted >= GRADIENT)
        incremental_panel_add(panel, out->gradient, s->gradient);
    if (work->wanted == GRADIENTS) {
        double counts[RESAMPLE_LANES];
        incremental_resample_user(work->resample, u, counts);
        panel->kernel->spread(out->hessian, s->gradient, counts, work->resample->lanes, panel->span,
                              panel->spans);
    }
    if (work->wanted == HESSIAN)
        panel->kernel->scatter(out->hessian, s->user.design->count, s->product, panel->in.width,
                               panel->span, panel->spans);
}

static void add_moments(struct incremental_user *user, size_t u, struct block *out)
{
    incremental_user_begin(user, u);
    while (incremental_user_next(user))
        for (size_t i = 0; i < user->size; i++) {
            out->gradient[user->index[i]] += user->x[i];
            out->hessian[user->index[i]] += user->x[i] * user->x[i];
        }
    out->value += (double)(user->end - user->from);
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

    (void)size;
    incremental_user_init(&s.user, log, design);
    incremental_panel_init(&s.panel, design->count);
    s.gradient = memory_take(design->count + KERNEL_LANES, sizeof *s.gradient);
    s.scaled = memory_take(PANEL_ROWS * (design->count + KERNEL_LANES), sizeof *s.scaled);
    while ((b = atomic_fetch_add(&work->next, 1)) < work->blocks) {
        const size_t end = block_start(log, b + 1, work->blocks);
        for (size_t u = block_start(log, b, work->blocks); u < end; u++) {
            exposure_log_pass(log, rank, u);
            if (work->wanted != MOMENTS)
                add_user(work, &s, u, &work->block[b]);
            else if (exposure_log_sampled(log, u))
                add_moments(&s.user, u, &work->block[b]);
        }
    }
    incremental_user_clear(&s.user);
    incremental_panel_clear(&s.panel);
    free(s.gradient);
    free(s.scaled);
    free(s.product);
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

void incremental_gradients(const struct incremental_objective *objective, const double *parameter,
                           const struct incremental_resample *resample, double *gradient)
{
    const size_t size = objective->design->count * resample->lanes;
    struct work work = {
        .objective = objective, .parameter = parameter, .wanted = GRADIENTS, .resample = resample};

    run(&work, size);
    memcpy(gradient, work.block[0].hessian, size * sizeof *gradient);
    release(&work);
}

void incremental_moments(const struct incremental_objective *objective, double *mean,
                         double *square)
{
    const size_t count = objective->design->count;
    struct work work = {.objective = objective, .wanted = MOMENTS};

    run(&work, count);
    const double rows = work.block[0].value;
    for (size_t j = 0; j < count; j++) {
        mean[j] = work.block[0].gradient[j] / rows;
        square[j] = work.block[0].hessian[j] / rows;
    }
    release(&work);
}
