/*
 * cyclical_focal_loss — confident rows first and last, hard rows between (Smith, 2022,
 * arXiv:2202.08978, equations 2 to 4).
 *
 *   f(p)    = -(x (1 + p)^h + (1 - x) q^l) log p              q = 1 - p, h = gamma_hc, l = gamma_lc
 *   p f'(p) = -(x (1 + p)^h + (1 - x) q^l)
 *             - p log p (x h (1 + p)^(h-1) - (1 - x) l q^(l-1))
 *
 *   in   x [1], no gradient, after those of class_loss.h: the share of the epoch, from 0 to 1
 *
 * x is 1 in the first epoch, falls to 0 and rises to 1 again (train_loss.h). The rest as
 * class_loss.h says.
 */
#include "nn/op/class_loss.h"

#include "base/error.h"

static struct class_loss_value curve(const struct op_call *call, const struct class_loss_row *row)
{
    const struct op_class_loss_settings *settings = &call->settings->class_loss;
    const real x = call->in[4].x[0], above = 1 + row->p;
    const real high = x * class_loss_power(call, above, settings->gamma_high);
    const real low = (1 - x) * class_loss_power(call, row->q, settings->gamma);
    real bend = (real)settings->gamma_high * (high / above);

    if (row->q > 0)
        bend -= (real)settings->gamma * (low / row->q);
    return (struct class_loss_value){-(high + low) * row->log_p,
                                     -(high + low) - row->p * row->log_p * bend};
}

static void cyclical_focal_loss_plan(struct op_plan *plan)
{
    class_loss_plan(plan);
    BUG_ON(plan->in[4].lead != SHAPE_LEAD_FIXED || shape_width(&plan->in[4]) != 1);
}

static void cyclical_focal_loss_forward(struct op_call *call)
{
    class_loss_forward(call, curve);
}

static void cyclical_focal_loss_backward(struct op_call *call)
{
    class_loss_backward(call, curve);
}

const struct op op_cyclical_focal_loss = {
    .name = "cyclical_focal_loss",
    .inputs = 5,
    .no_gradient = 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4,
    .index = 1u << 1,
    .plan = cyclical_focal_loss_plan,
    .forward = cyclical_focal_loss_forward,
    .backward = cyclical_focal_loss_backward,
};
