/*
 * tile — what products are made of: tiles of ROWS x 2 vectors that stay in registers while k runs.
 * B is read in panels two vectors wide; A is broadcast.
 *
 * Each number of C is one chain: its starting value, then the products added in the order of k.
 * Tiles only choose which chains run side by side, so how rows and columns are blocked cannot be
 * seen in the result.
 *
 * The including file says what is multiplied: TILE_FACTOR(at) broadcasts the number of A at `at`,
 * TILE_ADD(sum, factor, b) is the sum with the product. Numbers of A and B are as wide as `real`
 * but may hold something else, as the pairs of mixed.c do.
 */
#ifndef QUERN_NN_KERNEL_TILE_H
#define QUERN_NN_KERNEL_TILE_H

#include "nn/kernel/vector.h"

enum { PANEL = 2 * LANES };

/* Rows of a tile: as many as leave registers for B and the broadcast. */
#if KERNEL_BYTES == 64
enum { ROWS = 12 };
#else
enum { ROWS = 6 };
#endif

/* The tile of C from its memory, a bias or 0; only `columns` of it exist. */
struct tile {
    real *c;
    size_t stride, columns;
    const real *bias, *row_bias;
    bool add, rectify;
    real slope;
    bool more; /* another panel of columns follows */
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

/* What the tile starts from in row i. */
INLINE vec tile_start(const struct tile *tile, size_t i, size_t from)
{
    if (tile->add)
        return tile_load(tile, tile->c + i * tile->stride, from);
    if (tile->row_bias)
        return vec_of(tile->row_bias[i]);
    return tile->bias ? tile_load(tile, tile->bias, from) : (vec){0};
}

INLINE void tile_finish(const struct tile *tile, size_t i, size_t from, vec v)
{
    if (tile->rectify)
        v = vec_select(v > 0, v, tile->slope * v);
    tile_store(tile, tile->c + i * tile->stride, from, v);
}

/* A panel of B: k rows of PANEL numbers, `step` apart. */
struct panel {
    const real *at;
    size_t step, k;
};

/*
 * Rows of C that belong to the tile after the one at hand. They are fetched while this one is
 * multiplied, a row each turn of k: a large C is not in the nearest caches, and waiting for it
 * would take a fifth of the time of a product with a small k.
 */
struct ahead {
    const real *row;
    size_t rows;
};

/*
 * A(row, p) = a[row * row_step + p * k_step]. A panel with few columns is one vector wide. The last
 * row of A in the tile below is fetched too: where rows lie side by side (row_step 1) this is all
 * that tile will read, at a distance in k that no processor foresees.
 */
SPECIALISE void tile_multiply(const size_t rows, const size_t vectors, const struct tile *tile,
                              const real *a, size_t row_step, size_t k_step, struct panel panel,
                              struct ahead ahead)
{
    const real *last = ahead.row + (ahead.rows - 1) * tile->stride;
    vec sum[ROWS][2];

    UNROLL
    for (size_t i = 0; i < rows; i++) {
        sum[i][0] = tile_start(tile, i, 0);
        if (vectors == 2)
            sum[i][1] = tile_start(tile, i, LANES);
    }
    for (size_t p = 0; p < panel.k; p++) {
        const vec b0 = vec_load(panel.at);
        const vec b1 = vectors == 2 ? vec_load(panel.at + LANES) : b0;
        __builtin_prefetch(ahead.row, 1);
        if (vectors == 2)
            __builtin_prefetch(ahead.row + LANES, 1);
        ahead.row += ahead.row == last ? 0 : tile->stride;
        if (rows == ROWS)
            __builtin_prefetch(a + (2 * ROWS - 1) * row_step, 0, 2);
        UNROLL
        for (size_t i = 0; i < rows; i++) {
            const vec factor = TILE_FACTOR(a + i * row_step);
            sum[i][0] = TILE_ADD(sum[i][0], factor, b0);
            if (vectors == 2)
                sum[i][1] = TILE_ADD(sum[i][1], factor, b1);
        }
        a += k_step;
        panel.at += panel.step;
    }
    UNROLL
    for (size_t i = 0; i < rows; i++) {
        tile_finish(tile, i, 0, sum[i][0]);
        if (vectors == 2)
            tile_finish(tile, i, LANES, sum[i][1]);
    }
}

/* All rows of one panel of columns. */
INLINE void panel_rows(const size_t vectors, struct tile tile, size_t m, const real *a,
                       size_t row_step, size_t k_step, struct panel panel)
{
    /* After the last tile of this panel comes the first one of the next. */
    const struct ahead top = {tile.c + (tile.more ? PANEL : 0), m < ROWS ? m : ROWS};

    while (m >= ROWS) {
        const size_t left = m - ROWS;
        const struct ahead below = {tile.c + ROWS * tile.stride, left < ROWS ? left : ROWS};
        const struct ahead ahead = left ? below : top;
        tile_multiply(ROWS, vectors, &tile, a, row_step, k_step, panel, ahead);
        a += ROWS * row_step;
        tile.c += ROWS * tile.stride;
        tile.row_bias = tile.row_bias ? tile.row_bias + ROWS : NULL;
        m -= ROWS;
    }
    switch (m) {
#define REST(n)                                                                                    \
    case n:                                                                                        \
        tile_multiply(n, vectors, &tile, a, row_step, k_step, panel, top);                         \
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

#endif
