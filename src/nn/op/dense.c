/*
 * dense — a matrix product on the last dimension, plus a bias.
 *
 *   y[n,j] = bias[j] + sum_i x[n,i] w[i,j]
 *
 *   in   x [N,...,I]   w [I,J]   bias [J], may be absent
 *   out  y [N,...,J]
 *   grad dx = dy w^T     dw = x^T dy     dbias[j] = sum_n dy[n,j]
 *
 * A single column (J = 1) is a dot product per row: a panel of the product kernel would be empty
 * but for one column.
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

static void dense_plan(struct op_plan *plan)
{
    const struct shape *x = &plan->in[0], *w = &plan->in[1];

    BUG_ON(w->lead != SHAPE_LEAD_FIXED || w->rank != 2 || x->d[x->rank - 1] != w->d[0]);
    BUG_ON(plan->present[2] && shape_width(&plan->in[2]) != w->d[1]);
    plan->out = *x;
    plan->out.d[x->rank - 1] = w->d[1];
}

static void dense_forward(struct op_call *call)
{
    const struct op_operand *x = &call->in[0], *w = &call->in[1], *bias = &call->in[2];
    const size_t inputs = w->shape.d[0], outputs = w->shape.d[1];
    const size_t rows = x->count * x->width / inputs;

    if (outputs == 1) {
        for (size_t n = 0; n < rows; n++)
            call->result[n] =
                (bias->x ? bias->x[0] : 0) + call->kernels->dot(x->x + n * inputs, w->x, inputs);
        return;
    }
    call->kernels->matmul(&(struct matmul){
        .m = rows,
        .k = inputs,
        .n = outputs,
        .a = x->x,
        .a_stride = inputs,
        .b = w->panels,
        .bias = bias->x,
        .c = call->result,
        .c_stride = outputs,
    });
}

static void dense_backward_column(struct op_call *call, size_t rows)
{
    const struct op_operand *x = &call->in[0], *w = &call->in[1], *bias = &call->in[2];
    const size_t inputs = w->shape.d[0];

    for (size_t n = 0; n < rows; n++) {
        const real dy = call->out.d[n];
        if (x->d)
            call->kernels->add_scaled(x->d + n * inputs, dy, w->x, inputs);
        if (w->d)
            call->kernels->add_scaled(w->d, dy, x->x + n * inputs, inputs);
        if (bias->d)
            bias->d[0] += dy;
    }
}

static void dense_backward(struct op_call *call)
{
    const struct op_operand *x = &call->in[0], *w = &call->in[1], *bias = &call->in[2];
    const size_t inputs = w->shape.d[0], outputs = w->shape.d[1];
    const size_t rows = x->count * x->width / inputs;

    if (outputs == 1) {
        dense_backward_column(call, rows);
        return;
    }
    if (x->d)
        call->kernels->matmul(&(struct matmul){
            .m = rows,
            .k = outputs,
            .n = inputs,
            .a = call->out.d,
            .a_stride = outputs,
            .b = w->panels_transposed,
            .c = x->d,
            .c_stride = inputs,
            .add = true,
        });
    if (w->d)
        call->kernels->matmul_transposed(&(struct matmul_transposed){
            .m = inputs,
            .k = rows,
            .n = outputs,
            .a = x->x,
            .a_stride = inputs,
            .b = call->out.d,
            .b_stride = outputs,
            .c = w->d,
            .c_stride = outputs,
        });
    for (size_t n = 0; bias->d && n < rows; n++)
        call->kernels->add(bias->d, call->out.d + n * outputs, outputs);
}

const struct op op_dense = {
    .name = "dense",
    .inputs = 3,
    .optional = 1u << 2,
    .matrix = 1u << 1,
    .plan = dense_plan,
    .forward = dense_forward,
    .backward = dense_backward,
};
