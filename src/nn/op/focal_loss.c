/*
 * focal_loss — cross-entropy that turns away from rows that are right already (Lin and others,
 * ICCV 2017).
 *
 *   f(p)     = -a q^gamma log p                            q = 1 - p
 *   p f'(p)  = a (gamma q^(gamma-1) p log p - q^gamma)     the rest as class_loss.h says
 *
 * a is alpha for class 1 and 1 - alpha for the others; with a negative alpha it is 1 for all.
 */
#include "nn/op/class_loss.h"

static struct class_loss_value curve(const struct op_call *call, const struct class_loss_row *row)
{
    const struct op_class_loss_settings *settings = &call->settings->class_loss;
    const real gamma = (real)settings->gamma;
    const double alpha = row->label == 1 ? settings->alpha : 1 - settings->alpha;
    const real a = settings->alpha < 0 ? 1 : (real)alpha;
    const real power = class_loss_power(call, row->q, settings->gamma);
    const real bend = row->q > 0 ? gamma * (power / row->q) * row->p * row->log_p : 0;

    return (struct class_loss_value){-a * power * row->log_p, a * (bend - power)};
}

static void focal_loss_forward(struct op_call *call)
{
    class_loss_forward(call, curve);
}

static void focal_loss_backward(struct op_call *call)
{
    class_loss_backward(call, curve);
}

const struct op op_focal_loss = {
    .name = "focal_loss",
    .inputs = 4,
    .no_gradient = 1u << 1 | 1u << 2 | 1u << 3,
    .index = 1u << 1,
    .plan = class_loss_plan,
    .forward = focal_loss_forward,
    .backward = focal_loss_backward,
};
