/*
 * softmax_cross_entropy — weighted mean of the loss of the right class.
 *
 *   f(p) = -log p       p f'(p) = -1       the rest as class_loss.h says
 */
#include "nn/op/class_loss.h"

static struct class_loss_value curve(const struct op_call *call, const struct class_loss_row *row)
{
    (void)call;
    return (struct class_loss_value){-row->log_p, -1};
}

static void softmax_cross_entropy_forward(struct op_call *call)
{
    class_loss_forward(call, curve);
}

static void softmax_cross_entropy_backward(struct op_call *call)
{
    class_loss_backward(call, curve);
}

const struct op op_softmax_cross_entropy = {
    .name = "softmax_cross_entropy",
    .inputs = 4,
    .no_gradient = 1u << 1 | 1u << 2 | 1u << 3,
    .index = 1u << 1,
    .plan = class_loss_plan,
    .forward = softmax_cross_entropy_forward,
    .backward = softmax_cross_entropy_backward,
};
