/*
 * query_attention — attention of one query a row to steps that are never projected.
 *
 *   k[j] = x[j] wk + bk     v[j] = x[j] wv + bv     y = sum_j p[j] v[j]
 *   p    = softmax over j of q k[j] / sqrt(d / heads)       for each head, on its part of d
 *
 *   in   x [B,S,d]   q [B,d]   w [d,2d]: wk | wv   b [2d]: bk | bv
 *   out  y [B,d]
 *   grad with u = wk q, z = sum_j p[j] x[j], dz = wv dy:
 *        ds = p (dz x[j] - sum_j p dz x[j]) / sqrt(d / heads)   du = sum_j ds[j] x[j]
 *        dx[j] = p[j] dz + ds[j] u   dq = du wk   dwk = du q^T   dwv = z dy^T   dbv = dy   dbk = 0
 *   keep p, u and z of each head
 *   work ds, du, dz of one head
 *
 * One query meets all steps, so the weights are applied to it and to the sum, not to every step:
 * q k[j] is u x[j] plus q bk, the same for all keys, which no softmax sees, and y is z wv + bv.
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

enum { ROUND = 16 };
enum input { IN_X, IN_Q, IN_W, IN_B };

static size_t rounded(size_t n)
{
    return (n + ROUND - 1) / ROUND * ROUND;
}

/* Numbers that one head keeps. */
static size_t kept(size_t steps, size_t d)
{
    return rounded(steps) + 2 * rounded(d);
}

static void query_attention_plan(struct op_plan *plan)
{
    const struct shape *x = &plan->in[IN_X], *q = &plan->in[IN_Q];
    const size_t d = x->d[1], heads = plan->settings->attention.heads;

    BUG_ON(x->lead != SHAPE_LEAD_ROWS || x->rank != 2 || q->lead != SHAPE_LEAD_ROWS);
    BUG_ON(shape_width(q) != d || !heads || d % heads);
    BUG_ON(!shape_equal(&plan->in[IN_W], &SHAPE_FIXED(d, 2 * d)));
    BUG_ON(shape_width(&plan->in[IN_B]) != 2 * d);
    plan->out = *q;
    plan->keep = plan->rows_max * heads * kept(x->d[0], d);
    plan->work = kept(x->d[0], d);
}

/* One head of one row; gradients are NULL where not wanted. */
struct head {
    const struct kernels *kernels;
    size_t steps, d, size; /* size: of the head */
    const real *x, *q, *wk, *wv, *bv;
    real *dx, *dq, *dwk, *dwv, *dbv;
    real *p, *u, *z;
    size_t y; /* its first number in the output */
};

static real *moved(real *d, size_t by)
{
    return d ? d + by : NULL;
}

static struct head head_of(const struct op_call *call, size_t b, size_t h)
{
    const struct op_operand *x = &call->in[IN_X], *q = &call->in[IN_Q];
    const struct op_operand *w = &call->in[IN_W], *bias = &call->in[IN_B];
    const size_t heads = call->settings->attention.heads, d = x->shape.d[1], size = d / heads;
    const size_t at = h * size, y = b * d + at;
    real *keep = call->keep + (b * heads + h) * kept(x->shape.d[0], d);

    return (struct head){
        .kernels = call->kernels,
        .steps = x->shape.d[0],
        .d = d,
        .size = size,
        .x = x->x + b * x->width,
        .q = q->x + y,
        .wk = w->x + at,
        .wv = w->x + d + at,
        .bv = bias->x + d + at,
        .dx = moved(x->d, b * x->width),
        .dq = moved(q->d, y),
        .dwk = moved(w->d, at),
        .dwv = moved(w->d, d + at),
        .dbv = moved(bias->d, d + at),
        .p = keep,
        .u = keep + rounded(x->shape.d[0]),
        .z = keep + rounded(x->shape.d[0]) + rounded(d),
        .y = y,
    };
}

/* y[i] = row i of the head's part of a matrix times v. */
static void times(const struct head *h, real *y, const real *w, const real *v)
{
    for (size_t i = 0; i < h->d; i++)
        y[i] = h->kernels->dot(w + i * 2 * h->d, v, h->size);
}

/* y += v times the head's part of a matrix */
static void add_times(const struct head *h, real *y, const real *v, const real *w)
{
    for (size_t i = 0; i < h->d; i++)
        h->kernels->add_scaled(y, v[i], w + i * 2 * h->d, h->size);
}

/* The head's part of a gradient dw += a b^T */
static void add_outer(const struct head *h, real *dw, const real *a, const real *b)
{
    for (size_t i = 0; dw && i < h->d; i++)
        h->kernels->add_scaled(dw + i * 2 * h->d, a[i], b, h->size);
}

/* out[j] = v x[j] */
static void meet_steps(const struct head *h, real *out, const real *v)
{
    for (size_t j = 0; j < h->steps; j++)
        out[j] = h->kernels->dot(v, h->x + j * h->d, h->d);
}

/* sum = sum_j weight[j] x[j] */
static void sum_steps(const struct head *h, real *sum, const real *weight)
{
    memset(sum, 0, h->d * sizeof *sum);
    for (size_t j = 0; j < h->steps; j++)
        h->kernels->add_scaled(sum, weight[j], h->x + j * h->d, h->d);
}

static struct softmax_rows softmax_of(const struct head *h, real *x)
{
    return (struct softmax_rows){
        .rows = 1,
        .columns = h->steps,
        .stride = rounded(h->steps),
        .x = x,
        .scale = (real)(1 / sqrt((double)h->size)),
    };
}

static void query_attention_forward(struct op_call *call)
{
    for (size_t i = 0; i < call->batch->rows * call->settings->attention.heads; i++) {
        const size_t heads = call->settings->attention.heads;
        const struct head h = head_of(call, i / heads, i % heads);
        const struct softmax_rows softmax = softmax_of(&h, h.p);
        real *y = call->result + h.y;
        times(&h, h.u, h.wk, h.q);
        meet_steps(&h, h.p, h.u);
        h.kernels->softmax_rows(&softmax);
        sum_steps(&h, h.z, h.p);
        memcpy(y, h.bv, h.size * sizeof *y);
        add_times(&h, y, h.z, h.wv);
    }
}

static void head_back(const struct head *h, const real *dy, real *work)
{
    real *ds = work, *du = ds + rounded(h->steps), *dz = du + rounded(h->d);
    const struct softmax_rows softmax = softmax_of(h, ds);

    if (h->dbv)
        h->kernels->add(h->dbv, dy, h->size);
    add_outer(h, h->dwv, h->z, dy);
    times(h, dz, h->wv, dy);
    meet_steps(h, ds, dz);
    h->kernels->softmax_rows_backward(&softmax, h->p);
    sum_steps(h, du, ds);
    for (size_t j = 0; h->dx && j < h->steps; j++) {
        h->kernels->add_scaled(h->dx + j * h->d, h->p[j], dz, h->d);
        h->kernels->add_scaled(h->dx + j * h->d, ds[j], h->u, h->d);
    }
    add_outer(h, h->dwk, du, h->q);
    if (h->dq)
        add_times(h, h->dq, du, h->wk);
}

static void query_attention_backward(struct op_call *call)
{
    const size_t heads = call->settings->attention.heads;

    for (size_t i = 0; i < call->batch->rows * heads; i++) {
        const struct head h = head_of(call, i / heads, i % heads);
        head_back(&h, call->out.d + h.y, call->work);
    }
}

const struct op op_query_attention = {
    .name = "query_attention",
    .inputs = 4,
    .plan = query_attention_plan,
    .forward = query_attention_forward,
    .backward = query_attention_backward,
};
