/*
 * asymmetric_loss — positives and negatives focused apart, easy negatives dropped (Ridnik and
 * others, ICCV 2021, equations 4 to 7), for two classes; class 1 is the positive one.
 *
 *   y = 1:  f(p)    = -q^g log p                               g = gamma+, q = 1 - p
 *           p f'(p) = g q^(g-1) p log p - q^g
 *   y = 0:  f(p)    = -u^g log(1 - u)                          g = gamma-, u = max(q - margin, 0)
 *           p f'(p) = p (g u^(g-1) log(1 - u) - u^g / (1 - u)), 0 where u is 0
 *
 * p is the probability of the right class, so q is that of class 1 where y = 0. The rest as
 * class_loss.h says.
 */
#include "nn/op/class_loss.h"

#include "nn/kernels.h"

#include "base/error.h"

static struct class_loss_value positive(const struct op_call *call,
                                        const struct class_loss_row *row)
{
    const double gamma = call->settings->class_loss.gamma;
    const real power = class_loss_power(call, row->q, gamma);
    const real bend = row->q > 0 ? (real)gamma * (power / row->q) * row->p * row->log_p : 0;

    return (struct class_loss_value){-power * row->log_p, bend - power};
}

static struct class_loss_value negative(const struct op_call *call,
                                        const struct class_loss_row *row)
{
    const double gamma = call->settings->class_loss.gamma_negative;
    const real margin = (real)call->settings->class_loss.margin;
    const real u = row->q - margin, left = row->p + margin; /* 1 - u */
    const real power = class_loss_power(call, u > 0 ? u : 0, gamma);
    real log_left = row->log_p;

    if (u <= 0)
        return (struct class_loss_value){0, 0};
    if (margin > 0)
        call->kernels->log(&log_left, &left, 1);
    const real bend = (real)gamma * (power / u) * row->p * log_left;
    return (struct class_loss_value){-power * log_left,
                                     bend - power * (margin > 0 ? row->p / left : 1)};
}

static struct class_loss_value curve(const struct op_call *call, const struct class_loss_row *row)
{
    return row->label == 1 ? positive(call, row) : negative(call, row);
}

static void asymmetric_loss_plan(struct op_plan *plan)
{
    class_loss_plan(plan);
    BUG_ON(shape_width(&plan->in[0]) != 2);
}

static void asymmetric_loss_forward(struct op_call *call)
{
    class_loss_forward(call, curve);
}

static void asymmetric_loss_backward(struct op_call *call)
{
    class_loss_backward(call, curve);
}

const struct op op_asymmetric_loss = {
    .name = "asymmetric_loss",
    .inputs = 4,
    .no_gradient = 1u << 1 | 1u << 2 | 1u << 3,
    .index = 1u << 1,
    .plan = asymmetric_loss_plan,
    .forward = asymmetric_loss_forward,
    .backward = asymmetric_loss_backward,
};
