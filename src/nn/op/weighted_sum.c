/*
 * weighted_sum — the steps of each row added up, weighted.
 *
 *   y[b,c] = sum_t a[t,b] x[t,b,c]
 *
 *   in   a [T,B]   x [T,B,C]
 *   out  y [B,C]
 *   grad da[t,b] = sum_c dy[b,c] x[t,b,c]     dx[t,b,c] = a[t,b] dy[b,c]
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

#include <string.h>

static void weighted_sum_plan(struct op_plan *plan)
{
    BUG_ON(plan->in[0].lead != SHAPE_LEAD_STEPS || shape_width(&plan->in[0]) != 1);
    BUG_ON(plan->in[1].lead != SHAPE_LEAD_STEPS);
    plan->out = plan->in[1];
    plan->out.lead = SHAPE_LEAD_ROWS;
}

static void weighted_sum_forward(struct op_call *call)
{
    const struct op_batch *batch = call->batch;
    const size_t width = call->out.width;

    memset(call->result, 0, batch->rows * width * sizeof(real));
    for (size_t t = 0; t < batch->steps; t++)
        for (size_t b = 0; b < batch->active[t]; b++) {
            const size_t n = batch->start[t] + b;
            call->kernels->add_scaled(call->result + b * width, call->in[0].x[n],
                                      call->in[1].x + n * width, width);
        }
}

static void weighted_sum_backward(struct op_call *call)
{
    const struct op_operand *a = &call->in[0], *x = &call->in[1];
    const struct op_batch *batch = call->batch;
    const size_t width = call->out.width;

    for (size_t t = 0; t < batch->steps; t++)
        for (size_t b = 0; b < batch->active[t]; b++) {
            const size_t n = batch->start[t] + b;
            const real *dy = call->out.d + b * width;
            if (a->d)
                a->d[n] += call->kernels->dot(dy, x->x + n * width, width);
            if (x->d)
                call->kernels->add_scaled(x->d + n * width, a->x[n], dy, width);
        }
}

const struct op op_weighted_sum = {
    .name = "weighted_sum",
    .inputs = 2,
    .plan = weighted_sum_plan,
    .forward = weighted_sum_forward,
    .backward = weighted_sum_backward,
};
