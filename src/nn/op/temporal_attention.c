/*
 * temporal_attention — attention among the steps of each row, weighed by the time between them.
 *
 *   p[i,j] = softmax over j of (q[i] k[j] / sqrt(d / heads) + mask[i,j]) exp((t[i] - t[j]) / 1e6)
 *   y[i]   = sum_j p[i,j] v[j]                              for each head, on its part of d
 *
 *   in   x     steps of [3d]: q | k | v; where q is given steps of [2d]: k | v, or of [d], which
 * are keys and values at once; steps are those of a track, or rows [S, 3d] where every row has S q
 * may be absent; steps of [d] like x, or rows [d]: one query a row, which is that of its last step
 *        time  like x, [1], may be absent: then there is no factor exp(); no gradient
 *        mask  [S, S], may be absent: entry [S-1, S-1] is for the last step as query and as key;
 *              -infinity hides a key; no gradient
 *   out  y     steps of [d] like x, or rows [d] where q is
 *   grad dv = p^T dy    ds = p (dy v^T - sum_j p dy v^T) factor    dq = ds k    dk = ds^T q
 *   keep p, rows of `stride` numbers for each query: only where there is a gradient
 *
 * Queries are taken QUERIES at a time, so that their logits are still in the cache when they
 * become weights and when these meet the values.
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

#include <math.h>

enum { QUERIES = 96, ROUND = 16 };

static const real time_unit = (real)1e6; /* seconds */

enum input { IN_X, IN_Q, IN_TIME, IN_MASK };

static size_t rounded(size_t n)
{
    return (n + ROUND - 1) / ROUND * ROUND;
}

/* Sizes that hold for all rows. */
struct sizes {
    size_t steps, stride; /* at most; rounded up */
    size_t d, heads, head;
    bool one;    /* one query a row */
    size_t k, v; /* where keys and values begin in a step of x */
};

/* q is NULL where it is absent. */
static struct sizes sizes_of(const struct shape *x, const struct shape *q, size_t steps,
                             size_t heads)
{
    const size_t width = x->d[x->rank - 1], d = q ? q->d[q->rank - 1] : width / 3;

    return (struct sizes){
        .steps = steps,
        .stride = rounded(steps),
        .d = d,
        .heads = heads,
        .head = d / heads,
        .one = q && (q->lead != x->lead || q->rank != x->rank),
        .k = q ? 0 : d,
        .v = width - d,
    };
}

/* Places in `work`. */
struct work {
    size_t keys, values, logits, row_factor, column_factor, mean, size;
};

static size_t take(size_t *size, size_t count)
{
    const size_t place = *size;

    *size += rounded(count);
    return place;
}

/* A matrix packed in panels, whatever their width, is at most this large. */
static size_t packed_max(size_t k, size_t n)
{
    enum { PANEL_MAX = 32 };

    return (n + PANEL_MAX - 1) / PANEL_MAX * PANEL_MAX * k;
}

static struct work work_of(const struct sizes *s)
{
    struct work w = {0};
    const size_t tall = packed_max(s->steps, s->head), wide = packed_max(s->head, s->steps);

    if (!s->one) {
        w.keys = take(&w.size, tall > wide ? tall : wide);
        w.values = take(&w.size, wide > tall ? wide : tall);
    }
    w.logits = take(&w.size, (s->one ? 1 : QUERIES) * s->stride);
    w.row_factor = take(&w.size, s->steps);
    w.column_factor = take(&w.size, s->stride);
    w.mean = take(&w.size, s->one ? 1 : QUERIES);
    return w;
}

static size_t plan_steps(const struct op_plan *plan)
{
    const struct shape *x = &plan->in[IN_X];

    if (x->lead == SHAPE_LEAD_ROWS)
        return x->d[0];
    BUG_ON(!plan->tracks);
    return plan->track_steps_max[x->track];
}

