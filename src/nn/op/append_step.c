/*
 * append_step — one more step, the same learned one, at the end of every sequence.
 *
 *   y[b,t,:] = x[b,t,:] for the steps of x, and then y[b,length,:] = last
 *
 *   in   x [track k, D]   last [D]
 *   out  y [track k + 1, D]
 *   grad dx[b,t,:] = dy[b,t,:]     dlast = sum_b dy[b,length,:]
 *
 * A row without steps in track k + 1 gets none. Otherwise it has one more there than in track k.
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

#include <string.h>

static void append_step_plan(struct op_plan *plan)
{
    const struct shape *x = &plan->in[0];

    BUG_ON(x->lead != SHAPE_LEAD_STEPS || !plan->tracks || x->track + 1 >= plan->tracks);
    BUG_ON(plan->track_steps_max[x->track + 1] < plan->track_steps_max[x->track] + 1);
    BUG_ON(shape_width(&plan->in[1]) != shape_width(x));
    plan->out = *x;
    plan->out.track++;
}

/* Of row b: the first steps in both tracks and how many there are in track k. */
struct place {
    size_t from, to, steps;
};

static bool place_of(const struct op_call *call, size_t b, struct place *place)
{
    const size_t *from = call->batch->track[call->in[0].shape.track].begin;
    const size_t *to = call->batch->track[call->out.shape.track].begin;

    if (to[b + 1] == to[b])
        return false;
    *place = (struct place){from[b], to[b], to[b + 1] - to[b] - 1};
    BUG_ON(from[b + 1] - from[b] != place->steps);
    return true;
}

static void append_step_forward(struct op_call *call)
{
    const size_t width = call->out.width;
    struct place at;

    for (size_t b = 0; b < call->batch->rows; b++) {
        if (!place_of(call, b, &at))
            continue;
        memcpy(call->result + at.to * width, call->in[0].x + at.from * width,
               at.steps * width * sizeof(real));
        memcpy(call->result + (at.to + at.steps) * width, call->in[1].x, width * sizeof(real));
    }
}

static void append_step_backward(struct op_call *call)
{
    const struct op_operand *x = &call->in[0], *last = &call->in[1];
    const size_t width = call->out.width;
    struct place at;

    for (size_t b = 0; b < call->batch->rows; b++) {
        if (!place_of(call, b, &at))
            continue;
        if (x->d)
            call->kernels->add(x->d + at.from * width, call->out.d + at.to * width,
                               at.steps * width);
        if (last->d)
            call->kernels->add(last->d, call->out.d + (at.to + at.steps) * width, width);
    }
}

const struct op op_append_step = {
    .name = "append_step",
    .inputs = 2,
    .plan = append_step_plan,
    .forward = append_step_forward,
    .backward = append_step_backward,
};
