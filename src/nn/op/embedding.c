/*
 * embedding — rows of a table chosen by an integer; the product of a one-hot vector, never made.
 *
 *   y[n,:] = table[id[n],:] + bias      where 0 <= id[n] < V, else y[n,:] = bias
 *
 *   in   id [N] integers   table [V,E]   bias [E], may be absent
 *   out  y [N,E]
 *   grad dtable[id[n],:] += dy[n,:]     dbias += sum_n dy[n,:]
 *
 * An id outside the table is padding or unknown and reads as a row of zeros.
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

#include <string.h>

static void embedding_plan(struct op_plan *plan)
{
    const struct shape *id = &plan->in[0], *table = &plan->in[1];

    BUG_ON(table->lead != SHAPE_LEAD_FIXED || table->rank != 2);
    BUG_ON(plan->present[2] && shape_width(&plan->in[2]) != table->d[1]);
    /* [N, 1] becomes [N, E]; [N, k] becomes [N, k, E]. */
    plan->out = *id;
    if (id->d[id->rank - 1] != 1)
        plan->out.rank++;
    BUG_ON(plan->out.rank > SHAPE_RANK_MAX);
    plan->out.d[plan->out.rank - 1] = table->d[1];
}

static void embedding_forward(struct op_call *call)
{
    const struct op_operand *id = &call->in[0], *table = &call->in[1], *bias = &call->in[2];
    const size_t size = table->shape.d[1], count = id->count * id->width;

    for (size_t n = 0; n < count; n++) {
        const int32_t i = id->index[n];
        real *y = call->result + n * size;
        const bool known = i >= 0 && (size_t)i < table->shape.d[0];
        if (known)
            memcpy(y, table->x + (size_t)i * size, size * sizeof *y);
        else
            memset(y, 0, size * sizeof *y);
        if (bias->x)
            call->kernels->add(y, bias->x, size);
    }
}

static void embedding_backward(struct op_call *call)
{
    const struct op_operand *id = &call->in[0], *table = &call->in[1], *bias = &call->in[2];
    const size_t size = table->shape.d[1], count = id->count * id->width;

    for (size_t n = 0; n < count; n++) {
        const int32_t i = id->index[n];
        const real *dy = call->out.d + n * size;
        if (table->d && i >= 0 && (size_t)i < table->shape.d[0])
            call->kernels->add(table->d + (size_t)i * size, dy, size);
        if (bias->d)
            call->kernels->add(bias->d, dy, size);
    }
}

const struct op op_embedding = {
    .name = "embedding",
    .inputs = 3,
    .optional = 1u << 2,
    .no_gradient = 1u << 0,
    .index = 1u << 0,
    .plan = embedding_plan,
    .forward = embedding_forward,
    .backward = embedding_backward,
};
