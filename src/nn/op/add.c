/*
 * add — the sum of two values of one shape.
 *
 *   y = a + b
 *
 *   in   a [N,...]   b, the shape of a
 *   out  y, the shape of a
 *   grad da = dy     db = dy
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

static void add_plan(struct op_plan *plan)
{
    BUG_ON(!shape_equal(&plan->in[0], &plan->in[1]));
    plan->out = plan->in[0];
}

static void add_forward(struct op_call *call)
{
    const size_t n = call->out.count * call->out.width;

    call->kernels->sum_of(call->result, call->in[0].x, call->in[1].x, n);
}

static void add_backward(struct op_call *call)
{
    const size_t n = call->out.count * call->out.width;

    for (size_t i = 0; i < 2; i++)
        if (call->in[i].d)
            call->kernels->add(call->in[i].d, call->out.d, n);
}

const struct op op_add = {
    .name = "add",
    .inputs = 2,
    .plan = add_plan,
    .forward = add_forward,
    .backward = add_backward,
};
