/*
 * experts — a mixture of small networks: each token goes to two of them (Shazeer and others, ICLR
 * 2017; Lepikhin and others, ICLR 2021).
 *
 *   y[n,:] = sum over the experts i of token n: g[n,i] relu(x[n,:] w1[i]) w2[i]
 *
 *   in   x [N,...,D]   p [N,...,I] probabilities of the experts   w1 [I,D,H]   w2 [I,H,D]
 *   out  y, the shape of x
 *   grad for the tokens of expert i, as rows X, with h = relu(X w1) and o = h w2:
 *        do = g dy    dw2 = h^T do    dh = do w2^T where h > 0    dw1 = X^T dh    dx = dh w1^T
 *        dg[n] = dy[n,:] . o[n,:], and dp by the formula of g (expert_route.h)
 *   keep h and o of every place
 *
 * Tokens are gathered by expert, so each expert is two products. The choice of experts is computed
 * again in backward; it has no gradient.
 */
#include "nn/op.h"
#include "nn/kernels.h"
#include "nn/op/expert_route.h"

#include "base/error.h"

#include <string.h>

struct sizes {
    size_t experts, d, h;
};

static size_t aligned(size_t count)
{
    return (count + 15) / 16 * 16;
}

static void experts_plan(struct op_plan *plan)
{
    const struct shape *x = &plan->in[0], *w1 = &plan->in[2], *w2 = &plan->in[3];
    struct shape p = *x;

    BUG_ON(x->lead == SHAPE_LEAD_FIXED || (x->lead == SHAPE_LEAD_STEPS && !plan->tracks));
    BUG_ON(w1->rank != 3 || w1->d[0] < 2 || w1->d[0] > EXPERTS_MAX);
    BUG_ON(w1->d[1] != x->d[x->rank - 1]);
    BUG_ON(!shape_equal(w2, &SHAPE_FIXED(w1->d[0], w1->d[2], w1->d[1])));
    p.d[p.rank - 1] = w1->d[0];
    BUG_ON(!shape_equal(&plan->in[1], &p));
    plan->out = *x;
    const size_t d = w1->d[1], h = w1->d[2];
    const size_t tokens = op_plan_lead_max(plan, x) * shape_width(x) / d;
    plan->keep = 2 * tokens * h + 2 * tokens * d + 16;
    /* The lists; rows of x and of do or dx; dh. */
    plan->work = aligned(expert_route_work(tokens)) + 2 * aligned(2 * tokens * d) + 2 * tokens * h;
}

/* One expert's part: its places and the buffers of its rows. */
struct part {
    const struct expert_route *route;
    size_t expert, first, rows, d, h;
    real *x, *o, *hidden, *d_hidden; /* x, o: scratch in forward and backward; hidden: kept */
    real *kept;                      /* o as forward left it */
};

static struct part part_of(const struct op_call *call, const struct expert_route *route, size_t i)
{
    const struct shape *w1 = &call->in[2].shape;
    const size_t places = 2 * route->tokens, first = route->begin[i];
    struct part part = {.route = route,
                        .expert = i,
                        .first = first,
                        .rows = route->begin[i + 1] - first,
                        .d = w1->d[1],
                        .h = w1->d[2]};

    part.hidden = call->keep + first * part.h;
    part.kept = call->keep + aligned(places * part.h) + first * part.d;
    part.x = call->work + aligned(expert_route_work(route->tokens));
    part.o = part.x + aligned(places * part.d);
    part.d_hidden = part.o + aligned(places * part.d);
    return part;
}

static void gather(const struct part *part, const real *x)
{
    for (size_t r = 0; r < part->rows; r++)
        memcpy(part->x + r * part->d, x + part->route->place[part->first + r] / 2 * part->d,
               part->d * sizeof *x);
}

/* Matrix of this expert among those of an operand. */
static struct panels panels_at(struct panels panels, size_t next, size_t expert)
{
    panels.at += expert * next;
    return panels;
}