static void temporal_attention_plan(struct op_plan *plan)
{
    const struct shape *x = &plan->in[IN_X], *q = &plan->in[IN_Q], *mask = &plan->in[IN_MASK];
    const size_t heads = plan->settings->attention.heads, width = x->d[x->rank - 1];

    BUG_ON(x->lead == SHAPE_LEAD_FIXED || x->rank != (x->lead == SHAPE_LEAD_ROWS ? 2 : 1));
    BUG_ON(plan->present[IN_Q] && q->lead != x->lead &&
           (q->lead != SHAPE_LEAD_ROWS || q->rank > 1));
    const struct sizes s = sizes_of(x, plan->present[IN_Q] ? q : NULL, plan_steps(plan), heads);
    BUG_ON(!heads || s.d % heads);
    BUG_ON(plan->present[IN_Q] ? width != s.d && width != 2 * s.d : width != 3 * s.d);
    BUG_ON(plan->present[IN_TIME] && plan->in[IN_TIME].lead != x->lead);
    BUG_ON(plan->present[IN_MASK] && (mask->d[0] != s.steps || mask->d[1] != s.steps));
    plan->out = s.one ? *q : *x;
    plan->out.d[plan->out.rank - 1] = s.d;
    plan->keep = plan->rows_max * heads * (s.one ? 1 : s.steps) * s.stride;
    plan->work = work_of(&s).size;
}

/* One row and one head of a call. */
struct part {
    const struct op_call *call;
    struct sizes s;
    struct work at;
    size_t keys, queries, stride; /* of this row; stride of its logits */
    size_t first;                 /* key 0 is at this step of x */
    size_t first_query;           /* query 0, in out */
    const real *q, *k, *v;        /* of step 0 */
    real *dq, *dk, *dv;           /* NULL where not wanted */
    size_t q_step, step;          /* numbers from one query or key to the next */
    size_t y;                     /* place of query 0 in out */
    real *p;                      /* [queries, stride] of `keep` */
};

static struct part row_of(const struct op_call *call, size_t b)
{
    const struct op_operand *x = &call->in[IN_X], *q = &call->in[IN_Q];
    const bool fixed = x->shape.lead == SHAPE_LEAD_ROWS;
    const struct op_track *track = &call->batch->track[x->shape.track];
    const size_t steps = fixed ? x->shape.d[0] : track->steps_max;
    struct part part = {
        .call = call,
        .s = sizes_of(&x->shape, q->x ? &q->shape : NULL, steps, call->settings->attention.heads),
        .first = fixed ? b * steps : track->begin[b],
    };
    const bool one = part.s.one;

    part.at = work_of(&part.s);
    part.keys = fixed ? steps : track->begin[b + 1] - part.first;
    part.queries = one && part.keys ? 1 : part.keys;
    part.stride = rounded(part.keys);
    part.first_query = one ? b : part.first;
    part.step = x->shape.d[x->shape.rank - 1];
    part.q_step = q->x ? part.s.d : part.step;
    part.p = call->keep + b * part.s.heads * (one ? 1 : steps) * part.s.stride;
    return part;
}

static real *moved(real *d, size_t by)
{
    return d ? d + by : NULL;
}

static struct part head_of(struct part part, size_t head)
{
    const struct op_operand *x = &part.call->in[IN_X], *given = &part.call->in[IN_Q];
    const struct op_operand *q = given->x ? given : x;
    const size_t at = part.first * part.step + head * part.s.head;
    const size_t q_at = part.first_query * part.q_step + head * part.s.head;

    part.q = q->x + q_at;
    part.k = x->x + at + part.s.k;
    part.v = x->x + at + part.s.v;
    part.dq = moved(q->d, q_at);
    part.dk = moved(x->d, at + part.s.k);
    part.dv = moved(x->d, at + part.s.v);
    part.y = part.first_query * part.s.d + head * part.s.head;
    part.p += head * (part.s.one ? 1 : part.s.steps) * part.s.stride;
    return part;
}

/* exp(t / unit) for the queries, exp(-t / unit) for the keys. */
static void make_factors(const struct part *part)
{
    const struct kernels *kernels = part->call->kernels;
    real *row = part->call->work + part->at.row_factor;
    real *column = part->call->work + part->at.column_factor;
    const real *time = part->call->in[IN_TIME].x;
    const size_t last = part->keys - part->queries;

    if (!time)
        return;
    for (size_t j = 0; j < part->keys; j++)
        column[j] = -time[part->first + j] / time_unit;
    for (size_t i = 0; i < part->queries; i++)
        row[i] = time[part->first + last + i] / time_unit;
    kernels->exp(column, column, part->keys);
    kernels->exp(row, row, part->queries);
    for (size_t j = part->keys; j < part->stride; j++)
        column[j] = 1;
}

