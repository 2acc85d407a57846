#include "base/arena.h"
#include "base/rng.h"
#include "nn/kernels.h"
#include "support/test.h"

#include <math.h>

static real *numbers(struct arena *arena, size_t n, uint64_t stream)
{
    struct rng rng = rng_new(3, stream);
    real *x = ARENA_NEW(arena, real, n ? n : 1);

    for (size_t i = 0; i < n; i++)
        x[i] = (real)(2 * rng_uniform(&rng) - 1);
    return x;
}

/* C = start + A B with every set; sizes around the tiles and panels of all of them. */
static const struct product_case {
    size_t m, k, n;
    bool bias, add;
} product_cases[] = {
    {1, 1, 1, false, false},    {1, 64, 256, true, false}, {5, 3, 7, false, true},
    {12, 20, 32, true, false},  {13, 17, 33, true, true},  {24, 5, 64, false, false},
    {31, 64, 100, true, false}, {7, 200, 17, false, true}, {4, 0, 9, true, false},
    {0, 4, 9, true, false},
};

static void multiply(const struct kernels *kernels, const struct product_case *c, const real *a,
                     const real *b, const real *bias, real *out, struct arena *arena)
{
    real *packed = ARENA_NEW(arena, real, kernels_packed_size(kernels, c->k, c->n) + 1);
    const size_t panels = kernels_panels(kernels, c->n);

    kernels->pack(packed, b, c->k, c->n, 0, panels / 2);
    kernels->pack(packed, b, c->k, c->n, panels / 2, panels);
    kernels->matmul(&(struct matmul){.m = c->m,
                                     .k = c->k,
                                     .n = c->n,
                                     .a = a,
                                     .a_stride = c->k,
                                     .b = panels_packed(kernels, packed, c->k),
                                     .bias = c->bias ? bias : NULL,
                                     .c = out,
                                     .c_stride = c->n,
                                     .add = c->add});
}

static void expect_near(const real *got, const double *want, size_t n, double scale,
                        const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(got[i] - want[i]) <= 1e-6 * scale))
            fail_msg("row %d: %s: number %zu is %.9g, not %.9g", test_row, name, i, (double)got[i],
                     want[i]);
}

TEST(matmul_agrees_with_the_definition_in_every_set)
{
    EACH_ROW(product_cases, c) {
        struct arena arena = {0};
        const size_t out = c->m * c->n;
        const real *a = numbers(&arena, c->m * c->k, 1), *b = numbers(&arena, c->k * c->n, 2);
        const real *bias = numbers(&arena, c->n, 3), *start = numbers(&arena, out, 4);
        double *want = ARENA_ZERO(&arena, double, out + 1);
        for (size_t i = 0; i < out; i++) {
            want[i] = c->add ? start[i] : c->bias ? bias[i % c->n] : 0;
            for (size_t p = 0; p < c->k; p++)
                want[i] += (double)a[i / c->n * c->k + p] * b[p * c->n + i % c->n];
        }
        real *fused = NULL;
        for (size_t set = 0; set < KERNELS_COUNT; set++) {
            if (!kernels_at(set))
                continue;
            real *got = numbers(&arena, out, 4);
            multiply(kernels_at(set), c, a, b, bias, got, &arena);
            expect_near(got, want, out, 1 + sqrt((double)c->k), kernels_at(set)->name);
            /* Sets with fused sums agree to the bit. */
            if (fused)
                EXPECT(memcmp(got, fused, out * sizeof *got) == 0);
            fused = set ? got : NULL;
        }
        arena_clear(&arena);
    }
}

TEST(matmul_reads_its_right_side_in_place_as_well_as_packed)
{
    enum { M = 13, K = 17, N = 64 };

    for (size_t set = 0; set < KERNELS_COUNT; set++) {
        struct arena arena = {0};
        const struct kernels *kernels = kernels_at(set);
        const struct product_case c = {M, K, N, true, false};
        if (!kernels)
            continue;
        const real *a = numbers(&arena, M * K, 1), *b = numbers(&arena, K * N, 2);
        const real *bias = numbers(&arena, N, 3);
        real *packed = ARENA_NEW(&arena, real, M * N), *in_place = ARENA_NEW(&arena, real, M * N);
        multiply(kernels, &c, a, b, bias, packed, &arena);
        EXPECT(N % kernels->panel == 0);
        kernels->matmul(&(struct matmul){.m = M,
                                         .k = K,
                                         .n = N,
                                         .a = a,
                                         .a_stride = K,
                                         .b = panels_in_place(kernels, b, N),
                                         .bias = bias,
                                         .c = in_place,
                                         .c_stride = N});
        EXPECT(memcmp(packed, in_place, M * N * sizeof *packed) == 0);
        arena_clear(&arena);
    }
}

