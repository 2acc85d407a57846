/*
 * softmax — over the last dimension.
 *
 *   y[n,i] = exp(x[n,i] - max) / sum_j exp(x[n,j] - max)
 *
 *   in   x [N,...,D]
 *   out  y, the shape of x
 *   grad dx[n,i] = y[n,i] (dy[n,i] - sum_j dy[n,j] y[n,j])
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

static void softmax_plan(struct op_plan *plan)
{
    plan->out = plan->in[0];
}

static void softmax_forward(struct op_call *call)
{
    const size_t d = call->out.shape.d[call->out.shape.rank - 1];
    const size_t all = call->out.count * call->out.width;

    for (size_t n = 0; n < all; n += d) {
        const real *x = call->in[0].x + n;
        real *y = call->result + n, most = x[0];
        for (size_t i = 1; i < d; i++)
            most = x[i] > most ? x[i] : most;
        for (size_t i = 0; i < d; i++)
            y[i] = x[i] - most;
    }
    call->kernels->exp(call->result, call->result, all);
    for (size_t n = 0; n < all; n += d) {
        real *y = call->result + n, sum = 0;
        for (size_t i = 0; i < d; i++)
            sum += y[i];
        for (size_t i = 0; i < d; i++)
            y[i] /= sum;
    }
}

static void softmax_backward(struct op_call *call)
{
    const size_t d = call->out.shape.d[call->out.shape.rank - 1];
    const size_t all = call->out.count * call->out.width;

    for (size_t n = 0; n < all; n += d) {
        const real *y = call->out.x + n, *dy = call->out.d + n;
        real *dx = call->in[0].d + n, sum = 0;
        for (size_t i = 0; i < d; i++)
            sum += dy[i] * y[i];
        for (size_t i = 0; i < d; i++)
            dx[i] += y[i] * (dy[i] - sum);
    }
}

const struct op op_softmax = {
    .name = "softmax",
    .inputs = 1,
    .plan = softmax_plan,
    .forward = softmax_forward,
    .backward = softmax_backward,
};
