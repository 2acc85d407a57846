/*
 * lstm — long short-term memory over all steps of each row (Hochreiter and Schmidhuber 1997, with
 * forget gate), in the arrangement of Keras.
 *
 *   p[t]                = h[t-1] * mask                    recurrent dropout; h[-1] = c[-1] = 0
 *   [zi zf zg zo][t]    = bias + x[t] w + p[t] r
 *   i = sigmoid(zi)  f = sigmoid(zf)  g = tanh(zg)  o = sigmoid(zo)
 *   c[t] = f c[t-1] + i g
 *   h[t] = o tanh(c[t])
 *
 *   in   x [T,B,E]   w [E,4U]   r [U,4U]   bias [4U]   mask [B,U], no gradient, may be absent
 *   out  h [T,B,U]
 *   keep i f g o [T,B,4U]   c [T,B,U]   tanh c [T,B,U]   p [T,B,U]
 *   grad from the last step back, with dh[t] = dout[t] + mask * (dz[t+1] r^T),
 *        dc[t] = dh[t] o (1 - tanh^2 c) + dc[t+1] f[t+1]:
 *        dzi = dc g i (1 - i)   dzf = dc c[t-1] f (1 - f)   dzg = dc i (1 - g^2)
 *        dzo = dh tanh(c) o (1 - o)
 *        dx = dz w^T   dw = x^T dz   dr = p^T dz   dbias = sum dz
 *   work dz [T,B,4U]   dh [T,B,U]   dc [B,U]   dp [B,U]
 *
 * The products with x, and all that only need dz, run over all steps at once. Rows are sorted by
 * length, so step t works on rows 0 .. active[t]-1 and those that ended cost nothing.
 *
 * By hand, one row, U = 1, two steps x = 1, 2; w = [.5 .25 1 -.5], r = [.1 .2 .3 .4], bias 0:
 *   t 0: i .622459 g .761594 o .377541   c .474061   h = .377541 * .441475 = .166675
 *   t 1: z = [1.016667 .533335 2.050002 -.933330]   i .734323 f .630261 g .967395 o .282250
 *        c = .630261 * .474061 + .734323 * .967395 = 1.009163   h = .282250 * .765415 = .216038
 * (tests/nn/test_lstm.c checks these numbers.)
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

#include <string.h>

enum { X, KERNEL, RECURRENT, BIAS, MASK };

/* The parts of keep and work; [tokens max] each. */
struct lstm_keep {
    real *gate, *cell, *cell_tanh, *before;
};

static size_t lstm_units(const struct op_call *call)
{
    return call->in[RECURRENT].shape.d[0];
}

static size_t lstm_tokens_max(const struct op_batch *batch)
{
    return batch->rows_max * batch->steps_max;
}

static struct lstm_keep lstm_keep(const struct op_call *call)
{
    const size_t part = lstm_tokens_max(call->batch) * lstm_units(call);

    return (struct lstm_keep){call->keep, call->keep + 4 * part, call->keep + 5 * part,
                              call->keep + 6 * part};
}

static void lstm_plan(struct op_plan *plan)
{
    const struct shape *x = &plan->in[X], *w = &plan->in[KERNEL], *r = &plan->in[RECURRENT];
    const size_t units = r->d[0], tokens = plan->rows_max * plan->steps_max;

    BUG_ON(x->lead != SHAPE_LEAD_STEPS || x->rank != 1);
    BUG_ON(w->rank != 2 || w->d[0] != x->d[0] || w->d[1] != 4 * units);
    BUG_ON(r->rank != 2 || r->d[1] != 4 * units || shape_width(&plan->in[BIAS]) != 4 * units);
    BUG_ON(plan->present[MASK] &&
           (plan->in[MASK].lead != SHAPE_LEAD_ROWS || shape_width(&plan->in[MASK]) != units));
    plan->out = SHAPE_STEPS(units);
    plan->keep = 7 * tokens * units;
    plan->work = 5 * tokens * units + 2 * plan->rows_max * units;
}

