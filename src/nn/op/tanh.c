/*
 * tanh — hyperbolic tangent, number by number.
 *
 *   y = tanh(x)
 *
 *   in   x, any shape
 *   out  y, the shape of x
 *   grad dx = dy (1 - y^2)
 */
#include "nn/op.h"
#include "nn/kernels.h"

static void tanh_plan(struct op_plan *plan)
{
    plan->out = plan->in[0];
}

static void tanh_forward(struct op_call *call)
{
    call->kernels->tanh(call->result, call->in[0].x, call->out.count * call->out.width);
}

static void tanh_backward(struct op_call *call)
{
    const size_t n = call->out.count * call->out.width;

    for (size_t i = 0; i < n; i++) {
        const real y = call->out.x[i];
        call->in[0].d[i] += call->out.d[i] * (1 - y * y);
    }
}

const struct op op_tanh = {
    .name = "tanh",
    .inputs = 1,
    .plan = tanh_plan,
    .forward = tanh_forward,
    .backward = tanh_backward,
};
