/*
 * dropout_mask — one random mask per row, to be used at every step of the row (Gal and Ghahramani,
 * NIPS 2016; the dropout and recurrent_dropout of a Keras LSTM).
 *
 *   y[b,c] = 0 with probability p, else 1 / (1 - p); 1 outside training
 *
 *   in   none
 *   out  y [B,C]
 *   grad none
 */
#include "nn/op.h"
#include "nn/op/dropout_random.h"

#include "base/error.h"

static void dropout_mask_plan(struct op_plan *plan)
{
    const struct op_dropout_settings *settings = &plan->settings->dropout;

    BUG_ON(!settings->width || !(settings->rate >= 0 && settings->rate < 1));
    plan->out = SHAPE_ROWS(settings->width);
}

static void dropout_mask_forward(struct op_call *call)
{
    const struct op_dropout_settings *settings = &call->settings->dropout;
    const struct op_batch *batch = call->batch;
    const struct dropout_source source = {batch->seed, settings->stream, settings->rate};

    if (batch->training)
        dropout_random(&source, call->kernels, batch->first_row, batch->rows, call->result,
                       settings->width);
    else
        for (size_t i = 0; i < batch->rows * settings->width; i++)
            call->result[i] = 1;
}

const struct op op_dropout_mask = {
    .name = "dropout_mask",
    .plan = dropout_mask_plan,
    .forward = dropout_mask_forward,
};
