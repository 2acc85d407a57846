/*
 * mix — two values of each row, weighted by two numbers of the row.
 *
 *   y[b,:] = w[b,0] p[b,:] + w[b,1] q[b,:]
 *
 *   in   w [B,2]   p [B,D]   q [B,D]
 *   out  y [B,D]
 *   grad dw[b,0] = dy[b,:] . p[b,:]   dw[b,1] = dy[b,:] . q[b,:]   dp = w[b,0] dy   dq = w[b,1] dy
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

#include <string.h>

static void mix_plan(struct op_plan *plan)
{
    BUG_ON(plan->in[0].lead != SHAPE_LEAD_ROWS || shape_width(&plan->in[0]) != 2);
    BUG_ON(plan->in[1].lead != SHAPE_LEAD_ROWS || !shape_equal(&plan->in[1], &plan->in[2]));
    plan->out = plan->in[1];
}

static void mix_forward(struct op_call *call)
{
    const size_t width = call->out.width;

    memset(call->result, 0, call->out.count * width * sizeof(real));
    for (size_t i = 0; i < 2 * call->batch->rows; i++)
        call->kernels->add_scaled(call->result + i / 2 * width, call->in[0].x[i],
                                  call->in[1 + i % 2].x + i / 2 * width, width);
}

static void mix_backward(struct op_call *call)
{
    const size_t width = call->out.width;

    for (size_t i = 0; i < 2 * call->batch->rows; i++) {
        const struct op_operand *part = &call->in[1 + i % 2];
        const real *dy = call->out.d + i / 2 * width;
        if (call->in[0].d)
            call->in[0].d[i] += call->kernels->dot(dy, part->x + i / 2 * width, width);
        if (part->d)
            call->kernels->add_scaled(part->d + i / 2 * width, call->in[0].x[i], dy, width);
    }
}

const struct op op_mix = {
    .name = "mix",
    .inputs = 3,
    .plan = mix_plan,
    .forward = mix_forward,
    .backward = mix_backward,
};
