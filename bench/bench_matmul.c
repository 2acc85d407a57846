/*
 * bench_matmul — speed of the product kernels, per instruction set, at the shapes of our models.
 *
 *   build/bench/bench_matmul [SECONDS]    one line per set and shape: GFLOP/s
 */
#include "base/arena.h"
#include "base/clock.h"
#include "nn/kernels.h"

#include <stdio.h>
#include <stdlib.h>

struct bench_shape {
    size_t m, k, n;
};

static double measure(const struct kernels *kernels, const struct bench_shape *s, bool transposed,
                      double seconds, struct arena *arena)
{
    const size_t left = transposed ? s->k * s->m : s->m * s->k;
    real *a = ARENA_ZERO(arena, real, left), *b = ARENA_ZERO(arena, real, s->k * s->n);
    real *c = ARENA_ZERO(arena, real, s->m * s->n);
    real *packed = ARENA_NEW(arena, real, kernels_packed_size(kernels, s->k, s->n));
    /* Short enough to fall between two interruptions. */
    const size_t turns = 1 + 20000000 / (2 * s->m * s->k * s->n);
    size_t runs = 0;
    double best = 0;

    for (size_t i = 0; i < left; i++)
        a[i] = (real)(i % 7) / 7;
    for (size_t i = 0; i < s->k * s->n; i++)
        b[i] = (real)(i % 5) / 5;
    kernels->pack(packed, b, s->k, s->n, 0, kernels_panels(kernels, s->n));
    for (double begin = clock_seconds(); clock_seconds() - begin < seconds;) {
        const double start = clock_seconds();
        for (runs = 0; runs < turns; runs++)
            if (transposed)
                kernels->matmul_transposed(&(struct matmul_transposed){.m = s->m,
                                                                       .k = s->k,
                                                                       .n = s->n,
                                                                       .a = a,
                                                                       .a_stride = s->m,
                                                                       .b = b,
                                                                       .b_stride = s->n,
                                                                       .c = c,
                                                                       .c_stride = s->n});
            else
                kernels->matmul(&(struct matmul){.m = s->m,
                                                 .k = s->k,
                                                 .n = s->n,
                                                 .a = a,
                                                 .a_stride = s->k,
                                                 .b = panels_packed(kernels, packed, s->k),
                                                 .c = c,
                                                 .c_stride = s->n});
        const double rate = 2.0 * (double)(s->m * s->k * s->n * runs) / (clock_seconds() - start);
        best = rate > best ? rate : best;
    }
    return best / 1e9;
}

/* The plain sets, then the best mixed one. */
static const struct kernels *set_at(size_t i)
{
    return i < KERNELS_COUNT ? kernels_at(i) : kernels_mixed();
}

int main(int argc, char **argv)
{
    static const struct bench_shape shapes[] = {
        {1, 64, 256},   {2, 64, 256},   {4, 64, 256},   {8, 64, 256},   {32, 64, 256},
        {64, 20, 256},  {64, 256, 20},  {32, 256, 64},  {320, 64, 256}, {474, 64, 64},
        {474, 64, 192}, {474, 64, 256}, {474, 256, 64}, {52, 128, 128}, {52, 128, 384},
        {52, 128, 256}, {52, 256, 128}, {48, 64, 474},  {48, 474, 64},  {474, 48, 64},
        {1024, 192, 1},
    };
    const double seconds = argc > 1 ? strtod(argv[1], NULL) : 0.05;

    for (size_t i = 0; i < KERNELS_COUNT + 1; i++)
        for (size_t j = 0; set_at(i) && j < sizeof shapes / sizeof *shapes; j++) {
            struct arena arena = {0};
            const double plain = measure(set_at(i), &shapes[j], false, seconds, &arena);
            const double transposed = measure(set_at(i), &shapes[j], true, seconds, &arena);
            printf("%-16s m %4zu k %4zu n %4zu  C = A B %6.1f  C += A^T B %6.1f GFLOP/s\n",
                   set_at(i)->name, shapes[j].m, shapes[j].k, shapes[j].n, plain, transposed);
            arena_clear(&arena);
        }
    return 0;
}
