/*
 * layer_norm — the last dimension brought to mean 0 and variance 1 (Ba, Kiros and Hinton, 2016),
 * of a sum where there is a residual.
 *
 *   s = x + r     y = (s - mean(s)) / sqrt(var(s) + 1e-5) gain + bias
 *
 *   in   x [N,...,D]   gain [D]   bias [D]   r, the shape of x, may be absent
 *   out  y, the shape of x
 *   grad ds = (u - mean(u) - h mean(u h)) / sqrt(var + 1e-5)    h the normalised s, u = dy gain
 *        dx = dr = ds     dgain = sum_n dy h     dbias = sum_n dy
 *   keep mean and 1 / sqrt(var + 1e-5) of each s
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

static void layer_norm_plan(struct op_plan *plan)
{
    const struct shape *x = &plan->in[0];
    const size_t last = x->d[x->rank - 1];

    BUG_ON(shape_width(&plan->in[1]) != last || shape_width(&plan->in[2]) != last);
    BUG_ON(plan->present[3] && !shape_equal(x, &plan->in[3]));
    plan->out = *x;
    plan->keep = op_plan_lead_max(plan, x) * shape_width(x) / last * 2;
}

static struct layer_norm kernel_call(const struct op_call *call)
{
    const struct op_operand *x = &call->in[0];
    const size_t last = x->shape.d[x->shape.rank - 1];

    return (struct layer_norm){
        .rows = x->count * x->width / last,
        .n = last,
        .x = x->x,
        .residual = call->in[3].x,
        .gain = call->in[1].x,
        .bias = call->in[2].x,
        .epsilon = (real)1e-5,
        .y = call->result,
        .kept = call->keep,
    };
}

static void layer_norm_forward(struct op_call *call)
{
    const struct layer_norm forward = kernel_call(call);

    call->kernels->layer_norm(&forward);
}

static void layer_norm_backward(struct op_call *call)
{
    const struct layer_norm forward = kernel_call(call);

    call->kernels->layer_norm_back(&forward, &(struct layer_norm_back){
                                                 .dy = call->out.d,
                                                 .dx = call->in[0].d,
                                                 .dresidual = call->in[3].d,
                                                 .dgain = call->in[1].d,
                                                 .dbias = call->in[2].d,
                                             });
}

const struct op op_layer_norm = {
    .name = "layer_norm",
    .inputs = 4,
    .optional = 1u << 3,
    .plan = layer_norm_plan,
    .forward = layer_norm_forward,
    .backward = layer_norm_backward,
};
