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
    size_t active[16], start[17], begin[OP_TRACKS_MAX][9];
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

static size_t track_steps_max(const struct gradient_case *c, size_t k)
{
    size_t longest = c->track_steps_max[k];

    for (size_t b = 0; b < c->rows; b++)
        if (longest < c->track_length[k][b])
            longest = c->track_length[k][b];
    return longest;
}

static void make_tracks(struct harness *h)
{
    const struct gradient_case *c = h->c;

    h->batch.tracks = c->tracks;
    h->batch.steps = h->batch.tokens = 0;
    for (size_t k = 0; k < c->tracks; k++) {
        for (size_t b = 0; b < c->rows; b++)
            h->begin[k][b + 1] = h->begin[k][b] + c->track_length[k][b];
        h->batch.track[k] = (struct op_track){.tokens = h->begin[k][c->rows],
                                              .steps_max = track_steps_max(c, k),
                                              .begin = h->begin[k]};
    }
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
    if (c->tracks)
        make_tracks(h);
}

static struct op_operand operand_of(const struct harness *h, const struct shape *shape)
{
    return (struct op_operand){
        .shape = *shape, .count = op_lead(&h->batch, shape), .width = shape_width(shape)};
}

/* Weight matrices in operand i, [k, n] or [e, k, n], and their sizes. */
struct matrices {
    size_t count, k, n, packed, transposed;
};

static struct matrices matrices_of(const struct harness *h, size_t i)
{
    const struct shape *s = &h->call.in[i].shape;
    struct matrices m = {.count = s->rank == 3 ? s->d[0] : 1};

    m.k = s->d[s->rank - 2];
    m.n = s->d[s->rank - 1];
    m.packed = kernels_packed_size(h->kernels, m.k, m.n);
    m.transposed = kernels_packed_size(h->kernels, m.n, m.k);
    return m;
}

static void make_input(struct harness *h, size_t i)
{
    const struct op *op = h->c->op;
    struct op_operand *o = &h->call.in[i];

    *o = operand_of(h, &h->c->in[i]);
    const size_t n = operand_size(o);
    if (op->index >> i & 1) {
        /* -1 and one past the table of in[1] take part. */
        const size_t from = h->c->index_from, below = h->c->index_below;
        int32_t *index = ARENA_NEW(&h->arena, int32_t, n);
        for (size_t j = 0; j < n; j++)
            index[j] = below ? (int32_t)(from + rng_below(&h->rng, below - from))
                             : (int32_t)rng_below(&h->rng, h->c->in[1].d[0] + 2) - 1;
        o->index = index;
        return;
    }
    h->x[i] = ARENA_NEW(&h->arena, real, n);
    for (size_t j = 0; j < n; j++)
        h->x[i][j] = draw(h);
    o->x = h->x[i];
    if (op->matrix >> i & 1) {
        const struct matrices m = matrices_of(h, i);
        h->packed[i] = ARENA_NEW(&h->arena, real, m.count * m.packed);
        h->transposed[i] = ARENA_NEW(&h->arena, real, m.count * m.transposed);
        o->panels = panels_packed(h->kernels, h->packed[i], m.k);
        o->panels_transposed = panels_packed(h->kernels, h->transposed[i], m.n);
        o->panels_next = m.packed;
        o->panels_transposed_next = m.transposed;
    }
}

static void make(struct harness *h, const struct gradient_case *c, const struct kernels *kernels)
{
    struct op_plan plan = {
        .rows_max = c->rows, .steps_max = c->steps, .tracks = c->tracks, .settings = &c->settings};

    for (size_t k = 0; k < c->tracks; k++)
        plan.track_steps_max[k] = track_steps_max(c, k);
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
        if (!h->packed[i])
            continue;
        const struct matrices m = matrices_of(h, i);
        for (size_t e = 0; e < m.count; e++) {
            const real *x = h->x[i] + e * m.k * m.n;
            h->kernels->pack(h->packed[i] + e * m.packed, x, m.k, m.n, 0,
                             kernels_panels(h->kernels, m.n));
            h->kernels->pack_transposed(h->transposed[i] + e * m.transposed, x, m.k, m.n, 0,
                                        kernels_panels(h->kernels, m.k));
        }
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
