/*
 * sigmoid — logistic function, number by number.
 *
 *   y = 1 / (1 + exp(-x))
 *
 *   in   x, any shape
 *   out  y, the shape of x
 *   grad dx = dy y (1 - y)
 */
#include "nn/op.h"
#include "nn/kernels.h"

static void sigmoid_plan(struct op_plan *plan)
{
    plan->out = plan->in[0];
}

static void sigmoid_forward(struct op_call *call)
{
    call->kernels->sigmoid(call->result, call->in[0].x, call->out.count * call->out.width);
}

static void sigmoid_backward(struct op_call *call)
{
    const size_t n = call->out.count * call->out.width;

    for (size_t i = 0; i < n; i++) {
        const real y = call->out.x[i];
        call->in[0].d[i] += call->out.d[i] * (y * (1 - y));
    }
}

const struct op op_sigmoid = {
    .name = "sigmoid",
    .inputs = 1,
    .plan = sigmoid_plan,
    .forward = sigmoid_forward,
    .backward = sigmoid_backward,
};
