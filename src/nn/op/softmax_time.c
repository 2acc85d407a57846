/*
 * softmax_time — softmax over the steps that each row has.
 *
 *   y[t,b,c] = exp(x[t,b,c] - m[b,c]) / sum_t exp(x[t,b,c] - m[b,c])     m = max over t
 *
 *   in   x [T,B,C]
 *   out  y [T,B,C], summing to 1 over the steps of a row
 *   grad dx = y (dy - sum_t dy y)
 *   work [B,C]: the maximum, then the sum; backward: sum_t dy y
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

#include <string.h>

static void softmax_time_plan(struct op_plan *plan)
{
    BUG_ON(plan->in[0].lead != SHAPE_LEAD_STEPS);
    plan->out = plan->in[0];
    plan->work = plan->rows_max * shape_width(&plan->in[0]);
}

static void softmax_time_forward(struct op_call *call)
{
    const struct op_batch *batch = call->batch;
    const size_t width = call->out.width;
    const real *x = call->in[0].x;
    real *y = call->result, *row = call->work;

    /* Step 0 exists in every row. */
    memcpy(row, x, batch->rows * width * sizeof *row);
    for (size_t t = 1; t < batch->steps; t++)
        for (size_t i = 0, at = batch->start[t] * width; i < batch->active[t] * width; i++)
            row[i] = x[at + i] > row[i] ? x[at + i] : row[i];
    for (size_t t = 0; t < batch->steps; t++)
        for (size_t i = 0, at = batch->start[t] * width; i < batch->active[t] * width; i++)
            y[at + i] = x[at + i] - row[i];
    call->kernels->exp(y, y, batch->tokens * width);
    memset(row, 0, batch->rows * width * sizeof *row);
    for (size_t t = 0; t < batch->steps; t++)
        call->kernels->add(row, y + batch->start[t] * width, batch->active[t] * width);
    for (size_t t = 0; t < batch->steps; t++)
        for (size_t i = 0, at = batch->start[t] * width; i < batch->active[t] * width; i++)
            y[at + i] /= row[i];
}

static void softmax_time_backward(struct op_call *call)
{
    const struct op_batch *batch = call->batch;
    const size_t width = call->out.width;
    const real *y = call->out.x, *dy = call->out.d;
    real *row = call->work;

    memset(row, 0, batch->rows * width * sizeof *row);
    for (size_t t = 0; t < batch->steps; t++) {
        const size_t at = batch->start[t] * width;
        call->kernels->add_product(row, dy + at, y + at, batch->active[t] * width);
    }
    for (size_t t = 0; t < batch->steps; t++)
        for (size_t i = 0, at = batch->start[t] * width; i < batch->active[t] * width; i++)
            call->in[0].d[at + i] += y[at + i] * (dy[at + i] - row[i]);
}

const struct op op_softmax_time = {
    .name = "softmax_time",
    .inputs = 1,
    .plan = softmax_time_plan,
    .forward = softmax_time_forward,
    .backward = softmax_time_backward,
};
