#include "nn/op/class_loss.h"

#include "nn/kernels.h"

#include "base/error.h"

void class_loss_plan(struct op_plan *plan)
{
    const size_t classes = shape_width(&plan->in[0]);

    BUG_ON(classes < 2);
    for (size_t i = 0; i < 3; i++)
        BUG_ON(plan->in[i].lead != SHAPE_LEAD_ROWS || (i && shape_width(&plan->in[i]) != 1));
    BUG_ON(plan->in[3].lead != SHAPE_LEAD_FIXED || shape_width(&plan->in[3]) != 1);
    plan->out = SHAPE_FIXED(1);
    plan->work = classes;
}

real class_loss_power(const struct op_call *call, real x, double power)
{
    real y;

    if (power == 0)
        return 1;
    if (!(x > 0))
        return x == 0 ? 0 : x; /* NaN stays NaN */
    call->kernels->log(&y, &x, 1);
    y = (real)(power * (double)y);
    call->kernels->exp(&y, &y, 1);
    return y;
}

/* e[c] = exp(z[c] - max z); *sum of them. */
static struct class_loss_row begin_row(const struct op_call *call, size_t b, real *e, real *sum)
{
    const size_t classes = call->in[0].width;
    const real *z = call->in[0].x + b * classes;
    const size_t label = (size_t)call->in[1].index[b];
    size_t top = 0;
    real rest = 0, others = 0, log_sum;

    BUG_ON(label >= classes);
    for (size_t c = 1; c < classes; c++)
        if (z[c] > z[top])
            top = c;
    for (size_t c = 0; c < classes; c++)
        e[c] = z[c] - z[top];
    call->kernels->exp(e, e, classes);
    for (size_t c = 0; c < classes; c++) {
        rest += c == top ? 0 : e[c];
        others += c == label ? 0 : e[c];
    }
    *sum = 1 + rest;
    call->kernels->log(&log_sum, sum, 1);
    /* log(1 + rest) with the rounding of 1 + rest undone (Kahan). */
    const real rounded = *sum - 1;
    log_sum = rounded > 0 ? log_sum * (rest / rounded) : rest;
    return (struct class_loss_row){.label = label,
                                   .p = e[label] / *sum,
                                   .q = others / *sum,
                                   .log_p = (z[label] - z[top]) - log_sum};
}

void class_loss_forward(struct op_call *call, class_loss_curve curve)
{
    const real *w = call->in[2].x;
    double loss = 0;
    real sum;

    for (size_t b = 0; b < call->batch->rows; b++) {
        const struct class_loss_row row = begin_row(call, b, call->work, &sum);
        loss += (double)w[b] * (double)curve(call, &row).loss;
    }
    call->result[0] = (real)(loss / (double)call->in[3].x[0]);
}

void class_loss_backward(struct op_call *call, class_loss_curve curve)
{
    const size_t classes = call->in[0].width;
    const real *w = call->in[2].x, *e = call->work;
    const real scale = call->out.d[0] / call->in[3].x[0];
    real sum;

    for (size_t b = 0; b < call->batch->rows; b++) {
        real *dz = call->in[0].d + b * classes;
        const struct class_loss_row row = begin_row(call, b, call->work, &sum);
        const real slope = scale * w[b] * curve(call, &row).slope;
        for (size_t c = 0; c < classes; c++)
            dz[c] += slope * (c == row.label ? row.q : -(e[c] / sum));
    }
}
