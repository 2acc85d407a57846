/*
 * feature_aggregation — one vector per order from its embedded features, by an encoder over the
 * feature axis that treats every column of the embedding alike.
 *
 *   H0[f,:] = feature f (order_features.h)
 *   Hi      = leaky(Wi Hi-1 + bi)    i = 1 .. 5, leaky(z) = z if z > 0, else 0.01 z
 *   y       = W6 H5 + b6
 *
 *   in   category [orders, F] integers, or absent   table [V,E]   value [orders, F], or absent
 *        W1 [F1,F]   b1 [F1]   ...   W6 [1,F5]   b6 [1]     one of category and value is there
 *   out  y [orders, E]
 *   grad dZi = dHi leaky'(Hi)   dWi = dZi Hi-1^T   dbi = rows of dZi summed   dHi-1 = Wi^T dZi;
 *        dH0 is added to the rows of the table it was read from, except row 0
 *   keep H1 .. H5
 *
 * Orders are taken in blocks, side by side: a block of H is [features, orders * E] with a row
 * filled up to whole panels, so a layer is one product W H whose factor H is read where it lies and
 * stays in the caches from layer to layer. Columns are as many as need be for a full
 * vector, whatever E is. The gradient of W needs H transposed, packed block by block.
 */
#include "nn/op.h"
#include "nn/kernels.h"
#include "nn/op/order_features.h"

#include "base/error.h"

#include <string.h>

/*
 * COLUMNS is a multiple of every set's panel: three orders of 64, so that a block still stays in
 * the second cache and what a product does once for its weights is done for three.
 */
enum { LAYERS = 6, FIRST_WEIGHT = 3, COLUMNS = 192, PANEL_MAX = 32 };

static const double slope = 0.01;

struct encoder {
    struct order_features x;
    size_t size[LAYERS + 1]; /* of H0 .. H6 */
    size_t block, columns;   /* orders of a block; columns of one, filled up to panels */
    const struct op_operand *weight, *bias; /* [LAYERS], every second operand */
};

static size_t block_orders(size_t embedding)
{
    return embedding < COLUMNS ? COLUMNS / embedding : 1;
}

static size_t filled(size_t columns)
{
    return (columns + PANEL_MAX - 1) / PANEL_MAX * PANEL_MAX;
}

/* Numbers of H1 .. H5 in a block. */
static size_t hidden(const size_t size[LAYERS + 1], size_t columns)
{
    size_t sum = 0;

    for (size_t i = 1; i < LAYERS; i++)
        sum += size[i] * columns;
    return sum;
}

static size_t work_size(const size_t size[LAYERS + 1], size_t columns)
{
    size_t widest = filled(size[0]), weights = 0;

    for (size_t i = 0; i < LAYERS; i++)
        weights += filled(size[i] * size[i + 1]);
    /* H0 .. H5, H transposed, two of dH, the weights transposed. */
    return size[0] * columns + hidden(size, columns) + 3 * widest * columns + weights;
}

static void feature_aggregation_plan(struct op_plan *plan)
{
    size_t size[LAYERS + 1] = {order_features_plan(plan)};
    const size_t embedding = plan->in[1].d[1], block = block_orders(embedding);
    const size_t columns = filled(block * embedding);

    for (size_t i = 0; i < LAYERS; i++) {
        const struct shape *w = &plan->in[FIRST_WEIGHT + 2 * i];
        BUG_ON(w->lead != SHAPE_LEAD_FIXED || w->rank != 2 || w->d[1] != size[i]);
        BUG_ON(shape_width(&plan->in[FIRST_WEIGHT + 2 * i + 1]) != w->d[0] || w->d[0] > w->d[1]);
        size[i + 1] = w->d[0];
    }
    BUG_ON(size[LAYERS] != 1);
    plan->out = plan->in[plan->present[0] ? 0 : 2];
    plan->out.d[0] = embedding;
    const size_t blocks = (op_plan_lead_max(plan, &plan->out) + block - 1) / block;
    plan->keep = blocks * hidden(size, columns);
    plan->work = work_size(size, columns);
}

static struct encoder encoder_of(const struct op_call *call)
{
    struct encoder e = {.x = order_features_of(call),
                        .weight = call->in + FIRST_WEIGHT,
                        .bias = call->in + FIRST_WEIGHT + 1};

    e.size[0] = e.x.features;
    for (size_t i = 0; i < LAYERS; i++)
        e.size[i + 1] = e.weight[2 * i].shape.d[0];
    e.block = block_orders(e.x.size);
    e.columns = filled(e.block * e.x.size);
    return e;
}

/* The orders of a block. */
struct block {
    size_t first, orders, columns; /* columns in use */
};

static struct block block_at(const struct encoder *e, size_t first, size_t orders)
{
    const size_t count = orders - first < e->block ? orders - first : e->block;

    return (struct block){first, count, count * e->x.size};
}

static void read_block(const struct encoder *e, const struct block *block, real *h0)
{
    for (size_t f = 0; f < e->size[0]; f++)
        for (size_t i = 0; i < block->orders; i++)
            order_feature_read(&e->x, block->first + i, f, h0 + f * e->columns + i * e->x.size);
}

/* C[rows, columns in use] = A[rows, k] B, both of rows `columns` apart. */
static struct matmul product(const struct encoder *e, const struct block *block, size_t rows,
                             size_t k, const real *a, const real *b, real *c)
{
    return (struct matmul){
        .m = rows,
        .k = k,
        .n = block->columns,
        .a = a,
        .a_stride = k,
        .b = panels_in_place(e->x.kernels, b, e->columns),
        .c = c,
        .c_stride = e->columns,
    };
}

