/*
 * Matrix products from tiles of ROWS x 2 vectors that stay in registers while k runs. B is read in
 * panels two vectors wide; A is broadcast.
 *
 * Each number of C is one chain: its starting value, then the k products added in order (fused
 * where the set has FMA). Tiles only choose which chains run side by side, so how rows and columns
 * are blocked cannot be seen in the result.
 */
#include "nn/kernel/declare.h"

enum { PANEL = 2 * LANES };

/* Rows of a tile: as many as leave registers for B and the broadcast. */
#if KERNEL_BYTES == 64
enum { ROWS = 12 };
#else
enum { ROWS = 6 };
#endif

/* The tile of C from its memory, the bias or 0; only `columns` of it exist. */
struct tile {
    real *c;
    size_t stride, columns;
    const real *bias;
    bool add;
};

INLINE vec tile_load(const struct tile *tile, const real *row, size_t from)
{
    if (tile->columns >= from + LANES)
        return vec_load(row + from);
    return tile->columns > from ? vec_load_part(row + from, tile->columns - from) : (vec){0};
}

INLINE void tile_store(const struct tile *tile, real *row, size_t from, vec v)
{
    if (tile->columns >= from + LANES)
        vec_store(row + from, v);
    else if (tile->columns > from)
        vec_store_part(row + from, v, tile->columns - from);
}

/* A panel of B: k rows of PANEL numbers, `step` apart. */
struct panel {
    const real *at;
    size_t step, k;
};

/* A(row, p) = a[row * row_step + p * k_step]. A panel with few columns is one vector wide. */
INLINE void tile_multiply(const size_t rows, const size_t vectors, const struct tile *tile,
                          const real *a, size_t row_step, size_t k_step, struct panel panel)
{
    vec sum[ROWS][2];

    UNROLL
    for (size_t i = 0; i < rows; i++) {
        const real *start = tile->add ? tile->c + i * tile->stride : tile->bias;
        sum[i][0] = start ? tile_load(tile, start, 0) : (vec){0};
        if (vectors == 2)
            sum[i][1] = start ? tile_load(tile, start, LANES) : (vec){0};
    }
    for (size_t p = 0; p < panel.k; p++) {
        const vec b0 = vec_load(panel.at);
        const vec b1 = vectors == 2 ? vec_load(panel.at + LANES) : b0;
        UNROLL
        for (size_t i = 0; i < rows; i++) {
            const vec factor = vec_of(a[i * row_step]);
            sum[i][0] += factor * b0;
            if (vectors == 2)
                sum[i][1] += factor * b1;
        }
        a += k_step;
        panel.at += panel.step;
    }
    UNROLL
    for (size_t i = 0; i < rows; i++) {
        tile_store(tile, tile->c + i * tile->stride, 0, sum[i][0]);
        if (vectors == 2)
            tile_store(tile, tile->c + i * tile->stride, LANES, sum[i][1]);
    }
}

/* All rows of one panel of columns. */
INLINE void panel_rows(const size_t vectors, struct tile tile, size_t m, const real *a,
                       size_t row_step, size_t k_step, struct panel panel)
{
    while (m >= ROWS) {
        tile_multiply(ROWS, vectors, &tile, a, row_step, k_step, panel);
        a += ROWS * row_step;
        tile.c += ROWS * tile.stride;
        m -= ROWS;
    }
    switch (m) {
#define REST(n)                                                                                    \
    case n:                                                                                        \
        tile_multiply(n, vectors, &tile, a, row_step, k_step, panel);                              \
        break
        REST(1);
        REST(2);
        REST(3);
        REST(4);
        REST(5);
#if KERNEL_BYTES == 64
        REST(6);
        REST(7);
        REST(8);
        REST(9);
        REST(10);
        REST(11);
#endif
#undef REST
    }
}

static void panel_multiply(struct tile tile, size_t m, const real *a, size_t row_step,
                           size_t k_step, struct panel panel)
{
    if (tile.columns > LANES)
        panel_rows(2, tile, m, a, row_step, k_step, panel);
    else
        panel_rows(1, tile, m, a, row_step, k_step, panel);
}

void KERNEL(kernel_matmul)(const struct matmul *call)
{
    for (size_t j = 0; j < call->n; j += PANEL) {
        const struct tile tile = {
            .c = call->c + j,
            .stride = call->c_stride,
            .columns = call->n - j < PANEL ? call->n - j : PANEL,
            .bias = call->bias ? call->bias + j : NULL,
            .add = call->add,
        };
        const struct panel panel = {call->b.at + j / PANEL * call->b.next, call->b.row, call->k};
        panel_multiply(tile, call->m, call->a, call->a_stride, 1, panel);
    }
}

void KERNEL(kernel_matmul_transposed)(const struct matmul_transposed *call)
{
    enum { K_BLOCK = 128 }; /* a panel of B stays in the first-level cache */
    _Alignas(64) real panel[K_BLOCK * PANEL];

    for (size_t p = 0; p < call->k; p += K_BLOCK) {
        const size_t k = call->k - p < K_BLOCK ? call->k - p : K_BLOCK;
        for (size_t j = 0; j < call->n; j += PANEL) {
            const struct tile tile = {
                .c = call->c + j,
                .stride = call->c_stride,
                .columns = call->n - j < PANEL ? call->n - j : PANEL,
                .add = true,
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

/* LANES rows of LANES numbers become columns: each stage shuffles rows i and i + LANES / 2 together
 * like two halves of a deck, and so moves one bit of the row number into the column number. */
INLINE void square_transpose(vec row[LANES])
{
#pragma GCC unroll 4
    for (size_t stage = 1; stage < LANES; stage *= 2) {
        vec next[LANES];
#pragma GCC unroll 8
        for (size_t i = 0; i < LANES / 2; i++) {
            next[2 * i] = vec_interleave_low(row[i], row[i + LANES / 2]);
            next[2 * i + 1] = vec_interleave_high(row[i], row[i + LANES / 2]);
        }
        memcpy(row, next, sizeof next);
    }
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