TEST(matmul_of_a_row_does_not_depend_on_the_rows_beside_it)
{
    enum { M = 40, K = 37, N = 70 };

    for (size_t set = 0; set < KERNELS_COUNT; set++) {
        const struct kernels *kernels = kernels_at(set);
        struct arena arena = {0};
        if (!kernels)
            continue;
        const real *a = numbers(&arena, M * K, 1), *b = numbers(&arena, K * N, 2);
        real *whole = numbers(&arena, M * N, 3), *part = numbers(&arena, M * N, 3);
        const struct product_case all = {M, K, N, false, false};
        multiply(kernels, &all, a, b, NULL, whole, &arena);
        for (size_t first = 0, rows = 1; first < M; first += rows, rows++) {
            const struct product_case some = {rows < M - first ? rows : M - first, K, N, false,
                                              false};
            multiply(kernels, &some, a + first * K, b, NULL, part + first * N, &arena);
        }
        EXPECT(memcmp(whole, part, M * N * sizeof *whole) == 0);
        arena_clear(&arena);
    }
}

TEST(matmul_transposed_agrees_with_the_definition_in_every_set)
{
    EACH_ROW(product_cases, c) {
        struct arena arena = {0};
        const size_t out = c->m * c->n;
        const real *a = numbers(&arena, c->k * c->m, 1), *b = numbers(&arena, c->k * c->n, 2);
        double *want = ARENA_ZERO(&arena, double, out + 1);
        const real *start = numbers(&arena, out, 4);
        for (size_t i = 0; i < out; i++) {
            want[i] = start[i];
            for (size_t p = 0; p < c->k; p++)
                want[i] += (double)a[p * c->m + i / c->n] * b[p * c->n + i % c->n];
        }
        real *fused = NULL;
        for (size_t set = 0; set < KERNELS_COUNT; set++) {
            if (!kernels_at(set))
                continue;
            real *got = numbers(&arena, out, 4);
            kernels_at(set)->matmul_transposed(&(struct matmul_transposed){.m = c->m,
                                                                           .k = c->k,
                                                                           .n = c->n,
                                                                           .a = a,
                                                                           .a_stride = c->m,
                                                                           .b = b,
                                                                           .b_stride = c->n,
                                                                           .c = got,
                                                                           .c_stride = c->n});
            expect_near(got, want, out, 1 + sqrt((double)c->k), kernels_at(set)->name);
            if (fused)
                EXPECT(memcmp(got, fused, out * sizeof *got) == 0);
            fused = set ? got : NULL;
        }
        arena_clear(&arena);
    }
}

TEST(pack_transposed_is_pack_of_the_transpose)
{
    enum { K = 21, N = 50 };

    for (size_t set = 0; set < KERNELS_COUNT; set++) {
        const struct kernels *kernels = kernels_at(set);
        struct arena arena = {0};
        if (!kernels)
            continue;
        const real *b = numbers(&arena, K * N, 1);
        real *transpose = ARENA_NEW(&arena, real, K * N);
        const size_t size = kernels_packed_size(kernels, N, K), panels = kernels_panels(kernels, K);
        /* Columns that do not exist may be left as they are. */
        real *got = ARENA_ZERO(&arena, real, size), *want = ARENA_NEW(&arena, real, size);
        for (size_t i = 0; i < K * N; i++)
            transpose[i % N * K + i / N] = b[i];
        kernels->pack(want, transpose, N, K, 0, panels);
        kernels->pack_transposed(got, b, K, N, 0, panels / 2);
        kernels->pack_transposed(got, b, K, N, panels / 2, panels);
        EXPECT(memcmp(got, want, size * sizeof *got) == 0);
        arena_clear(&arena);
    }
}

/* All results of the unfused kernels for arrays of n numbers, one after the other. */
static size_t run_all(const struct kernels *k, size_t n, real *out, struct arena *arena)
{
    const real *a = numbers(arena, 4 * n, 1), *b = numbers(arena, n, 2);
    real *at = out;
    real *gate = numbers(arena, 4 * n, 3);

    memcpy(at, a, n * sizeof *at);
    k->add(at, b, n);
    memcpy(at += n, a, n * sizeof *at);
    k->add_scaled(at, (real)0.3, b, n);
    k->multiply(at += n, a, b, n);
    memcpy(at += n, a, n * sizeof *at);
    k->add_product(at, b, b, n);
    *(at += n) = k->dot(a, b, n);
    at++;
    k->lstm_forward(&(struct lstm_cell){.rows = 1,
                                        .units = n,
                                        .gate = gate,
                                        .cell_before = b,
                                        .cell = at,
                                        .cell_tanh = at + n,
                                        .out = at + 2 * n});
    real *d_cell = numbers(arena, n, 5);
    k->lstm_backward(&(struct lstm_cell_back){.rows = 1,
                                              .units = n,
                                              .gate = gate,
                                              .cell_before = b,
                                              .cell_tanh = at + n,
                                              .d_out = a,
                                              .d_cell = d_cell,
                                              .d_gate = at + 3 * n});
    memcpy(at + 7 * n, d_cell, n * sizeof *at);
    return (size_t)(at - out) + 8 * n;
}

