/*
 * weight_product — the product of two weights, or of parts of them: a weight of a graph that is
 * computed once a step (graph_weight()).
 *
 *   y[m,n] = c[n] + sum_k a[m, a_first + k] B[k,n]
 *   B      = b [K,N], or transposed: B[k,n] = b[n, b_first + k], k < size
 *
 *   in   a [M,..], or [..] that is one row   b [K,N] or [N,..]   c [N], may be absent
 *   out  y [M,N], or [N] where a is one row
 *   grad da = dy B^T   dB = a^T dy   dc = sum_m dy
 *   work B or its transpose in panels
 */
#include "nn/op.h"
#include "nn/kernels.h"

#include "base/error.h"

enum input { IN_A, IN_B, IN_C };
enum { PANEL_MAX = 32 };

/* Sizes of the product and distances between rows. */
struct sizes {
    size_t m, k, n;
    size_t a_stride, b_stride;
};

static struct sizes sizes_of(const struct shape *a, const struct shape *b,
                             const struct op_weight_product_settings *settings)
{
    return (struct sizes){
        .m = a->rank == 2 ? a->d[0] : 1,
        .k = settings->transposed ? settings->size : b->d[0],
        .n = settings->transposed ? b->d[0] : b->d[1],
        .a_stride = a->d[a->rank - 1],
        .b_stride = b->d[1],
    };
}

static size_t rounded(size_t n)
{
    return (n + PANEL_MAX - 1) / PANEL_MAX * PANEL_MAX;
}

static void weight_product_plan(struct op_plan *plan)
{
    const struct shape *a = &plan->in[IN_A], *b = &plan->in[IN_B];
    const struct op_weight_product_settings *settings = &plan->settings->weight_product;

    BUG_ON(a->lead != SHAPE_LEAD_FIXED || b->lead != SHAPE_LEAD_FIXED);
    BUG_ON(a->rank > 2 || b->rank != 2 || (!settings->transposed && settings->b_first));
    const struct sizes s = sizes_of(a, b, settings);
    BUG_ON(!s.k || settings->a_first + s.k > s.a_stride);
    BUG_ON(settings->transposed && settings->b_first + s.k > s.b_stride);
    BUG_ON(plan->present[IN_C] && shape_width(&plan->in[IN_C]) != s.n);
    plan->out = a->rank == 2 ? SHAPE_FIXED(s.m, s.n) : SHAPE_FIXED(s.n);
    plan->work = rounded(s.k) * rounded(s.n);
}

static struct sizes sizes_of_call(const struct op_call *call)
{
    return sizes_of(&call->in[IN_A].shape, &call->in[IN_B].shape, &call->settings->weight_product);
}

static void weight_product_forward(struct op_call *call)
{
    const struct op_weight_product_settings *settings = &call->settings->weight_product;
    const struct kernels *kernels = call->kernels;
    const struct sizes s = sizes_of_call(call);
    const real *b = call->in[IN_B].x + settings->b_first;

    if (settings->transposed)
        kernels->pack_strided_transposed(call->work, b, s.b_stride, s.n, s.k);
    else
        kernels->pack_strided(call->work, b, s.b_stride, s.k, s.n);
    kernels->matmul(&(struct matmul){.m = s.m,
                                     .k = s.k,
                                     .n = s.n,
                                     .a = call->in[IN_A].x + settings->a_first,
                                     .a_stride = s.a_stride,
                                     .b = panels_packed(kernels, call->work, s.k),
                                     .bias = call->in[IN_C].x,
                                     .c = call->result,
                                     .c_stride = s.n});
}

static void back_to_a(struct op_call *call, const struct sizes *s)
{
    const struct op_weight_product_settings *settings = &call->settings->weight_product;
    const struct kernels *kernels = call->kernels;
    const real *b = call->in[IN_B].x + settings->b_first;

    if (settings->transposed)
        kernels->pack_strided(call->work, b, s->b_stride, s->n, s->k);
    else
        kernels->pack_strided_transposed(call->work, b, s->b_stride, s->k, s->n);
    kernels->matmul(&(struct matmul){.m = s->m,
                                     .k = s->n,
                                     .n = s->k,
                                     .a = call->out.d,
                                     .a_stride = s->n,
                                     .b = panels_packed(kernels, call->work, s->n),
                                     .c = call->in[IN_A].d + settings->a_first,
                                     .c_stride = s->a_stride,
                                     .add = true});
}

static void back_to_b(struct op_call *call, const struct sizes *s)
{
    const struct op_weight_product_settings *settings = &call->settings->weight_product;
    struct matmul_transposed product = {
        .m = s->k,
        .k = s->m,
        .n = s->n,
        .a = call->in[IN_A].x + settings->a_first,
        .a_stride = s->a_stride,
        .b = call->out.d,
        .b_stride = s->n,
        .c = call->in[IN_B].d + settings->b_first,
        .c_stride = s->b_stride,
    };

    if (settings->transposed) {
        product.m = s->n;
        product.n = s->k;
        product.b = product.a;
        product.b_stride = product.a_stride;
        product.a = call->out.d;
        product.a_stride = s->n;
    }
    call->kernels->matmul_transposed(&product);
}

static void weight_product_backward(struct op_call *call)
{
    const struct sizes s = sizes_of_call(call);

    if (call->in[IN_A].d)
        back_to_a(call, &s);
    if (call->in[IN_B].d)
        back_to_b(call, &s);
    if (call->in[IN_C].d)
        call->kernels->add_rows(call->in[IN_C].d, call->out.d, s.m, s.n);
}

const struct op op_weight_product = {
    .name = "weight_product",
    .inputs = 3,
    .optional = 1u << IN_C,
    .plan = weight_product_plan,
    .forward = weight_product_forward,
    .backward = weight_product_backward,
};
