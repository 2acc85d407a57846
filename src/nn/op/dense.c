/*
 * dense — a matrix product on the last dimension, plus a bias; rectified and dropped on request.
 *
 *   y[n,j] = m f(bias[j] + sum_i x[n,i] w[i,j])   f(z) = z, or rectified: z > 0 ? z : slope z
 *                                                 m = 1, or the factor of op/dropout.c
 *
 *   in   x [N,...,I]   w [I,J]   bias [J], may be absent
 *   out  y [N,...,J]
 *   grad dz = m dy f'   dx = dz w^T     dw = x^T dz     dbias[j] = sum_n dz[n,j]
 *   keep a bit for each number of y, 0 where it is dropped
 *   work [BLOCK, J]: dz of some rows, where rectified or dropped
 *
 * A single column (J = 1) is a dot product per row: a panel of the product kernel would be empty
 * but for one column.
 */
#include "nn/op.h"
#include "nn/kernels.h"
#include "nn/op/dropout_random.h"

#include "base/error.h"

enum { BLOCK = 128 }; /* rows whose y or dz stays in the caches; whole words of bits */

static void dense_plan(struct op_plan *plan)
{
    const struct op_dense_settings *settings = &plan->settings->dense;
    const struct shape *x = &plan->in[0], *w = &plan->in[1];

    BUG_ON(w->lead != SHAPE_LEAD_FIXED || w->rank != 2 || x->d[x->rank - 1] != w->d[0]);
    BUG_ON(plan->present[2] && shape_width(&plan->in[2]) != w->d[1]);
    BUG_ON(!(settings->dropout >= 0 && settings->dropout < 1));
    BUG_ON(settings->dropout > 0 && x->lead == SHAPE_LEAD_FIXED);
    plan->out = *x;
    plan->out.d[x->rank - 1] = w->d[1];
    if (settings->rectify || settings->dropout > 0)
        plan->work = BLOCK * w->d[1];
    if (settings->dropout > 0)
        plan->keep =
            dropout_bits_size(op_plan_lead_max(plan, &plan->out) * shape_width(&plan->out));
}

static bool drops(const struct op_call *call)
{
    return call->batch->training && call->settings->dense.dropout > 0;
}

/* y[n] = 0 where dropped, else x scaled; of the numbers from place `at` of the output on. */
static void drop(const struct op_call *call, real *y, const real *x, size_t at, size_t n)
{
    const real kept = dropout_kept(call->settings->dense.dropout);

    call->kernels->drop(y, x, (const uint16_t *)call->keep + dropout_bits_size(at), kept, n);
}

/* Rows first .. first+rows-1. */
static void rows_forward(struct op_call *call, size_t first, size_t rows)
{
    const struct op_dense_settings *settings = &call->settings->dense;
    const struct op_operand *w = &call->in[1], *bias = &call->in[2];
    const size_t inputs = w->shape.d[0], outputs = w->shape.d[1];
    const real *x = call->in[0].x + first * inputs;
    real *y = call->result + first * outputs;

    if (outputs == 1) {
        for (size_t n = 0; n < rows; n++)
            y[n] = (bias->x ? bias->x[0] : 0) + call->kernels->dot(x + n * inputs, w->x, inputs);
        if (settings->rectify)
            call->kernels->rectify(y, 0, (real)settings->slope, rows);
        return;
    }
    call->kernels->matmul(&(struct matmul){
        .m = rows,
        .k = inputs,
        .n = outputs,
        .a = x,
        .a_stride = inputs,
        .b = w->panels,
        .bias = bias->x,
        .c = y,
        .c_stride = outputs,
        .rectify = settings->rectify,
        .slope = (real)settings->slope,
    });
}

static void dense_forward(struct op_call *call)
{
    const struct op_dense_settings *settings = &call->settings->dense;
    const struct dropout_source source = {call->batch->seed, settings->stream, settings->dropout};
    const size_t inputs = call->in[1].shape.d[0], outputs = call->in[1].shape.d[1];
    const size_t rows = call->in[0].count * call->in[0].width / inputs;

    if (!drops(call)) {
        rows_forward(call, 0, rows);
        return;
    }
    dropout_bits(call, &call->in[0], call->out.width, &source, (uint16_t *)call->keep);
    for (size_t first = 0; first < rows; first += BLOCK) {
        const size_t count = rows - first < BLOCK ? rows - first : BLOCK;
        real *y = call->result + first * outputs;
        rows_forward(call, first, count);
        drop(call, y, y, first * outputs, count * outputs);
    }
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
    if (bias->d)
        call->kernels->add_rows(bias->d, dz, rows, outputs);
}

static void dense_backward(struct op_call *call)
{
    const struct op_dense_settings *settings = &call->settings->dense;
    const size_t inputs = call->in[1].shape.d[0], outputs = call->in[1].shape.d[1];
    const size_t rows = call->in[0].count * call->in[0].width / inputs;

    if (!settings->rectify && !drops(call)) {
        rows_back(call, 0, rows, call->out.d);
        return;
    }
    for (size_t first = 0; first < rows; first += BLOCK) {
        const size_t count = rows - first < BLOCK ? rows - first : BLOCK, at = first * outputs;
        const real *dy = call->out.d + at;
        if (drops(call)) {
            drop(call, call->work, dy, at, count * outputs);
            dy = call->work;
        }
        /* y > 0 where z > 0 and kept; where dropped dy is 0 by now. */
        if (settings->rectify)
            call->kernels->rectify_back(call->work, dy, call->out.x + at, (real)settings->slope,
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