static void lstm_forward(struct op_call *call)
{
    const struct op_operand *x = &call->in[X], *mask = &call->in[MASK];
    const struct op_batch *batch = call->batch;
    const size_t units = lstm_units(call);
    const struct lstm_keep keep = lstm_keep(call);

    call->kernels->matmul(&(struct matmul){
        .m = batch->tokens,
        .k = x->width,
        .n = 4 * units,
        .a = x->x,
        .a_stride = x->width,
        .b = call->in[KERNEL].panels,
        .bias = call->in[BIAS].x,
        .c = keep.gate,
        .c_stride = 4 * units,
    });
    for (size_t t = 0; t < batch->steps; t++) {
        const size_t at = batch->start[t] * units, rows = batch->active[t];
        const size_t previous = t ? batch->start[t - 1] * units : 0;
        if (t) {
            if (mask->x)
                call->kernels->multiply(keep.before + at, call->result + previous, mask->x,
                                        rows * units);
            else
                memcpy(keep.before + at, call->result + previous, rows * units * sizeof(real));
            call->kernels->matmul(&(struct matmul){
                .m = rows,
                .k = units,
                .n = 4 * units,
                .a = keep.before + at,
                .a_stride = units,
                .b = call->in[RECURRENT].panels,
                .c = keep.gate + 4 * at,
                .c_stride = 4 * units,
                .add = true,
            });
        }
        call->kernels->lstm_forward(&(struct lstm_cell){
            .rows = rows,
            .units = units,
            .gate = keep.gate + 4 * at,
            .cell_before = t ? keep.cell + previous : NULL,
            .cell = keep.cell + at,
            .cell_tanh = keep.cell_tanh + at,
            .out = call->result + at,
        });
    }
}

/* dh[t-1] += mask * (dz[t] r^T) */
static void lstm_backward_step(struct op_call *call, size_t t, const real *dz, real *dh, real *dp)
{
    const struct op_operand *mask = &call->in[MASK];
    const size_t units = lstm_units(call), rows = call->batch->active[t];
    real *dh_before = dh + call->batch->start[t - 1] * units;

    call->kernels->matmul(&(struct matmul){
        .m = rows,
        .k = 4 * units,
        .n = units,
        .a = dz + call->batch->start[t] * 4 * units,
        .a_stride = 4 * units,
        .b = call->in[RECURRENT].panels_transposed,
        .c = mask->x ? dp : dh_before,
        .c_stride = units,
        .add = !mask->x,
    });
    if (mask->x)
        call->kernels->add_product(dh_before, dp, mask->x, rows * units);
}

/* The gradients that need dz of all steps. */
static void lstm_backward_weights(struct op_call *call, const real *dz)
{
    const struct op_operand *x = &call->in[X], *bias = &call->in[BIAS];
    const struct op_batch *batch = call->batch;
    const size_t units = lstm_units(call), first = batch->active[0];
    struct matmul_transposed product = {
        .n = 4 * units, .b_stride = 4 * units, .c_stride = 4 * units};

    if (x->d)
        call->kernels->matmul(&(struct matmul){
            .m = batch->tokens,
            .k = 4 * units,
            .n = x->width,
            .a = dz,
            .a_stride = 4 * units,
            .b = call->in[KERNEL].panels_transposed,
            .c = x->d,
            .c_stride = x->width,
            .add = true,
        });
    if (call->in[KERNEL].d) {
        product.m = x->width;
        product.k = batch->tokens;
        product.a = x->x;
        product.a_stride = x->width;
        product.b = dz;
        product.c = call->in[KERNEL].d;
        call->kernels->matmul_transposed(&product);
    }
    if (call->in[RECURRENT].d && batch->tokens > first) {
        product.m = units;
        product.k = batch->tokens - first;
        product.a = lstm_keep(call).before + first * units;
        product.a_stride = units;
        product.b = dz + first * 4 * units;
        product.c = call->in[RECURRENT].d;
        call->kernels->matmul_transposed(&product);
    }
    for (size_t n = 0; bias->d && n < batch->tokens; n++)
        call->kernels->add(bias->d, dz + n * 4 * units, 4 * units);
}

static void lstm_backward(struct op_call *call)
{
    const struct op_batch *batch = call->batch;
    const size_t units = lstm_units(call), tokens = lstm_tokens_max(batch);
    const struct lstm_keep keep = lstm_keep(call);
    real *dz = call->work, *dh = dz + 4 * tokens * units, *dc = dh + tokens * units;
    real *dp = dc + batch->rows_max * units;

    memcpy(dh, call->out.d, batch->tokens * units * sizeof *dh);
    memset(dc, 0, batch->rows * units * sizeof *dc);
    for (size_t t = batch->steps; t-- > 0;) {
        const size_t at = batch->start[t] * units;
        call->kernels->lstm_backward(&(struct lstm_cell_back){
            .rows = batch->active[t],
            .units = units,
            .gate = keep.gate + 4 * at,
            .cell_before = t ? keep.cell + batch->start[t - 1] * units : NULL,
            .cell_tanh = keep.cell_tanh + at,
            .d_out = dh + at,
            .d_cell = dc,
            .d_gate = dz + 4 * at,
        });
        if (t)
            lstm_backward_step(call, t, dz, dh, dp);
    }
    lstm_backward_weights(call, dz);
}

const struct op op_lstm = {
    .name = "lstm",
    .inputs = 5,
    .optional = 1u << MASK,
    .no_gradient = 1u << MASK,
    .matrix = 1u << KERNEL | 1u << RECURRENT,
    .plan = lstm_plan,
    .forward = lstm_forward,
    .backward = lstm_backward,
};
