/*
 * kernels — the inner loops, compiled once per instruction set and chosen when the program runs.
 *
 * Every set computes the same formulas in the same order, so a number does not depend on vector
 * width, on how many rows are processed together or on where a slice begins. The files of
 * src/nn/kernel/ compile without fused multiply-add, so their results are equal on every processor;
 * the one exception is matmul.c, whose sums are fused where the processor can (AVX2 and AVX-512
 * agree with each other, the baseline differs in the last bits).
 */
#ifndef QUERN_NN_KERNELS_H
#define QUERN_NN_KERNELS_H

#include "nn/real.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct adam_step;

/*
 * B[k,n] as products read it, `panel` columns at a time: number (p, j) of panel q is
 * at[q * next + p * row + j]. Packed, a panel is one run of memory; in place, its rows lie a row of
 * B apart and n must be a multiple of `panel`.
 */
struct panels {
    const real *at;
    size_t row, next;
    bool in_place;
};

/*
 * C[m,n] = start + A[m,k] B[k,n], row-major with the given distance between rows; B in panels.
 * start is what C holds (`add`), else the bias of the row, else that of the column, else 0. Each
 * number adds its k products one by one in the order of k. `rectify` makes z of C that is not above
 * 0 slope z.
 */
struct matmul {
    size_t m, k, n;
    const real *a;
    size_t a_stride;
    struct panels b;
    const real *bias, *row_bias; /* [n], [m]; or NULL */
    real *c;
    size_t c_stride;
    bool add, rectify;
    real slope;
};

/* C[m,n] += A[k,m]^T B[k,n]: the gradient of weights, A the inputs and B the gradients by row. */
struct matmul_transposed {
    size_t m, k, n;
    const real *a, *b;
    size_t a_stride, b_stride;
    real *c;
    size_t c_stride;
};

/* One step of an LSTM for `rows` rows of `units`; see op/lstm.c for the formulas. */
struct lstm_cell {
    size_t rows, units;
    real *gate;              /* [rows, 4 units]: sums in, activated i, f, g, o out */
    const real *cell_before; /* [rows, units]; NULL at the first step */
    real *cell, *cell_tanh, *out;
};

struct lstm_cell_back {
    size_t rows, units;
    const real *gate, *cell_before, *cell_tanh; /* as forward left them */
    const real *d_out;                          /* [rows, units] */
    real *d_cell; /* [rows, units]: gradient of the cell, from the step after; out: of the one
                     before */
    real *d_gate; /* [rows, 4 units], written: gradient of the sums */
};

/*
 * Rows of logits x [rows, stride], `columns` of them real, become weights:
 * p = softmax((x scale + mask) row_factor column_factor) over the columns, 0 beyond them.
 */
struct softmax_rows {
    size_t rows, columns;
    size_t stride; /* a multiple of 16 */
    real *x;
    real scale;
    const real *row_factor;    /* [rows] or NULL */
    const real *column_factor; /* [stride], not 0 anywhere, or NULL */
    const real *mask;          /* [rows, columns], rows mask_stride apart, or NULL */
    size_t mask_stride;
    /* Backward: [rows], the mean of the gradients by weight, sum p dp, where it is known; or NULL.
     */
    const real *mean;
};

/* Rows of n numbers brought to mean 0 and variance 1, then times gain plus bias; op/layer_norm.c.
 */
struct layer_norm {
    size_t rows, n;
    const real *x, *residual; /* [rows, n]; residual may be NULL */
    const real *gain, *bias;  /* [n] */
    real epsilon;
    real *y;    /* [rows, n] */
    real *kept; /* [rows, 2]: mean and 1 / standard deviation; backward reads them */
};

struct layer_norm_back {
    const real *dy;                       /* [rows, n] */
    real *dx, *dresidual, *dgain, *dbias; /* added to; NULL where not wanted */
};

struct kernels {
    const char *name;
    size_t panel; /* columns of B that are packed side by side */
    bool mixed;   /* products round their factors to bf16; sums stay float32 */
    size_t fold;  /* rows of B that are packed into one: 2 where two bf16 lie in a number */

    /* Pack panels first .. last-1 of B[k,n], or of its transpose [n,k], panel by panel. */
    void (*pack)(real *packed, const real *b, size_t k, size_t n, size_t first, size_t last);
    void (*pack_transposed)(real *packed, const real *b, size_t k, size_t n, size_t first,
                            size_t last);
    /* All of a matrix whose rows are `stride` apart. */
    void (*pack_strided)(real *packed, const real *b, size_t stride, size_t k, size_t n);
    void (*pack_strided_transposed)(real *packed, const real *b, size_t stride, size_t k, size_t n);
    void (*matmul)(const struct matmul *call);
    void (*matmul_transposed)(const struct matmul_transposed *call);

