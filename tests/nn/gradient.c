#include "nn/gradient.h"

#include "base/arena.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

#ifndef QUERN_REAL_DOUBLE
#error "the gradient table needs double precision"
#endif

/* An op on its own: one call with its buffers, all of exact size so that a stray write is seen. */
struct harness {
    const struct gradient_case *c;
    const struct kernels *kernels;
    struct arena arena;
    struct rng rng;
    size_t active[16], start[17];
    struct op_batch batch;
    struct op_call call;
    real *x[OP_INPUTS_MAX], *packed[OP_INPUTS_MAX], *transposed[OP_INPUTS_MAX];
    real *random; /* the output's gradient */
};

static real draw(struct harness *h)
{
    const double low = h->c->low, high = h->c->high;

    if (low == high)
        return (real)(2 * rng_uniform(&h->rng) - 1);
    return (real)(low + (high - low) * rng_uniform(&h->rng));
}

static size_t operand_size(const struct op_operand *o)
{
    return o->count * o->width;
}

static void make_batch(struct harness *h)
{
    const struct gradient_case *c = h->c;
    const bool ragged = c->length[0] != 0;

    h->batch = (struct op_batch){
        .rows = c->rows,
        .steps = ragged ? c->length[0] : c->steps,
        .rows_max = c->rows,
        .steps_max = c->steps,
        .active = h->active,
        .start = h->start,
        .training = c->training,
        .seed = 11,
        .first_row = 3,
    };
    for (size_t t = 0; t < c->steps; t++) {
        h->start[t] = h->batch.tokens;
        h->active[t] = 0;
        for (size_t b = 0; b < c->rows; b++)
            h->active[t] += (ragged ? c->length[b] : c->steps) > t;
        h->batch.tokens += h->active[t];
    }
}

static struct op_operand operand_of(const struct harness *h, const struct shape *shape)
{
    struct op_operand o = {.shape = *shape, .count = 1, .width = shape_width(shape)};

    if (shape->lead == SHAPE_LEAD_ROWS)
        o.count = h->batch.rows;
    else if (shape->lead == SHAPE_LEAD_STEPS)
        o.count = h->batch.tokens;
    return o;
}

static void make_input(struct harness *h, size_t i)
{
    const struct op *op = h->c->op;
    struct op_operand *o = &h->call.in[i];

    *o = operand_of(h, &h->c->in[i]);
    const size_t n = operand_size(o);
    if (op->index >> i & 1) {
        /* -1 and one past the table of in[1] take part. */
        int32_t *index = ARENA_NEW(&h->arena, int32_t, n);
        for (size_t j = 0; j < n; j++)
            index[j] = (int32_t)rng_below(&h->rng, h->c->in[1].d[0] + 2) - 1;
        o->index = index;
        return;
    }
    h->x[i] = ARENA_NEW(&h->arena, real, n);
    for (size_t j = 0; j < n; j++)
        h->x[i][j] = draw(h);
    o->x = h->x[i];
    if (op->matrix >> i & 1) {
        const size_t k = o->shape.d[0], m = o->shape.d[1];
        h->packed[i] = ARENA_NEW(&h->arena, real, kernels_packed_size(h->kernels, k, m));
        h->transposed[i] = ARENA_NEW(&h->arena, real, kernels_packed_size(h->kernels, m, k));
        o->panels = panels_packed(h->kernels, h->packed[i], k);
        o->panels_transposed = panels_packed(h->kernels, h->transposed[i], m);
    }
}