/* H1 .. H5 from H0, one after the other in h, then y. */
static void encode(const struct encoder *e, const struct block *block, const real *h0, real *h,
                   real *y)
{
    for (size_t i = 0; i < LAYERS; i++) {
        const bool last = i + 1 == LAYERS;
        struct matmul call =
            product(e, block, e->size[i + 1], e->size[i], e->weight[2 * i].x, h0, last ? y : h);
        call.row_bias = e->bias[2 * i].x;
        call.rectify = !last;
        call.slope = (real)slope;
        e->x.kernels->matmul(&call);
        h0 = h;
        h += e->size[i + 1] * e->columns;
    }
}

static void feature_aggregation_forward(struct op_call *call)
{
    const struct encoder e = encoder_of(call);
    const size_t orders = call->out.count, step = hidden(e.size, e.columns);
    real *h0 = call->work, *h = h0 + e.size[0] * e.columns;

    /* Columns past those in use are multiplied too; they must not be what another op left. */
    memset(h0, 0, e.size[0] * e.columns * sizeof *h0);
    for (size_t first = 0; first < orders; first += e.block) {
        const struct block block = block_at(&e, first, orders);
        if (call->out.d)
            h = call->keep + first / e.block * step;
        read_block(&e, &block, h0);
        encode(&e, &block, h0, h, call->result + first * e.x.size);
    }
}

/* Scratch of backward. */
struct back {
    real *h0, *packed, *d, *d_next; /* H0; H transposed; dH of a layer and of the one before */
    real *transposed[LAYERS];       /* the weights [in, out] */
};

static struct back back_of(const struct encoder *e, real *work)
{
    const size_t widest = filled(e->size[0]) * e->columns;
    struct back b = {.h0 = work};

    b.packed = b.h0 + e->size[0] * e->columns;
    b.d = b.packed + widest;
    b.d_next = b.d + widest;
    work = b.d_next + widest;
    for (size_t i = 0; i < LAYERS; i++) {
        const size_t in = e->size[i], out = e->size[i + 1];
        b.transposed[i] = work;
        work += filled(in * out);
        for (size_t o = 0; o < out; o++)
            for (size_t f = 0; f < in; f++)
                b.transposed[i][f * out + o] = e->weight[2 * i].x[o * in + f];
    }
    return b;
}

/* dW and db of layer i, whose dZ is b->d and whose input is h. */
static void weight_back(const struct encoder *e, const struct block *block, size_t i, const real *h,
                        const struct back *b)
{
    const struct kernels *kernels = e->x.kernels;
    const struct op_operand *w = &e->weight[2 * i], *bias = &e->bias[2 * i];
    const size_t in = e->size[i], out = e->size[i + 1];

    for (size_t o = 0; bias->d && o < out; o++)
        bias->d[o] += kernels->sum(b->d + o * e->columns, block->columns);
    if (!w->d)
        return;
    kernels->pack_transposed(b->packed, h, in, e->columns, 0, kernels_panels(kernels, in));
    kernels->matmul(&(struct matmul){
        .m = out,
        .k = block->columns,
        .n = in,
        .a = b->d,
        .a_stride = e->columns,
        .b = panels_packed(kernels, b->packed, e->columns),
        .c = w->d,
        .c_stride = in,
        .add = true,
    });
}

static void swap(struct back *b)
{
    real *d = b->d;

    b->d = b->d_next;
    b->d_next = d;
}

/* h: H1 .. H5 of the block. */
static void block_back(const struct encoder *e, const struct block *block, const real *h,
                       struct back *b)
{
    const struct kernels *kernels = e->x.kernels;

    h += hidden(e->size, e->columns);
    for (size_t i = LAYERS; i-- > 0;) {
        if (i)
            h -= e->size[i] * e->columns;
        weight_back(e, block, i, i ? h : b->h0, b);
        const struct matmul call =
            product(e, block, e->size[i], e->size[i + 1], b->transposed[i], b->d, b->d_next);
        kernels->matmul(&call);
        swap(b);
        for (size_t row = 0; i && row < e->size[i]; row++)
            kernels->rectify_back(b->d + row * e->columns, b->d + row * e->columns,
                                  h + row * e->columns, (real)slope, block->columns);
    }
    for (size_t j = 0; j < block->orders; j++)
        for (size_t f = 0; f < e->size[0]; f++)
            order_feature_back(&e->x, block->first + j, f, b->d + f * e->columns + j * e->x.size);
}

static void feature_aggregation_backward(struct op_call *call)
{
    const struct encoder e = encoder_of(call);
    const size_t orders = call->out.count, step = hidden(e.size, e.columns);
    struct back b = back_of(&e, call->work);

    memset(b.h0, 0, (size_t)(b.transposed[0] - b.h0) * sizeof *b.h0);
    for (size_t first = 0; first < orders; first += e.block) {
        const struct block block = block_at(&e, first, orders);
        read_block(&e, &block, b.h0);
        memcpy(b.d, call->out.d + first * e.x.size, block.columns * sizeof *b.d);
        block_back(&e, &block, call->keep + first / e.block * step, &b);
    }
}

const struct op op_feature_aggregation = {
    .name = "feature_aggregation",
    .inputs = FIRST_WEIGHT + 2 * LAYERS,
    .optional = 1u << 0 | 1u << 2,
    .no_gradient = 1u << 0,
    .index = 1u << 0,
    .plan = feature_aggregation_plan,
    .forward = feature_aggregation_forward,
    .backward = feature_aggregation_backward,
};
