/*
 * expert_balance — a loss plus a penalty of experts that are unevenly used (Shazeer and others,
 * ICLR 2017, as in Lepikhin and others, ICLR 2021).
 *
 *   y = loss + c / S sum_b I^2 mean_i(share[b,i] likely[b,i])
 *
 *   share[b,i]   part of the tokens of row b that have expert i as their first choice
 *   likely[b,i]  mean of p[n,i] over the tokens n of row b
 *
 *   in   p [N,...,I] probabilities of the experts   loss [1]   S [1], no gradient
 *   out  y [1]
 *   grad dp[n,i] = dy c / S I share[b,i] / tokens of b     dloss = dy
 *   work [2 I]
 *
 * S is the number of rows of the whole batch, so that the losses of its slices add up. A row
 * without tokens adds nothing. share has no gradient.
 */
#include "nn/op.h"
#include "nn/op/expert_route.h"

#include "base/error.h"

#include <string.h>

static void expert_balance_plan(struct op_plan *plan)
{
    const struct shape *p = &plan->in[0];

    BUG_ON(p->lead == SHAPE_LEAD_FIXED || (p->lead == SHAPE_LEAD_STEPS && !plan->tracks));
    for (size_t i = 1; i < 3; i++)
        BUG_ON(!shape_equal(&plan->in[i], &SHAPE_FIXED(1)));
    plan->out = SHAPE_FIXED(1);
    plan->work = 2 * p->d[p->rank - 1];
}

/* share and likely of row b, both times its tokens; the number of tokens. */
static size_t row_sums(const struct op_call *call, size_t b, real *share, real *likely)
{
    const struct op_operand *p = &call->in[0];
    const size_t experts = p->shape.d[p->shape.rank - 1];
    size_t first, last;

    memset(share, 0, experts * sizeof *share);
    memset(likely, 0, experts * sizeof *likely);
    expert_row(call->batch, &p->shape, b, &first, &last);
    for (size_t n = first; n < last; n++) {
        const real *x = p->x + n * experts;
        share[expert_most(x, experts, experts)] += 1;
        for (size_t i = 0; i < experts; i++)
            likely[i] += x[i];
    }
    return last - first;
}

static void expert_balance_forward(struct op_call *call)
{
    const size_t experts = call->in[0].shape.d[call->in[0].shape.rank - 1];
    real *share = call->work, *likely = share + experts;
    double sum = 0;

    for (size_t b = 0; b < call->batch->rows; b++) {
        const double tokens = (double)row_sums(call, b, share, likely);
        for (size_t i = 0; tokens > 0 && i < experts; i++)
            sum += (double)experts * share[i] * likely[i] / (tokens * tokens);
    }
    call->result[0] = call->in[1].x[0] +
                      (real)(call->settings->expert_balance.coefficient * sum / call->in[2].x[0]);
}

static void expert_balance_backward(struct op_call *call)
{
    const struct op_operand *p = &call->in[0];
    const size_t experts = p->shape.d[p->shape.rank - 1];
    const double scale =
        call->settings->expert_balance.coefficient * call->out.d[0] / call->in[2].x[0];
    real *share = call->work, *likely = share + experts;
    size_t first, last;

    if (call->in[1].d)
        call->in[1].d[0] += call->out.d[0];
    for (size_t b = 0; p->d && b < call->batch->rows; b++) {
        const double tokens = (double)row_sums(call, b, share, likely);
        expert_row(call->batch, &p->shape, b, &first, &last);
        for (size_t n = first; n < last; n++)
            for (size_t i = 0; i < experts; i++)
                p->d[n * experts + i] +=
                    (real)(scale * (double)experts * share[i] / (tokens * tokens));
    }
}

const struct op op_expert_balance = {
    .name = "expert_balance",
    .inputs = 3,
    .no_gradient = 1u << 2,
    .plan = expert_balance_plan,
    .forward = expert_balance_forward,
    .backward = expert_balance_backward,
};
