/*
 * Matrix products; tile.h. Sums are fused where the set has FMA.
 */
#include "nn/kernel/declare.h"

#define TILE_FACTOR(at) vec_of(*(at))
#define TILE_ADD(sum, factor, b) ((sum) + (factor) * (b))
#include "nn/kernel/tile.h"

void KERNEL(kernel_matmul)(const struct matmul *call)
{
    for (size_t j = 0; j < call->n; j += PANEL) {
        const struct tile tile = {
            .c = call->c + j,
            .stride = call->c_stride,
            .columns = call->n - j < PANEL ? call->n - j : PANEL,
            .bias = call->bias ? call->bias + j : NULL,
            .row_bias = call->row_bias,
            .add = call->add,
            .rectify = call->rectify,
            .slope = call->slope,
            .more = call->n - j > PANEL,
        };
        const struct panel panel = {call->b.at + j / PANEL * call->b.next, call->b.row, call->k};
        panel_multiply(tile, call->m, call->a, call->a_stride, 1, panel);
    }
}

/* The same sums for k = 1, along the rows of C: it may be large and tiles would jump in it. */
static void add_outer(const struct matmul_transposed *call)
{
    for (size_t i = 0; i < call->m; i++) {
        real *c = call->c + i * call->c_stride;
        const vec factor = vec_of(call->a[i]);
        for (size_t j = 0; j < call->n; j += LANES) {
            const struct tile part = {.columns = call->n - j};
            const vec b = tile_load(&part, call->b + j, 0);
            tile_store(&part, c + j, 0, TILE_ADD(tile_load(&part, c + j, 0), factor, b));
        }
    }
}

void KERNEL(kernel_matmul_transposed)(const struct matmul_transposed *call)
{
    enum { K_BLOCK = 128 }; /* a panel of B stays in the first-level cache */
    _Alignas(64) real panel[K_BLOCK * PANEL];

    if (call->k == 1) {
        add_outer(call);
        return;
    }

    for (size_t p = 0; p < call->k; p += K_BLOCK) {
        const size_t k = call->k - p < K_BLOCK ? call->k - p : K_BLOCK;
        for (size_t j = 0; j < call->n; j += PANEL) {
            const struct tile tile = {
                .c = call->c + j,
                .stride = call->c_stride,
                .columns = call->n - j < PANEL ? call->n - j : PANEL,
                .add = true,
                .more = call->n - j > PANEL,
            };
            for (size_t q = 0; q < k; q++) {
                const real *row = call->b + (p + q) * call->b_stride + j;
                vec_store(panel + q * PANEL, tile_load(&tile, row, 0));
                vec_store(panel + q * PANEL + LANES, tile_load(&tile, row, LANES));
            }
            panel_multiply(tile, call->m, call->a + p * call->a_stride, 1, call->a_stride,
                           (struct panel){panel, PANEL, k});
        }
    }
}

static void pack_panels(real *packed, const real *b, size_t stride, size_t k, size_t n,
                        size_t first, size_t last)
{
    for (size_t panel = first; panel < last; panel++)
        for (size_t p = 0; p < k; p++) {
            const size_t j = panel * PANEL, columns = n - j < PANEL ? n - j : PANEL;
            real *to = packed + (panel * k + p) * PANEL;
            memcpy(to, b + p * stride + j, columns * sizeof *to);
            memset(to + columns, 0, (PANEL - columns) * sizeof *to);
        }
}

void KERNEL(kernel_pack)(real *packed, const real *b, size_t k, size_t n, size_t first, size_t last)
{
    pack_panels(packed, b, n, k, n, first, last);
}

void KERNEL(kernel_pack_strided)(real *packed, const real *b, size_t stride, size_t k, size_t n)
{
    pack_panels(packed, b, stride, k, n, 0, (n + PANEL - 1) / PANEL);
}

/* The first `rows` of LANES rows of b[, n] become LANES columns, PANEL apart from row to row; the
 * columns of the others are 0. */
INLINE void pack_lanes(const size_t rows, real *to, const real *b, size_t stride, size_t n)
{
    size_t p = 0;

    for (; p + LANES <= n; p += LANES) {
        vec square[LANES];
        for (size_t i = 0; i < LANES; i++)
            square[i] = i < rows ? vec_load(b + i * stride + p) : (vec){0};
        square_transpose(square);
        for (size_t i = 0; i < LANES; i++)
            vec_store(to + (p + i) * PANEL, square[i]);
    }
    for (; p < n; p++)
        for (size_t i = 0; i < LANES; i++)
            to[p * PANEL + i] = i < rows ? b[i * stride + p] : 0;
}

static void pack_panels_transposed(real *packed, const real *b, size_t stride, size_t k, size_t n,
                                   size_t first, size_t last)
{
    /* The packed matrix is [n, k]: its column r is row r of b. */
    for (size_t r = first * PANEL; r < last * PANEL; r += LANES) {
        real *to = packed + r / PANEL * PANEL * n + r % PANEL;
        /* A vector of columns that do not exist is never read. */
        if (r + LANES <= k)
            pack_lanes(LANES, to, b + r * stride, stride, n);
        else if (r < k)
            pack_lanes(k - r, to, b + r * stride, stride, n);
    }
}

void KERNEL(kernel_pack_transposed)(real *packed, const real *b, size_t k, size_t n, size_t first,
                                    size_t last)
{
    pack_panels_transposed(packed, b, n, k, n, first, last);
}

void KERNEL(kernel_pack_strided_transposed)(real *packed, const real *b, size_t stride, size_t k,
                                            size_t n)
{
    pack_panels_transposed(packed, b, stride, k, n, 0, (k + PANEL - 1) / PANEL);
}