    /* y[i] = f(x[i]); y may be x. */
    void (*exp)(real *y, const real *x, size_t n);
    void (*log)(real *y, const real *x, size_t n);
    void (*tanh)(real *y, const real *x, size_t n);
    void (*sigmoid)(real *y, const real *x, size_t n);

    void (*softmax_rows)(const struct softmax_rows *call);
    /* x holds the gradient of p and becomes that of the logits as they came. */
    void (*softmax_rows_backward)(const struct softmax_rows *call, const real *p);

    void (*lstm_forward)(const struct lstm_cell *cell);
    void (*lstm_backward)(const struct lstm_cell_back *cell);

    void (*add)(real *y, const real *x, size_t n); /* y += x */
    void (*add_rows)(real *y, const real *x, size_t rows,
                     size_t n);                                   /* y += each row of x, in turn */
    void (*add_scaled)(real *y, real a, const real *x, size_t n); /* y += a x */
    void (*sum_of)(real *y, const real *a, const real *b, size_t n);      /* y = a + b */
    void (*scale)(real *y, real a, const real *x, size_t n);              /* y = a x */
    void (*multiply)(real *y, const real *a, const real *b, size_t n);    /* y = a b */
    void (*add_product)(real *y, const real *a, const real *b, size_t n); /* y += a b */
    /* Sum of a b, in 16 interleaved partial sums that are added pairwise. */
    real (*dot)(const real *a, const real *b, size_t n);

    real (*sum)(const real *x, size_t n); /* in the order of dot */

    /* y = z if z > 0, else slope z, where z is y + shift; dz from dy and y. dz may be dy. */
    void (*rectify)(real *y, real shift, real slope, size_t n);
    void (*rectify_back)(real *dz, const real *dy, const real *y, real slope, size_t n);

    void (*layer_norm)(const struct layer_norm *call);
    void (*layer_norm_back)(const struct layer_norm *call, const struct layer_norm_back *back);

    void (*adam)(const struct adam_step *step, size_t n, const real *gradient, real *weight,
                 real *first, real *second);                  /* adam.h */
    void (*follow)(real *y, real a, const real *x, size_t n); /* y += a (x - y) */

    /* Blocks counter .. counter+blocks-1 of rng_block(), four numbers each. */
    void (*philox)(uint32_t *out, uint64_t seed, uint64_t stream, uint64_t counter, size_t blocks);
    /* y[i] = 0 where draw[i] < threshold, else kept. */
    void (*keep)(real *y, const uint32_t *draw, uint32_t threshold, real kept, size_t n);
    /*
     * Bit i % 16 of mask[i / 16] is 0 where half i of the draws is below the threshold, else 1; the
     * low half of a draw comes first. n is a multiple of 16.
     */
    void (*keep_bits)(uint16_t *mask, const uint32_t *draw, uint32_t threshold, size_t n);
    /* y[i] = 0 where bit i is 0, else kept x[i]; y may be x. */
    void (*drop)(real *y, const real *x, const uint16_t *mask, real kept, size_t n);
};

/* The fastest set this processor can run. */
const struct kernels *kernels_best(void);

/* Set i of those compiled in, slowest first; NULL where the processor cannot run it. */
enum { KERNELS_COUNT = 3 };
const struct kernels *kernels_at(size_t i);

/*
 * The same with mixed products: factors are rounded to bf16 (to nearest, ties to even), sums are
 * float32. Where the processor has no such products they are computed from rounded numbers: as
 * exact, not faster. Sets differ in the last bits.
 */
const struct kernels *kernels_mixed(void);
enum { KERNELS_MIXED_COUNT = 4 };
const struct kernels *kernels_mixed_at(size_t i);

/* Panels of a packed matrix with n columns, and its size in numbers. */
static inline size_t kernels_panels(const struct kernels *kernels, size_t n)
{
    return (n + kernels->panel - 1) / kernels->panel;
}

static inline size_t kernels_packed_size(const struct kernels *kernels, size_t k, size_t n)
{
    return kernels_panels(kernels, n) * kernels->panel * ((k + kernels->fold - 1) / kernels->fold);
}

static inline struct panels panels_packed(const struct kernels *kernels, const real *packed,
                                          size_t k)
{
    return (struct panels){packed, kernels->panel, kernels_packed_size(kernels, k, 1), false};
}

static inline struct panels panels_in_place(const struct kernels *kernels, const real *b, size_t n)
{
    return (struct panels){b, n, kernels->panel, true};
}

#endif
