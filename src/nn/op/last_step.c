/*
 * last_step — the last step of every sequence.
 *
 *   y[b,:] = x[b,length-1,:], or 0 for a row without steps
 *
 *   in   x [track k, D], or x [B,F,D], whose steps are its F
 *   out  y [B,D]
 *   grad dx[b,length-1,:] = dy[b,:]
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

#include <string.h>

static void last_step_plan(struct op_plan *plan)
{
    const struct shape *x = &plan->in[0];

    BUG_ON(x->lead == SHAPE_LEAD_FIXED || (x->lead == SHAPE_LEAD_STEPS && !plan->tracks));
    BUG_ON(x->lead == SHAPE_LEAD_ROWS && x->rank != 2);
    plan->out = SHAPE_ROWS(x->d[x->rank - 1]);
    BUG_ON(x->lead == SHAPE_LEAD_STEPS && x->rank != 1);
}

/* Where the last step of row b begins in x; false if it has none. */
static bool last_of(const struct op_call *call, size_t b, size_t *place)
{
    const struct op_operand *x = &call->in[0];
    const size_t width = call->out.width;

    if (x->shape.lead == SHAPE_LEAD_ROWS) {
        *place = (b + 1) * x->width - width;
        return true;
    }
    const size_t *begin = call->batch->track[x->shape.track].begin;
    *place = (begin[b + 1] - 1) * width;
    return begin[b + 1] > begin[b];
}

static void last_step_forward(struct op_call *call)
{
    const size_t width = call->out.width;
    size_t place;

    for (size_t b = 0; b < call->batch->rows; b++)
        if (last_of(call, b, &place))
            memcpy(call->result + b * width, call->in[0].x + place, width * sizeof(real));
        else
            memset(call->result + b * width, 0, width * sizeof(real));
}

static void last_step_backward(struct op_call *call)
{
    const size_t width = call->out.width;
    size_t place;

    for (size_t b = 0; b < call->batch->rows; b++)
        if (last_of(call, b, &place))
            call->kernels->add(call->in[0].d + place, call->out.d + b * width, width);
}

const struct op op_last_step = {
    .name = "last_step",
    .inputs = 1,
    .plan = last_step_plan,
    .forward = last_step_forward,
    .backward = last_step_backward,
};
