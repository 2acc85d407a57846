/*
 * dropout — each number is 0 with probability p, else scaled so that the mean stays (Srivastava and
 * others, JMLR 2014); identity outside training.
 *
 *   y = m x     m = 0 with probability p, else 1 / (1 - p)
 *
 *   in   x [N,...]
 *   out  y, the shape of x
 *   grad dx = m dy
 *   keep a bit for each number of x, 0 where it is dropped
 *   work [BLOCK]
 */
#include "nn/op.h"
#include "nn/kernels.h"
#include "nn/op/dropout_random.h"

#include "base/error.h"

#include <string.h>

enum { BLOCK = 1024 }; /* numbers of dx that stay in the first cache */

static void dropout_plan(struct op_plan *plan)
{
    const struct shape *x = &plan->in[0];

    BUG_ON(x->lead == SHAPE_LEAD_FIXED);
    BUG_ON(!(plan->settings->dropout.rate >= 0 && plan->settings->dropout.rate < 1));
    plan->out = *x;
    plan->keep = dropout_bits_size(op_plan_lead_max(plan, x) * shape_width(x));
    plan->work = BLOCK;
}

static void dropout_forward(struct op_call *call)
{
    const struct op_operand *x = &call->in[0];
    const size_t n = x->count * x->width;
    const struct dropout_source source = {call->batch->seed, call->settings->dropout.stream,
                                          call->settings->dropout.rate};
    uint16_t *mask = (uint16_t *)call->keep;

    if (!call->batch->training) {
        memcpy(call->result, x->x, n * sizeof(real));
        return;
    }
    dropout_bits(call, x, x->width, &source, mask);
    call->kernels->drop(call->result, x->x, mask, dropout_kept(call->settings->dropout.rate), n);
}

static void dropout_backward(struct op_call *call)
{
    const size_t n = call->out.count * call->out.width;
    const uint16_t *mask = (const uint16_t *)call->keep;

    if (!call->batch->training) {
        call->kernels->add(call->in[0].d, call->out.d, n);
        return;
    }
    for (size_t begin = 0; begin < n; begin += BLOCK) {
        const size_t count = n - begin < BLOCK ? n - begin : BLOCK;
        call->kernels->drop(call->work, call->out.d + begin, mask + dropout_bits_size(begin),
                            dropout_kept(call->settings->dropout.rate), count);
        call->kernels->add(call->in[0].d + begin, call->work, count);
    }
}

const struct op op_dropout = {
    .name = "dropout",
    .inputs = 1,
    .plan = dropout_plan,
    .forward = dropout_forward,
    .backward = dropout_backward,
};
