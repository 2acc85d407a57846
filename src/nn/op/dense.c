/*
 * dense — a matrix product on the last dimension, plus a bias.
 *
 *   y[n,j] = f(bias[j] + sum_i x[n,i] w[i,j])     f(z) = z, or rectified: z > 0 ? z : slope z
 *
 *   in   x [N,...,I]   w [I,J]   bias [J], may be absent
 *   out  y [N,...,J]
 *   grad dz = dy f'     dx = dz w^T     dw = x^T dz     dbias[j] = sum_n dz[n,j]
 *   work [BLOCK, J]: dz of some rows, where rectified
 *
 * A single column (J = 1) is a dot product per row: a panel of the product kernel would be empty
 * but for one column.
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

enum { BLOCK = 128 }; /* rows whose dz stays in the caches */

static void dense_plan(struct op_plan *plan)
{
    const struct shape *x = &plan->in[0], *w = &plan->in[1];

    BUG_ON(w->lead != SHAPE_LEAD_FIXED || w->rank != 2 || x->d[x->rank - 1] != w->d[0]);
    BUG_ON(plan->present[2] && shape_width(&plan->in[2]) != w->d[1]);
    plan->out = *x;
    plan->out.d[x->rank - 1] = w->d[1];
    if (plan->settings->dense.rectify)
        plan->work = BLOCK * w->d[1];
}

static void dense_forward(struct op_call *call)
{
    const struct op_dense_settings *settings = &call->settings->dense;
    const struct op_operand *x = &call->in[0], *w = &call->in[1], *bias = &call->in[2];
    const size_t inputs = w->shape.d[0], outputs = w->shape.d[1];
    const size_t rows = x->count * x->width / inputs;

    if (outputs == 1) {
        for (size_t n = 0; n < rows; n++)
            call->result[n] =
                (bias->x ? bias->x[0] : 0) + call->kernels->dot(x->x + n * inputs, w->x, inputs);
        if (settings->rectify)
            call->kernels->rectify(call->result, 0, (real)settings->slope, rows);
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
        .rectify = settings->rectify,
        .slope = (real)settings->slope,
    });
}

/* Rows first .. first+rows-1, whose gradient is dz. */
static void column_back(struct op_call *call, size_t first, size_t rows, const real *dz)
{
    const struct op_operand *x = &call->in[0], *w = &call->in[1], *bias = &call->in[2];
    const size_t inputs = w->shape.d[0];

    for (size_t n = 0; n < rows; n++) {
        if (x->d)
            call->kernels->add_scaled(x->d + (first + n) * inputs, dz[n], w->x, inputs);
        if (w->d)
            call->kernels->add_scaled(w->d, dz[n], x->x + (first + n) * inputs, inputs);
        if (bias->d)
            bias->d[0] += dz[n];
    }
}

static void rows_back(struct op_call *call, size_t first, size_t rows, const real *dz)
{
    const struct op_operand *x = &call->in[0], *w = &call->in[1], *bias = &call->in[2];
    const size_t inputs = w->shape.d[0], outputs = w->shape.d[1];

    if (outputs == 1) {
        column_back(call, first, rows, dz);
        return;
    }
    if (x->d)
        call->kernels->matmul(&(struct matmul){
            .m = rows,
            .k = outputs,
            .n = inputs,
            .a = dz,
            .a_stride = outputs,
            .b = w->panels_transposed,
            .c = x->d + first * inputs,
            .c_stride = inputs,
            .add = true,
        });
    if (w->d)
        call->kernels->matmul_transposed(&(struct matmul_transposed){
            .m = inputs,
            .k = rows,
            .n = outputs,
            .a = x->x + first * inputs,
            .a_stride = inputs,
            .b = dz,
            .b_stride = outputs,
            .c = w->d,
            .c_stride = outputs,
        });
    for (size_t n = 0; bias->d && n < rows; n++)
        call->kernels->add(bias->d, dz + n * outputs, outputs);
}

static void dense_backward(struct op_call *call)
{
    const struct op_dense_settings *settings = &call->settings->dense;
    const size_t inputs = call->in[1].shape.d[0], outputs = call->in[1].shape.d[1];
    const size_t rows = call->in[0].count * call->in[0].width / inputs;

    if (!settings->rectify) {
        rows_back(call, 0, rows, call->out.d);
        return;
    }
    for (size_t first = 0; first < rows; first += BLOCK) {
        const size_t count = rows - first < BLOCK ? rows - first : BLOCK;
        call->kernels->rectify_back(call->work, call->out.d + first * outputs,
                                    call->out.x + first * outputs, (real)settings->slope,
                                    count * outputs);
        rows_back(call, first, count, call->work);
    }
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
