/*
 * dropout — each number is 0 with probability p, else scaled so that the mean stays (Srivastava and
 * others, JMLR 2014); identity outside training.
 *
 *   y = m x     m = 0 with probability p, else 1 / (1 - p)
 *
 *   in   x [N,...]
 *   out  y, the shape of x
 *   grad dx = m dy
 *   keep m
 */
#include "nn/op.h"
#include "nn/kernels.h"
#include "nn/op/dropout_random.h"

#include "base/error.h"

#include <string.h>

static void dropout_plan(struct op_plan *plan)
{
    const struct shape *x = &plan->in[0];

    BUG_ON(x->lead == SHAPE_LEAD_FIXED);
    BUG_ON(!(plan->settings->dropout.rate >= 0 && plan->settings->dropout.rate < 1));
    plan->out = *x;
    plan->keep = op_plan_lead_max(plan, x) * shape_width(x);
}

/* The steps of a row in a track, one after the other. */
static void draw_track(const struct op_call *call, const struct dropout_source *source)
{
    const struct op_operand *x = &call->in[0];
    const struct op_batch *batch = call->batch;
    const struct op_track *track = &batch->track[x->shape.track];

    for (size_t b = 0; b < batch->rows; b++)
        dropout_random(source, call->kernels, (batch->first_row + b) * track->steps_max,
                       track->begin[b + 1] - track->begin[b],
                       call->keep + track->begin[b] * x->width, x->width);
}

static void dropout_forward(struct op_call *call)
{
    const struct op_operand *x = &call->in[0];
    const struct op_batch *batch = call->batch;
    const struct dropout_source source = {batch->seed, call->settings->dropout.stream,
                                          call->settings->dropout.rate};

    if (!batch->training) {
        memcpy(call->result, x->x, x->count * x->width * sizeof(real));
        return;
    }
    if (x->shape.lead == SHAPE_LEAD_ROWS)
        dropout_random(&source, call->kernels, batch->first_row, batch->rows, call->keep, x->width);
    else if (batch->tracks)
        draw_track(call, &source);
    else
        for (size_t t = 0; t < batch->steps; t++)
            for (size_t b = 0; b < batch->active[t]; b++)
                dropout_random(&source, call->kernels,
                               (batch->first_row + b) * batch->steps_max + t, 1,
                               call->keep + (batch->start[t] + b) * x->width, x->width);
    call->kernels->multiply(call->result, x->x, call->keep, x->count * x->width);
}

static void dropout_backward(struct op_call *call)
{
    const size_t n = call->out.count * call->out.width;

    if (call->batch->training)
        call->kernels->add_product(call->in[0].d, call->out.d, call->keep, n);
    else
        call->kernels->add(call->in[0].d, call->out.d, n);
}

const struct op op_dropout = {
    .name = "dropout",
    .inputs = 1,
    .plan = dropout_plan,
    .forward = dropout_forward,
    .backward = dropout_backward,
};
