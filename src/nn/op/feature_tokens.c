/*
 * feature_tokens — the features of a row as a sequence: those of its last order, then the
 * engineered ones, then an empty token that is to gather what the others say.
 *
 *   y[b,j,:]         = table[category[j],:] + bias[j,:]                      j < C
 *   y[b,C+j,:]       = value[j] table[first_row + j,:] + bias[C+j,:]          j < N
 *   y[b,C+N+j,:]     = engineered[b,j] table2[1 + j,:] + bias2[j,:]           j < G
 *   y[b,C+N+G,:]     = 0
 *
 *   in   category [track k, C] integers   table [V,E]   value [track k, N]   bias [C+N,E]
 *        engineered [B,G]   table2 [G+1,E]   bias2 [G,E]      bias and bias2 may be absent
 *   out  y [B,C+N+G+1,E]
 *   grad by the same products; row 0 of the tables gets none, value and engineered get none
 *
 * A row without steps in track k has the bias alone where the features of its order would be.
 */
#include "nn/op.h"
#include "nn/kernels.h"
#include "nn/op/order_features.h"

#include "base/error.h"

#include <string.h>

static void feature_tokens_plan(struct op_plan *plan)
{
    const struct shape *category = &plan->in[0], *table = &plan->in[1], *value = &plan->in[2];
    const size_t order = category->d[0] + value->d[0], engineered = plan->in[4].d[0];
    const size_t size = table->d[1];

    BUG_ON(!plan->tracks || category->lead != SHAPE_LEAD_STEPS || category->rank != 1);
    BUG_ON(value->lead != SHAPE_LEAD_STEPS || value->rank != 1 || value->track != category->track);
    BUG_ON(plan->settings->order_features.first_row + value->d[0] > table->d[0]);
    BUG_ON(plan->present[3] && shape_width(&plan->in[3]) != order * size);
    BUG_ON(plan->in[4].lead != SHAPE_LEAD_ROWS || plan->in[4].rank != 1);
    BUG_ON(!shape_equal(&plan->in[5], &SHAPE_FIXED(engineered + 1, size)));
    BUG_ON(plan->present[6] && shape_width(&plan->in[6]) != engineered * size);
    plan->out = SHAPE_ROWS(order + engineered + 1, size);
}

/* The three sources of tokens as features of orders: an order of a track, or a row. */
struct sources {
    struct order_features part[3];
    const struct op_operand *bias[3];
    size_t bias_from[3]; /* first row of the part within its bias */
};

static struct sources sources_of(const struct op_call *call)
{
    const struct order_features order = order_features_of(call);
    const struct op_operand *table = &call->in[5];
    struct sources s = {
        .part = {order, order, order},
        .bias = {&call->in[3], &call->in[3], &call->in[6]},
        .bias_from = {0, call->in[0].width, 0},
    };

    s.part[0].value = NULL;
    s.part[1].category = NULL;
    s.part[1].features = call->in[2].width;
    s.part[2] = (struct order_features){
        .value = call->in[4].x,
        .table = table->x,
        .d_table = table->d,
        .features = call->in[4].width,
        .rows = table->shape.d[0],
        .size = table->shape.d[1],
        .first_row = 1,
        .kernels = call->kernels,
    };
    return s;
}

/* The order that part p of row b reads; false if there is none. */
static bool order_of(const struct op_call *call, size_t p, size_t b, size_t *order)
{
    const size_t *begin = call->batch->track[call->in[0].shape.track].begin;

    *order = p == 2 ? b : begin[b + 1] - 1;
    return p == 2 || begin[b + 1] > begin[b];
}

static void feature_tokens_forward(struct op_call *call)
{
    const struct sources s = sources_of(call);
    const size_t size = s.part[0].size;
    size_t order;

    for (size_t b = 0; b < call->batch->rows; b++) {
        real *y = call->result + b * call->out.width;
        for (size_t p = 0; p < 3; p++)
            for (size_t f = 0; f < s.part[p].features; f++, y += size) {
                if (order_of(call, p, b, &order))
                    order_feature_read(&s.part[p], order, f, y);
                else
                    memset(y, 0, size * sizeof *y);
                if (s.bias[p]->x)
                    call->kernels->add(y, s.bias[p]->x + (s.bias_from[p] + f) * size, size);
            }
        memset(y, 0, size * sizeof *y);
    }
}

static void feature_tokens_backward(struct op_call *call)
{
    const struct sources s = sources_of(call);
    const size_t size = s.part[0].size;
    size_t order;

    for (size_t b = 0; b < call->batch->rows; b++) {
        const real *dy = call->out.d + b * call->out.width;
        for (size_t p = 0; p < 3; p++)
            for (size_t f = 0; f < s.part[p].features; f++, dy += size) {
                if (order_of(call, p, b, &order))
                    order_feature_back(&s.part[p], order, f, dy);
                if (s.bias[p]->d)
                    call->kernels->add(s.bias[p]->d + (s.bias_from[p] + f) * size, dy, size);
            }
    }
}

const struct op op_feature_tokens = {
    .name = "feature_tokens",
    .inputs = 7,
    .optional = 1u << 3 | 1u << 6,
    .no_gradient = 1u << 0 | 1u << 2 | 1u << 4,
    .index = 1u << 0,
    .plan = feature_tokens_plan,
    .forward = feature_tokens_forward,
    .backward = feature_tokens_backward,
};