/* C[rows,n] = A[rows,k] B, or what of it is above 0. */
static void product(const struct op_call *call, const struct part *part, const real *a, size_t k,
                    struct panels b, real *c, size_t n, bool rectify)
{
    call->kernels->matmul(&(struct matmul){
        .m = part->rows,
        .k = k,
        .n = n,
        .a = a,
        .a_stride = k,
        .b = b,
        .c = c,
        .c_stride = n,
        .rectify = rectify,
    });
}

static void part_forward(struct op_call *call, const struct part *part)
{
    const struct op_operand *w1 = &call->in[2], *w2 = &call->in[3];

    gather(part, call->in[0].x);
    product(call, part, part->x, part->d, panels_at(w1->panels, w1->panels_next, part->expert),
            part->hidden, part->h, true);
    product(call, part, part->hidden, part->h, panels_at(w2->panels, w2->panels_next, part->expert),
            part->kept, part->d, false);
}

static void experts_forward(struct op_call *call)
{
    struct expert_route route;
    const size_t d = call->in[2].shape.d[1];

    expert_route(&route, call, call->work);
    memset(call->result, 0, call->out.count * call->out.width * sizeof(real));
    for (size_t i = 0; i < route.experts; i++) {
        const struct part part = part_of(call, &route, i);
        part_forward(call, &part);
        for (size_t r = 0; r < part.rows; r++) {
            const size_t place = route.place[part.first + r];
            call->kernels->add_scaled(call->result + place / 2 * d, expert_weight(&route, place),
                                      part.kept + r * d, d);
        }
    }
}

/* do = g dy, and the gradient of g. */
static void weights_back(struct op_call *call, const struct part *part)
{
    const size_t d = part->d;

    memset(part->o, 0, part->rows * d * sizeof *part->o);
    for (size_t r = 0; r < part->rows; r++) {
        const size_t place = part->route->place[part->first + r];
        const real *dy = call->out.d + place / 2 * d;
        call->kernels->add_scaled(part->o + r * d, expert_weight(part->route, place), dy, d);
        if (call->in[1].d)
            expert_weight_back(part->route, place, call->kernels->dot(dy, part->kept + r * d, d),
                               call->in[1].d);
    }
}

/* dw of the part's expert += A[rows,m]^T B[rows,n] */
static void weight_back(const struct op_call *call, const struct part *part, const real *a,
                        size_t m, const real *b, size_t n, real *dw)
{
    if (dw)
        call->kernels->matmul_transposed(&(struct matmul_transposed){.m = m,
                                                                     .k = part->rows,
                                                                     .n = n,
                                                                     .a = a,
                                                                     .a_stride = m,
                                                                     .b = b,
                                                                     .b_stride = n,
                                                                     .c = dw + part->expert * m * n,
                                                                     .c_stride = n});
}

static void part_backward(struct op_call *call, const struct part *part)
{
    const struct op_operand *x = &call->in[0], *w1 = &call->in[2], *w2 = &call->in[3];

    weights_back(call, part);
    gather(part, x->x);
    weight_back(call, part, part->hidden, part->h, part->o, part->d, w2->d);
    product(call, part, part->o, part->d,
            panels_at(w2->panels_transposed, w2->panels_transposed_next, part->expert),
            part->d_hidden, part->h, false);
    call->kernels->rectify_back(part->d_hidden, part->d_hidden, part->hidden, 0,
                                part->rows * part->h);
    weight_back(call, part, part->x, part->d, part->d_hidden, part->h, w1->d);
    if (!x->d)
        return;
    product(call, part, part->d_hidden, part->h,
            panels_at(w1->panels_transposed, w1->panels_transposed_next, part->expert), part->o,
            part->d, false);
    for (size_t r = 0; r < part->rows; r++)
        call->kernels->add(x->d + part->route->place[part->first + r] / 2 * part->d,
                           part->o + r * part->d, part->d);
}

static void experts_backward(struct op_call *call)
{
    struct expert_route route;

    expert_route(&route, call, call->work);
    for (size_t i = 0; i < route.experts; i++) {
        const struct part part = part_of(call, &route, i);
        part_backward(call, &part);
    }
}

const struct op op_experts = {
    .name = "experts",
    .inputs = 4,
    .matrix = 1u << 2 | 1u << 3,
    .plan = experts_plan,
    .forward = experts_forward,
    .backward = experts_backward,
};
