/*
 * mask_steps — every step of a row times the mask of the row.
 *
 *   y[t,b,c] = x[t,b,c] * mask[b,c]
 *
 *   in   x [T,B,C]   mask [B,C], no gradient
 *   out  y [T,B,C]
 *   grad dx = dy * mask
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

static void mask_steps_plan(struct op_plan *plan)
{
    BUG_ON(plan->in[0].lead != SHAPE_LEAD_STEPS || plan->in[1].lead != SHAPE_LEAD_ROWS);
    BUG_ON(shape_width(&plan->in[0]) != shape_width(&plan->in[1]));
    plan->out = plan->in[0];
}

static void mask_steps_forward(struct op_call *call)
{
    const struct op_batch *batch = call->batch;
    const size_t width = call->out.width;

    for (size_t t = 0; t < batch->steps; t++) {
        const size_t at = batch->start[t] * width;
        call->kernels->multiply(call->result + at, call->in[0].x + at, call->in[1].x,
                                batch->active[t] * width);
    }
}

static void mask_steps_backward(struct op_call *call)
{
    const struct op_batch *batch = call->batch;
    const size_t width = call->out.width;

    for (size_t t = 0; t < batch->steps; t++) {
        const size_t at = batch->start[t] * width;
        call->kernels->add_product(call->in[0].d + at, call->out.d + at, call->in[1].x,
                                   batch->active[t] * width);
    }
}

const struct op op_mask_steps = {
    .name = "mask_steps",
    .inputs = 2,
    .no_gradient = 1u << 1,
    .plan = mask_steps_plan,
    .forward = mask_steps_forward,
    .backward = mask_steps_backward,
};