static void make(struct harness *h, const struct gradient_case *c, const struct kernels *kernels)
{
    struct op_plan plan = {.rows_max = c->rows, .steps_max = c->steps, .settings = &c->settings};

    *h = (struct harness){.c = c, .kernels = kernels, .rng = rng_new(5, 6)};
    make_batch(h);
    for (size_t i = 0; i < c->op->inputs; i++) {
        plan.in[i] = c->in[i];
        plan.present[i] = c->in[i].rank != 0;
        if (plan.present[i])
            make_input(h, i);
    }
    c->op->plan(&plan);
    h->call.out = operand_of(h, &plan.out);
    h->call.result = ARENA_NEW(&h->arena, real, operand_size(&h->call.out));
    h->call.out.x = h->call.result;
    h->call.keep = ARENA_NEW(&h->arena, real, plan.keep);
    h->call.work = ARENA_NEW(&h->arena, real, plan.work);
    h->call.settings = &c->settings;
    h->call.batch = &h->batch;
    h->call.kernels = kernels;
    h->random = ARENA_NEW(&h->arena, real, operand_size(&h->call.out));
    for (size_t j = 0; j < operand_size(&h->call.out); j++)
        h->random[j] = (real)(2 * rng_uniform(&h->rng) - 1);
    h->call.out.d = h->random;
}

static void forward(struct harness *h)
{
    for (size_t i = 0; i < h->c->op->inputs; i++) {
        const size_t k = h->call.in[i].shape.d[0], m = h->call.in[i].shape.d[1];
        if (!h->packed[i])
            continue;
        h->kernels->pack(h->packed[i], h->x[i], k, m, 0, kernels_panels(h->kernels, m));
        h->kernels->pack_transposed(h->transposed[i], h->x[i], k, m, 0,
                                    kernels_panels(h->kernels, k));
    }
    h->c->op->forward(&h->call);
}

static double projected_output(struct harness *h)
{
    double sum = 0;

    forward(h);
    for (size_t j = 0; j < operand_size(&h->call.out); j++)
        sum += h->random[j] * h->call.result[j];
    return sum;
}

static double numeric_gradient(struct harness *h, real *x)
{
    const real kept = *x, step = 1e-6;

    *x = kept + step;
    const double up = projected_output(h);
    *x = kept - step;
    const double down = projected_output(h);
    *x = kept;
    return (up - down) / (2 * step);
}

static double disagreement(double got, double want)
{
    const double scale = fmax(0.1, fmax(fabs(got), fabs(want)));
    const double far = fabs(got - want) / scale;

    return isfinite(far) ? far : INFINITY;
}

/* Gradients of input i after one and after two runs of backward, from random starting values. */
static double input_error(struct harness *h, size_t i, const real *start, const real *once,
                          const real *twice)
{
    double worst = 0;

    for (size_t j = 0; j < operand_size(&h->call.in[i]); j++) {
        const double want = numeric_gradient(h, &h->x[i][j]);
        worst = fmax(worst, disagreement(once[j] - start[j], want));
        worst = fmax(worst, disagreement(twice[j] - once[j], want));
    }
    return worst;
}

double gradient_error(const struct gradient_case *c, const struct kernels *kernels)
{
    struct harness h;
    real *start[OP_INPUTS_MAX] = {0}, *once[OP_INPUTS_MAX] = {0};
    double worst = 0;

    make(&h, c, kernels);
    forward(&h);
    for (size_t i = 0; i < c->op->inputs; i++) {
        const size_t n = operand_size(&h.call.in[i]);
        if (c->op->no_gradient >> i & 1 || !c->in[i].rank)
            continue;
        if (!c->op->backward)
            worst = INFINITY;
        h.call.in[i].d = ARENA_NEW(&h.arena, real, n);
        start[i] = ARENA_NEW(&h.arena, real, n);
        once[i] = ARENA_NEW(&h.arena, real, n);
        for (size_t j = 0; j < n; j++)
            start[i][j] = h.call.in[i].d[j] = (real)rng_uniform(&h.rng);
    }
    if (c->op->backward) {
        c->op->backward(&h.call);
        for (size_t i = 0; i < c->op->inputs; i++)
            if (once[i])
                memcpy(once[i], h.call.in[i].d, operand_size(&h.call.in[i]) * sizeof(real));
        c->op->backward(&h.call);
    }
    for (size_t i = 0; i < c->op->inputs; i++)
        if (once[i])
            worst = fmax(worst, input_error(&h, i, start[i], once[i], h.call.in[i].d));
    arena_clear(&h.arena);
    return worst;
}
