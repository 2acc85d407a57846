/*
 * Products of bf16 numbers with float32 sums; tile.h.
 *
 * With KERNEL_FOLD 2 a number of A or B is a pair of bf16, neighbours in k, that the processor
 * multiplies and adds in one go; the last pair of an odd k has a 0. Without such instructions a
 * number is a float32 rounded to bf16. A is rounded in blocks on the stack, B is packed so or, in
 * place, rounded panel by panel.
 */
#include "nn/kernel/declare.h"

#ifndef QUERN_REAL_DOUBLE

#if defined __AVX512BF16__ && KERNEL_BYTES == 64
#include <immintrin.h>

INLINE vec pair_broadcast(const real *at)
{
    int32_t bits;

    memcpy(&bits, at, sizeof bits);
    return (vec)_mm512_set1_epi32(bits);
}

#define TILE_FACTOR(at) pair_broadcast(at)
#define TILE_ADD(sum, factor, b)                                                                   \
    ((vec)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)(factor), (__m512bh)(b)))

/* Numbers 0, 1 | 2, 3 | ... of two vectors one after the other. */
INLINE vec fold_along(const vec x[KERNEL_FOLD])
{
    return (vec)_mm512_cvtne2ps_pbh((__m512)x[1], (__m512)x[0]);
}

/* Pairs from the same place of two rows. */
INLINE vec fold_across(const vec x[KERNEL_FOLD])
{
    const __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)x[0]));
    const __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)x[1]));

    return (vec)_mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}
#else
#define TILE_FACTOR(at) vec_of(*(at))
#define TILE_ADD(sum, factor, b) ((sum) + (factor) * (b))