static struct softmax_rows softmax_of(const struct part *part, real *x, size_t first, size_t count)
{
    const bool timed = part->call->in[IN_TIME].x != NULL;
    const real *mask = part->call->in[IN_MASK].x, *work = part->call->work;
    const size_t steps = part->s.steps, hidden = steps - part->keys;
    const size_t query = steps - part->queries + first;

    return (struct softmax_rows){
        .rows = count,
        .columns = part->keys,
        .stride = part->stride,
        .x = x,
        .scale = (real)(1 / sqrt((double)part->s.head)),
        .row_factor = timed ? work + part->at.row_factor + first : NULL,
        .column_factor = timed ? work + part->at.column_factor : NULL,
        .mask = mask ? mask + query * steps + hidden : NULL,
        .mask_stride = steps,
    };
}

static void forward_one(const struct part *part)
{
    const struct kernels *kernels = part->call->kernels;
    real *y = part->call->result + part->y;
    const struct softmax_rows softmax = softmax_of(part, part->p, 0, 1);

    for (size_t j = 0; j < part->keys; j++)
        part->p[j] = kernels->dot(part->q, part->k + j * part->step, part->s.head);
    kernels->softmax_rows(&softmax);
    for (size_t c = 0; c < part->s.head; c++)
        y[c] = 0;
    for (size_t j = 0; j < part->keys; j++)
        kernels->add_scaled(y, part->p[j], part->v + j * part->step, part->s.head);
}

static void forward_all(const struct part *part)
{
    const struct kernels *kernels = part->call->kernels;
    real *keys = part->call->work + part->at.keys, *values = part->call->work + part->at.values;
    const size_t head = part->s.head, keys_count = part->keys;

    kernels->pack_strided_transposed(keys, part->k, part->step, keys_count, head);
    kernels->pack_strided(values, part->v, part->step, keys_count, head);
    for (size_t i = 0; i < part->queries; i += QUERIES) {
        const size_t count = part->queries - i < QUERIES ? part->queries - i : QUERIES;
        real *p =
            part->call->out.d ? part->p + i * part->stride : part->call->work + part->at.logits;
        const struct softmax_rows softmax = softmax_of(part, p, i, count);
        kernels->matmul(&(struct matmul){.m = count,
                                         .k = head,
                                         .n = keys_count,
                                         .a = part->q + i * part->q_step,
                                         .a_stride = part->q_step,
                                         .b = panels_packed(kernels, keys, head),
                                         .c = p,
                                         .c_stride = part->stride});
        kernels->softmax_rows(&softmax);
        kernels->matmul(&(struct matmul){.m = count,
                                         .k = keys_count,
                                         .n = head,
                                         .a = p,
                                         .a_stride = part->stride,
                                         .b = panels_packed(kernels, values, keys_count),
                                         .c = part->call->result + part->y + i * part->s.d,
                                         .c_stride = part->s.d});
    }
}

static void temporal_attention_forward(struct op_call *call)
{
    for (size_t b = 0; b < call->batch->rows; b++) {
        const struct part row = row_of(call, b);
        if (!row.keys) {
            for (size_t c = 0; row.s.one && c < row.s.d; c++)
                call->result[b * row.s.d + c] = 0;
            continue;
        }
        make_factors(&row);
        for (size_t h = 0; h < row.s.heads; h++) {
            const struct part part = head_of(row, h);
            (row.s.one ? forward_one : forward_all)(&part);
        }
    }
}

