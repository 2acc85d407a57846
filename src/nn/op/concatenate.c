/*
 * concatenate — up to four values side by side along the last dimension.
 *
 *   y[n,:] = a[n,:], b[n,:], ...
 *
 *   in   a [N,...,A]   b [N,...,B]   ...   all dimensions but the last equal; the later ones may be
 *        absent
 *   out  y [N,...,A+B+...]
 *   grad da[n,:] = dy[n,0..A-1] and so on
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

#include <string.h>

enum { PARTS_MAX = 4 };

static void concatenate_plan(struct op_plan *plan)
{
    struct shape *out = &plan->out;
    const size_t last = plan->in[0].rank - 1;

    *out = plan->in[0];
    for (size_t i = 1; i < PARTS_MAX; i++) {
        struct shape part = plan->in[i];
        if (!plan->present[i])
            continue;
        part.d[last] = plan->in[0].d[last];
        BUG_ON(!shape_equal(&part, &plan->in[0]));
        out->d[last] += plan->in[i].d[last];
    }
}

static size_t last_of(const struct op_operand *o)
{
    return o->shape.d[o->shape.rank - 1];
}

static void concatenate_forward(struct op_call *call)
{
    const size_t all = last_of(&call->out), rows = call->out.count * call->out.width / all;
    size_t column = 0;

    for (size_t i = 0; i < PARTS_MAX; i++) {
        const struct op_operand *in = &call->in[i];
        if (!in->x)
            continue;
        const size_t width = last_of(in);
        for (size_t n = 0; n < rows; n++)
            memcpy(call->result + n * all + column, in->x + n * width, width * sizeof(real));
        column += width;
    }
}

static void concatenate_backward(struct op_call *call)
{
    const size_t all = last_of(&call->out), rows = call->out.count * call->out.width / all;
    size_t column = 0;

    for (size_t i = 0; i < PARTS_MAX; i++) {
        const struct op_operand *in = &call->in[i];
        if (!in->x)
            continue;
        const size_t width = last_of(in);
        for (size_t n = 0; in->d && n < rows; n++)
            call->kernels->add(in->d + n * width, call->out.d + n * all + column, width);
        column += width;
    }
}

const struct op op_concatenate = {
    .name = "concatenate",
    .inputs = PARTS_MAX,
    .optional = 1u << 1 | 1u << 2 | 1u << 3,
    .plan = concatenate_plan,
    .forward = concatenate_forward,
    .backward = concatenate_backward,
};
