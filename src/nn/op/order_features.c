#include "nn/op/order_features.h"

#include "base/error.h"

#include <string.h>

size_t order_features_plan(const struct op_plan *plan)
{
    const struct shape *table = &plan->in[1];
    const struct shape *x = &plan->in[plan->present[0] ? 0 : 2];

    BUG_ON(plan->present[0] == plan->present[2] || x->rank != 1);
    BUG_ON(x->lead == SHAPE_LEAD_FIXED);
    BUG_ON(table->lead != SHAPE_LEAD_FIXED || table->rank != 2);
    BUG_ON(plan->present[2] && plan->settings->order_features.first_row + x->d[0] > table->d[0]);
    return x->d[0];
}

struct order_features order_features_of(const struct op_call *call)
{
    const struct op_operand *category = &call->in[0], *table = &call->in[1], *value = &call->in[2];

    return (struct order_features){
        .category = category->index,
        .value = value->x,
        .table = table->x,
        .d_value = value->d,
        .d_table = table->d,
        .features = category->index ? category->width : value->width,
        .rows = table->shape.d[0],
        .size = table->shape.d[1],
        .first_row = call->settings->order_features.first_row,
        .kernels = call->kernels,
    };
}

void order_feature_read(const struct order_features *x, size_t order, size_t f, real *y)
{
    const size_t at = order * x->features + f;

    if (x->category) {
        const int32_t id = x->category[at];
        if (id >= 0 && (size_t)id < x->rows)
            memcpy(y, x->table + (size_t)id * x->size, x->size * sizeof *y);
        else
            memset(y, 0, x->size * sizeof *y);
        return;
    }
    x->kernels->scale(y, x->value[at], x->table + (x->first_row + f) * x->size, x->size);
}

void order_feature_back(const struct order_features *x, size_t order, size_t f, const real *dy)
{
    const size_t at = order * x->features + f, row = x->first_row + f;

    if (x->category) {
        const int32_t id = x->category[at];
        if (x->d_table && id > 0 && (size_t)id < x->rows)
            x->kernels->add(x->d_table + (size_t)id * x->size, dy, x->size);
        return;
    }
    if (x->d_table && row)
        x->kernels->add_scaled(x->d_table + row * x->size, x->value[at], dy, x->size);
    if (x->d_value)
        x->d_value[at] += x->kernels->dot(dy, x->table + row * x->size, x->size);
}
