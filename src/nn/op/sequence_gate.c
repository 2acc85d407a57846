/*
 * sequence_gate — which of two sequences of a row take part, and with what weight.
 *
 *   y[b,0] = p[b,0]
 *   y[b,1] = p[b,1]   where p[b,1] > threshold and row b has more than one step in track k
 *          = 0        elsewhere: the second sequence need not be looked at
 *
 *   in   p [B,2]
 *   out  y [B,2]
 *   grad dp = dy where y is p, else 0
 *
 * A sequence of one step is the current order alone, which the first sequence holds too. The first
 * weight stays as it is.
 */
#include "nn/op.h"

#include "base/error.h"

static void sequence_gate_plan(struct op_plan *plan)
{
    BUG_ON(plan->in[0].lead != SHAPE_LEAD_ROWS || shape_width(&plan->in[0]) != 2);
    BUG_ON(plan->settings->sequence_gate.track >= plan->tracks);
    plan->out = plan->in[0];
}

static bool second_counts(const struct op_call *call, size_t b)
{
    const struct op_sequence_gate_settings *settings = &call->settings->sequence_gate;
    const size_t *begin = call->batch->track[settings->track].begin;

    return begin[b + 1] - begin[b] > 1 && call->in[0].x[2 * b + 1] > (real)settings->threshold;
}

static void sequence_gate_forward(struct op_call *call)
{
    for (size_t b = 0; b < call->batch->rows; b++) {
        call->result[2 * b] = call->in[0].x[2 * b];
        call->result[2 * b + 1] = second_counts(call, b) ? call->in[0].x[2 * b + 1] : 0;
    }
}

static void sequence_gate_backward(struct op_call *call)
{
    for (size_t b = 0; b < call->batch->rows; b++) {
        call->in[0].d[2 * b] += call->out.d[2 * b];
        if (second_counts(call, b))
            call->in[0].d[2 * b + 1] += call->out.d[2 * b + 1];
    }
}

const struct op op_sequence_gate = {
    .name = "sequence_gate",
    .inputs = 1,
    .plan = sequence_gate_plan,
    .forward = sequence_gate_forward,
    .backward = sequence_gate_backward,
};
