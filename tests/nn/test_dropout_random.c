#include "base/rng.h"
#include "nn/kernels.h"
#include "nn/op/dropout_random.h"
#include "support/test.h"

TEST(kernels_draw_the_numbers_of_rng_block)
{
    static const struct {
        uint64_t seed, stream, counter;
        size_t blocks;
    } rows[] = {
        {0, 0, 0, 1},
        {1, 2, 3, 67},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX - 5, 20},
        {0x123456789abcdef0, 0x0fedcba987654321, 0xfffffff0, 40},
    };
    EACH_ROW(rows, r) {
        for (size_t set = 0; set < KERNELS_COUNT; set++) {
            uint32_t got[4 * 67], want[4];
            if (!kernels_at(set))
                continue;
            kernels_at(set)->philox(got, r->seed, r->stream, r->counter, r->blocks);
            for (size_t i = 0; i < r->blocks; i++) {
                rng_block(r->seed, r->stream, r->counter + i, want);
                EXPECT(memcmp(got + 4 * i, want, sizeof want) == 0);
            }
        }
    }
}

TEST(kernels_keep_and_drop_by_bits)
{
    enum { N = 64, USED = 45 };
    uint32_t draw[N / 2];
    real x[N], y[N];
    for (uint32_t b = 0; b < N / 8; b++)
        rng_block(1, 2, b, draw + 4 * b);
    for (size_t i = 0; i < N; i++)
        x[i] = (real)i + 1;
    for (size_t set = 0; set < KERNELS_COUNT; set++) {
        uint16_t mask[N / 16];
        if (!kernels_at(set))
            continue;
        memset(y, 0, sizeof y);
        kernels_at(set)->keep_bits(mask, draw, 20000, N);
        kernels_at(set)->drop(y, x, mask, 2, USED);
        for (size_t i = 0; i < N; i++) {
            const bool kept = (draw[i / 2] >> 16 * (i % 2) & 0xFFFF) >= 20000;
            EXPECT((mask[i / 16] >> i % 16 & 1) == kept);
            EXPECT(y[i] == (i < USED && kept ? 2 * x[i] : 0));
        }
    }
}

/* A row's factors are its own, however many rows are made at a time, and as many as asked. */
TEST(dropout_factors_belong_to_the_row)
{
    static const size_t widths[] = {1, 4, 7, 20, 64, 300};
    enum { ROWS = 33 };
    EACH_ROW(widths, width) {
        const struct dropout_source source = {.seed = 3, .stream = 9, .rate = 0.3};
        real *all = calloc(ROWS * *width + 1, sizeof *all), *one = calloc(*width, sizeof *one);
        size_t zeros = 0;
        dropout_random(&source, kernels_best(), 5, ROWS, all, *width);
        EXPECT(all[ROWS * *width] == 0);
        for (size_t row = 0; row < ROWS; row++) {
            dropout_random(&source, kernels_best(), 5 + row, 1, one, *width);
            EXPECT(memcmp(one, all + row * *width, *width * sizeof *one) == 0);
        }
        for (size_t i = 0; i < ROWS * *width; i++) {
            zeros += all[i] == 0;
            EXPECT(all[i] == 0 || all[i] == (real)(1 / 0.7));
        }
        EXPECT_NEAR((double)zeros / (double)(ROWS * *width), 0.3, *width < 8 ? 0.15 : 0.05);
        free(all);
        free(one);
    }
}
