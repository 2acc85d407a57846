/*
 * binary_cross_entropy — weighted mean of the loss of a logit against a 0/1 label.
 *
 *   loss = 1/S sum_b w[b] (max(z,0) - z y + log(1 + exp(-|z|)))     z = z[b], y = y[b]
 *
 *   in   z [B]   y [B], no gradient   w [B], no gradient   S [1], no gradient
 *   out  loss [1]
 *   grad dz[b] = dloss w[b] (sigmoid(z[b]) - y[b]) / S
 *   work [2 B]
 *
 * S is the sum of the weights of the whole batch, not of this slice, so that the losses and the
 * gradients of the slices of a batch add up to those of the batch.
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

static void binary_cross_entropy_plan(struct op_plan *plan)
{
    for (size_t i = 0; i < 3; i++)
        BUG_ON(plan->in[i].lead != SHAPE_LEAD_ROWS || shape_width(&plan->in[i]) != 1);
    BUG_ON(plan->in[3].lead != SHAPE_LEAD_FIXED || shape_width(&plan->in[3]) != 1);
    plan->out = SHAPE_FIXED(1);
    plan->work = 2 * plan->rows_max;
}

static void binary_cross_entropy_forward(struct op_call *call)
{
    const real *z = call->in[0].x, *y = call->in[1].x, *w = call->in[2].x;
    const size_t rows = call->batch->rows;
    real *e = call->work, *log_one_plus = call->work + rows;
    double sum = 0;

    for (size_t b = 0; b < rows; b++)
        e[b] = z[b] < 0 ? z[b] : -z[b];
    call->kernels->exp(e, e, rows);
    for (size_t b = 0; b < rows; b++)
        log_one_plus[b] = 1 + e[b];
    call->kernels->log(log_one_plus, log_one_plus, rows);
    for (size_t b = 0; b < rows; b++) {
        /* log(1 + e) with the rounding of 1 + e undone (Kahan), so that small losses keep digits.
         */
        const real rounded = (1 + e[b]) - 1;
        const real tail = rounded > 0 ? log_one_plus[b] * (e[b] / rounded) : e[b];
        sum += w[b] * ((z[b] > 0 ? z[b] : 0) - z[b] * y[b] + tail);
    }
    call->result[0] = (real)(sum / call->in[3].x[0]);
}

static void binary_cross_entropy_backward(struct op_call *call)
{
    const real *y = call->in[1].x, *w = call->in[2].x;
    const size_t rows = call->batch->rows;
    const real scale = call->out.d[0] / call->in[3].x[0];
    real *p = call->work;

    call->kernels->sigmoid(p, call->in[0].x, rows);
    for (size_t b = 0; b < rows; b++)
        call->in[0].d[b] += scale * w[b] * (p[b] - y[b]);
}

const struct op op_binary_cross_entropy = {
    .name = "binary_cross_entropy",
    .inputs = 4,
    .no_gradient = 1u << 1 | 1u << 2 | 1u << 3,
    .plan = binary_cross_entropy_plan,
    .forward = binary_cross_entropy_forward,
    .backward = binary_cross_entropy_backward,
};