static void backward_one(const struct part *part)
{
    const struct kernels *kernels = part->call->kernels;
    const real *dy = part->call->out.d + part->y;
    real *ds = part->call->work + part->at.logits;
    const struct softmax_rows softmax = softmax_of(part, ds, 0, 1);
    const size_t head = part->s.head;

    for (size_t j = 0; j < part->keys; j++)
        ds[j] = kernels->dot(dy, part->v + j * part->step, head);
    kernels->softmax_rows_backward(&softmax, part->p);
    for (size_t j = 0; j < part->keys; j++) {
        if (part->dv)
            kernels->add_scaled(part->dv + j * part->step, part->p[j], dy, head);
        if (part->dk)
            kernels->add_scaled(part->dk + j * part->step, ds[j], part->q, head);
        if (part->dq)
            kernels->add_scaled(part->dq, ds[j], part->k + j * part->step, head);
    }
}

/* C[keys, head] += left[count, keys]^T right[count, head]. */
static void add_transposed(const struct part *part, real *c, const real *left, size_t count,
                           const real *right, size_t right_step)
{
    part->call->kernels->matmul_transposed(&(struct matmul_transposed){.m = part->keys,
                                                                       .k = count,
                                                                       .n = part->s.head,
                                                                       .a = left,
                                                                       .a_stride = part->stride,
                                                                       .b = right,
                                                                       .b_stride = right_step,
                                                                       .c = c,
                                                                       .c_stride = part->step});
}

/* sum_j p dp = sum_j p dy v[j] = dy y of the queries first .. first+count-1 */
static const real *make_means(const struct part *part, size_t first, size_t count)
{
    const struct op_operand *out = &part->call->out;
    real *mean = part->call->work + part->at.mean;

    for (size_t i = 0; i < count; i++) {
        const size_t at = part->y + (first + i) * part->s.d;
        mean[i] = part->call->kernels->dot(out->d + at, out->x + at, part->s.head);
    }
    return mean;
}

static void backward_all(const struct part *part)
{
    const struct kernels *kernels = part->call->kernels;
    real *work = part->call->work, *ds = work + part->at.logits;
    real *keys = work + part->at.keys, *values = work + part->at.values;
    const size_t head = part->s.head, d = part->s.d;

    kernels->pack_strided(keys, part->k, part->step, part->keys, head);
    kernels->pack_strided_transposed(values, part->v, part->step, part->keys, head);
    for (size_t i = 0; i < part->queries; i += QUERIES) {
        const size_t count = part->queries - i < QUERIES ? part->queries - i : QUERIES;
        const real *dy = part->call->out.d + part->y + i * d, *p = part->p + i * part->stride;
        struct softmax_rows softmax = softmax_of(part, ds, i, count);
        kernels->matmul(&(struct matmul){.m = count,
                                         .k = head,
                                         .n = part->keys,
                                         .a = dy,
                                         .a_stride = d,
                                         .b = panels_packed(kernels, values, head),
                                         .c = ds,
                                         .c_stride = part->stride});
        softmax.mean = make_means(part, i, count);
        kernels->softmax_rows_backward(&softmax, p);
        if (part->dq)
            kernels->matmul(&(struct matmul){.m = count,
                                             .k = part->keys,
                                             .n = head,
                                             .a = ds,
                                             .a_stride = part->stride,
                                             .b = panels_packed(kernels, keys, part->keys),
                                             .c = part->dq + i * part->q_step,
                                             .c_stride = part->q_step,
                                             .add = true});
        if (part->dk) {
            add_transposed(part, part->dk, ds, count, part->q + i * part->q_step, part->q_step);
            add_transposed(part, part->dv, p, count, dy, d);
        }
    }
}

static void temporal_attention_backward(struct op_call *call)
{
    for (size_t b = 0; b < call->batch->rows; b++) {
        const struct part row = row_of(call, b);
        if (!row.keys)
            continue;
        make_factors(&row);
        for (size_t h = 0; h < row.s.heads; h++) {
            const struct part part = head_of(row, h);
            (row.s.one ? backward_one : backward_all)(&part);
        }
    }
}

const struct op op_temporal_attention = {
    .name = "temporal_attention",
    .inputs = 4,
    .optional = 1u << IN_Q | 1u << IN_TIME | 1u << IN_MASK,
    .no_gradient = 1u << IN_TIME | 1u << IN_MASK,
    .plan = temporal_attention_plan,
    .forward = temporal_attention_forward,
    .backward = temporal_attention_backward,
};