INLINE vec fold_along(const vec x[KERNEL_FOLD])
{
    const uvec bits = (uvec)x[0];
    const vec rounded = (vec)((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000u);

    return vec_select(x[0] == x[0], rounded, x[0]);
}

INLINE vec fold_across(const vec x[KERNEL_FOLD])
{
    return fold_along(x);
}
#endif

#include "nn/kernel/tile.h"

/* A block of A of this many numbers, all rows of one stretch of k, fits the first-level cache. */
enum { K_BLOCK = 256, BLOCK = 48 * K_BLOCK, FOLD = KERNEL_FOLD };

INLINE size_t folded(size_t k)
{
    return (k + FOLD - 1) / FOLD;
}

INLINE vec load_some(const real *x, size_t n)
{
    return n >= LANES ? vec_load(x) : vec_load_part(x, n);
}

/* Up to LANES * FOLD numbers of a row, n of them there. */
INLINE vec load_along(const real *x, size_t n)
{
    vec part[FOLD];

    UNROLL
    for (size_t f = 0; f < FOLD; f++)
        part[f] = n > f * LANES ? load_some(x + f * LANES, n - f * LANES) : (vec){0};
    return fold_along(part);
}

/* FOLD rows, `rows` of them there, folded into one of n numbers. */
INLINE vec load_across(const real *x, size_t stride, size_t rows, size_t n)
{
    vec part[FOLD];

    UNROLL
    for (size_t f = 0; f < FOLD; f++)
        part[f] = f < rows ? load_some(x + f * stride, n) : (vec){0};
    return fold_across(part);
}

/* `to` has room up to the next whole vector. */
INLINE void fold_row(real *to, const real *x, size_t n)
{
    for (size_t i = 0; i < n; i += LANES * FOLD)
        vec_store(to + i / FOLD, load_along(x + i, n - i));
}

/* Stretch of k rows and n columns of x, `to_stride` apart where they go: whole vectors. */
INLINE void fold_rows(real *to, size_t to_stride, const real *x, size_t stride, size_t k, size_t n)
{
    for (size_t p = 0; p < k; p += FOLD)
        for (size_t j = 0; j < n; j += LANES)
            vec_store(to + p / FOLD * to_stride + j,
                      load_across(x + p * stride + j, stride, k - p, n - j));
}

/* A panel of B of which `columns` are there; the others become 0. */
INLINE void fold_panel(real *to, const real *b, size_t stride, size_t k, size_t columns)
{
    if (columns <= LANES)
        for (size_t p = 0; p < folded(k); p++)
            vec_store(to + p * PANEL + LANES, (vec){0});
    fold_rows(to, PANEL, b, stride, k, columns);
}

/* One stretch of k. */
struct stretch {
    const struct matmul *call;
    size_t p, k;        /* it begins at p */
    size_t first, rows; /* of A */
};

static void stretch_multiply(const struct stretch *s, const real *block, size_t row_step)
{
    _Alignas(64) real rounded[K_BLOCK / FOLD * PANEL];
    const struct matmul *call = s->call;
    const bool starts = s->p == 0, ends = s->p + s->k == call->k;

    for (size_t j = 0; j < call->n; j += PANEL) {
        const size_t columns = call->n - j < PANEL ? call->n - j : PANEL;
        const struct tile tile = {
            .c = call->c + s->first * call->c_stride + j,
            .stride = call->c_stride,
            .columns = columns,
            .bias = call->bias ? call->bias + j : NULL,
            .row_bias = call->row_bias ? call->row_bias + s->first : NULL,
            .add = call->add || !starts,
            .rectify = call->rectify && ends,
            .slope = call->slope,
            .more = call->n - j > PANEL,
        };
        const real *at = call->b.at + j / PANEL * call->b.next;
        struct panel panel = {at + s->p / FOLD * call->b.row, call->b.row, folded(s->k)};
        if (call->b.in_place) {
            fold_panel(rounded, at + s->p * call->b.row, call->b.row, s->k, columns);
            panel = (struct panel){rounded, PANEL, folded(s->k)};
        }
        panel_multiply(tile, s->rows, block, row_step, 1, panel);
    }
}

void KERNEL(kernel_mixed_matmul)(const struct matmul *call)
{
    _Alignas(64) real block[BLOCK / FOLD];
    struct stretch s = {.call = call};

    do {
        s.k = call->k - s.p < K_BLOCK ? call->k - s.p : K_BLOCK;
        /* Rows lie whole vectors apart. */
        const size_t row_step = (s.k + LANES * FOLD - 1) / (LANES * FOLD) * LANES;
        const size_t most = row_step ? BLOCK / FOLD / row_step / ROWS * ROWS : call->m;
        for (s.first = 0; s.first < call->m; s.first += s.rows) {
            s.rows = call->m - s.first < most ? call->m - s.first : most;
            for (size_t i = 0; i < s.rows; i++)
                fold_row(block + i * row_step, call->a + (s.first + i) * call->a_stride + s.p, s.k);
            stretch_multiply(&s, block, row_step);
        }
        s.p += s.k;
    } while (s.p < call->k);
}

void KERNEL(kernel_mixed_matmul_transposed)(const struct matmul_transposed *call)
{
    enum { K = 128, M = 96 };
    _Alignas(64) real a[K / FOLD * M], b[K / FOLD * PANEL];

    for (size_t p = 0; p < call->k; p += K) {
        const size_t k = call->k - p < K ? call->k - p : K;
        for (size_t i = 0; i < call->m; i += M) {
            const size_t m = call->m - i < M ? call->m - i : M;
            fold_rows(a, M, call->a + p * call->a_stride + i, call->a_stride, k, m);
            for (size_t j = 0; j < call->n; j += PANEL) {
                const struct tile tile = {
                    .c = call->c + i * call->c_stride + j,
                    .stride = call->c_stride,
                    .columns = call->n - j < PANEL ? call->n - j : PANEL,
                    .add = true,
                    .more = call->n - j > PANEL,
                };
                fold_panel(b, call->b + p * call->b_stride + j, call->b_stride, k, tile.columns);
                panel_multiply(tile, m, a, 1, M, (struct panel){b, PANEL, folded(k)});
            }
        }
    }
}

static void pack_panels(real *packed, const real *b, size_t stride, size_t k, size_t n,
                        size_t first, size_t last)
{
    for (size_t panel = first; panel < last; panel++) {
        const size_t j = panel * PANEL, columns = n - j < PANEL ? n - j : PANEL;
        fold_panel(packed + panel * folded(k) * PANEL, b + j, stride, k, columns);
    }
}

void KERNEL(kernel_mixed_pack)(real *packed, const real *b, size_t k, size_t n, size_t first,
                               size_t last)
{
    pack_panels(packed, b, n, k, n, first, last);
}

void KERNEL(kernel_mixed_pack_strided)(real *packed, const real *b, size_t stride, size_t k,
                                       size_t n)
{
    pack_panels(packed, b, stride, k, n, 0, (n + PANEL - 1) / PANEL);
}

/* Up to LANES rows of b[rows, n] become LANES columns, PANEL apart from row to row. */
INLINE void pack_lanes(real *to, const real *b, size_t stride, size_t rows, size_t n)
{
    for (size_t p = 0; p < n; p += LANES * FOLD) {
        const size_t made = folded(n - p) < LANES ? folded(n - p) : LANES;
        vec square[LANES];
        for (size_t i = 0; i < LANES; i++)
            square[i] = i < rows ? load_along(b + i * stride + p, n - p) : (vec){0};
        square_transpose(square);
        for (size_t i = 0; i < made; i++)
            vec_store(to + (p / FOLD + i) * PANEL, square[i]);
    }
}

static void pack_panels_transposed(real *packed, const real *b, size_t stride, size_t k, size_t n,
                                   size_t first, size_t last)
{
    /* The packed matrix is [n, k]: its column r is row r of b. */
    for (size_t r = first * PANEL; r < last * PANEL; r += LANES)
        pack_lanes(packed + r / PANEL * PANEL * folded(n) + r % PANEL, b + r * stride, stride,
                   r < k ? k - r : 0, n);
}

void KERNEL(kernel_mixed_pack_transposed)(real *packed, const real *b, size_t k, size_t n,
                                          size_t first, size_t last)
{
    pack_panels_transposed(packed, b, n, k, n, first, last);
}

void KERNEL(kernel_mixed_pack_strided_transposed)(real *packed, const real *b, size_t stride,
                                                  size_t k, size_t n)
{
    pack_panels_transposed(packed, b, stride, k, n, 0, (k + PANEL - 1) / PANEL);
}

#endif
