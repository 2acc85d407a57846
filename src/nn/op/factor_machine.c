/*
 * factor_machine — one vector per order from the interactions of its embedded features, two by two
 * (Rendle, ICDM 2010), column by column.
 *
 *   y[e] = sum over pairs f < g of v[f,e] v[g,e] = ((sum_f v[f,e])^2 - sum_f v[f,e]^2) / 2
 *
 *   in   category [orders, F] integers, or absent   table [V,E]   value [orders, F], or absent
 *        one of category and value is there; v[f,:] is feature f (order_features.h)
 *   out  y [orders, E]
 *   grad dv[f,e] = dy[e] (sum_g v[g,e] - v[f,e]), added to the row of the table it was read from
 */
#include "nn/op.h"
#include "nn/kernels.h"
#include "nn/op/order_features.h"

#include <string.h>

static void factor_machine_plan(struct op_plan *plan)
{
    (void)order_features_plan(plan);
    plan->out = plan->in[plan->present[0] ? 0 : 2];
    plan->out.d[0] = plan->in[1].d[1];
    plan->work = 3 * plan->in[1].d[1];
}

static void factor_machine_forward(struct op_call *call)
{
    const struct order_features x = order_features_of(call);
    real *v = call->work, *sum = v + x.size, *squares = sum + x.size;

    for (size_t order = 0; order < call->out.count; order++) {
        real *y = call->result + order * x.size;
        memset(sum, 0, 2 * x.size * sizeof *sum);
        for (size_t f = 0; f < x.features; f++) {
            order_feature_read(&x, order, f, v);
            x.kernels->add(sum, v, x.size);
            x.kernels->add_product(squares, v, v, x.size);
        }
        x.kernels->multiply(y, sum, sum, x.size);
        for (size_t e = 0; e < x.size; e++)
            y[e] = (y[e] - squares[e]) / 2;
    }
}

static void factor_machine_backward(struct op_call *call)
{
    const struct order_features x = order_features_of(call);
    real *v = call->work, *sum = v + x.size;

    for (size_t order = 0; order < call->out.count; order++) {
        const real *dy = call->out.d + order * x.size;
        memset(sum, 0, x.size * sizeof *sum);
        for (size_t f = 0; f < x.features; f++) {
            order_feature_read(&x, order, f, v);
            x.kernels->add(sum, v, x.size);
        }
        for (size_t f = 0; f < x.features; f++) {
            order_feature_read(&x, order, f, v);
            for (size_t e = 0; e < x.size; e++)
                v[e] = dy[e] * (sum[e] - v[e]);
            order_feature_back(&x, order, f, v);
        }
    }
}

const struct op op_factor_machine = {
    .name = "factor_machine",
    .inputs = 3,
    .optional = 1u << 0 | 1u << 2,
    .no_gradient = 1u << 0,
    .index = 1u << 0,
    .plan = factor_machine_plan,
    .forward = factor_machine_forward,
    .backward = factor_machine_backward,
};