/* The same of those that work on rows: three more than the widest vector has lanes. */
enum { NORM_ROWS = 19 };

static size_t run_rows(const struct kernels *k, size_t n, real *out, struct arena *arena)
{
    const size_t all = NORM_ROWS * n;
    const real *x = numbers(arena, all, 1), *dy = numbers(arena, all, 2);
    const real *gain = numbers(arena, n, 3), *bias = numbers(arena, n, 4);
    real *at = out;
    const struct layer_norm norm = {.rows = NORM_ROWS,
                                    .n = n,
                                    .x = x,
                                    .residual = dy,
                                    .gain = gain,
                                    .bias = bias,
                                    .epsilon = (real)1e-5,
                                    .y = at,
                                    .kept = at + all};

    k->layer_norm(&norm);
    at += all + 2 * NORM_ROWS;
    k->layer_norm_back(&norm, &(struct layer_norm_back){
                                  .dy = dy, .dx = at, .dgain = at + all, .dbias = at + all + n});
    at += all + 2 * n;
    k->sum_of(at, x, dy, n);
    k->scale(at + n, (real)0.3, x, n);
    memcpy(at + 2 * n, x, n * sizeof *at);
    k->rectify(at + 2 * n, (real)0.1, (real)0.01, n);
    k->rectify_back(at + 3 * n, dy, x, (real)0.01, n);
    at[4 * n] = k->sum(x, n);
    return (size_t)(at - out) + 4 * n + 1;
}

TEST(kernels_of_rows_give_the_same_bits_in_every_set)
{
    for (size_t n = 1; n < 70; n++) {
        struct arena arena = {0};
        const size_t size = 2 * (NORM_ROWS + 1) * n + 2 * NORM_ROWS + 4 * n + 1;
        for (size_t set = 1; set < KERNELS_COUNT; set++) {
            real *want = ARENA_ZERO(&arena, real, size), *got = ARENA_ZERO(&arena, real, size);
            if (!kernels_at(set))
                continue;
            const size_t count = run_rows(kernels_at(0), n, want, &arena);
            run_rows(kernels_at(set), n, got, &arena);
            EXPECT_EQ(count, size);
            EXPECT(memcmp(got, want, count * sizeof *got) == 0);
        }
        arena_clear(&arena);
    }
}

TEST(unfused_kernels_give_the_same_bits_in_every_set)
{
    for (size_t n = 1; n < 70; n++) {
        struct arena arena = {0};
        real *want = ARENA_ZERO(&arena, real, 13 * n), *got = ARENA_ZERO(&arena, real, 13 * n);
        const size_t count = run_all(kernels_at(0), n, want, &arena);
        for (size_t set = 1; set < KERNELS_COUNT; set++)
            if (kernels_at(set)) {
                run_all(kernels_at(set), n, got, &arena);
                EXPECT(memcmp(got, want, count * sizeof *got) == 0);
            }
        arena_clear(&arena);
    }
}

TEST(dot_agrees_with_the_definition)
{
    for (size_t n = 0; n < 70; n++) {
        struct arena arena = {0};
        const real *a = numbers(&arena, n, 1), *b = numbers(&arena, n, 2);
        double want = 0;
        for (size_t i = 0; i < n; i++)
            want += (double)a[i] * b[i];
        EXPECT_NEAR(kernels_at(0)->dot(a, b, n), want, 1e-5);
        arena_clear(&arena);
    }
}

TEST(add_rows_adds_row_after_row)
{
    enum { ROWS = 7, MOST = 300 };
    static const size_t widths[] = {1, 5, 31, 64, 65, 128, 257, MOST};
    struct arena arena = {0};
    const real *x = numbers(&arena, ROWS * MOST, 1), *start = numbers(&arena, MOST, 2);

    EACH_ROW(widths, n)
        for (size_t set = 0; set < KERNELS_COUNT; set++) {
            const struct kernels *kernels = kernels_at(set);
            real got[MOST], want[MOST];
            if (!kernels)
                continue;
            memcpy(got, start, sizeof got);
            memcpy(want, start, sizeof want);
            kernels->add_rows(got, x, ROWS, *n);
            for (size_t i = 0; i < ROWS; i++)
                for (size_t j = 0; j < *n; j++)
                    want[j] += x[i * *n + j];
            EXPECT_EQ(memcmp(got, want, sizeof got), 0);
        }
    arena_clear(&arena);
}
