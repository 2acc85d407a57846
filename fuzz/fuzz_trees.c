/* trees_parse() on any bytes: refused, or scored by every path to the same bits. */
#include "base/error.h"
#include "model/trees.h"
#include "model/trees_dense.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 40, NUMBERS_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void score(const struct trees *trees)
{
    static const float cells[] = {NAN, 0, 1, -1, 3e38f, -3e38f, 1e-40f, 5, 33, 16777216.0f};
    const size_t cell_count = ROWS * trees_features(trees);
    const size_t numbers = ROWS * trees_outputs(trees);
    float *x = memory_take(cell_count, sizeof *x);
    float *want = memory_take(numbers, sizeof *want), *got = memory_take(numbers, sizeof *got);

    for (size_t i = 0; i < cell_count; i++)
        x[i] = cells[(i * 7 + i / 11) % (sizeof cells / sizeof *cells)];
    trees_sparse_margin(trees, x, ROWS, want);
    trees_margin(trees, x, ROWS, got);
    BUG_ON(memcmp(got, want, numbers * sizeof *got) != 0);
    for (size_t r = 0; r < ROWS; r++)
        trees_margin(trees, x + r * trees_features(trees), 1, got + r * trees_outputs(trees));
    BUG_ON(memcmp(got, want, numbers * sizeof *got) != 0);
    trees_predict(trees, x, ROWS, got);
    free(x);
    free(want);
    free(got);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct trees *trees;
    struct error err = {0};

    if (!trees_parse(&trees, "fuzz", (const char *)bytes, size, &err)) {
        BUG_ON(err.code == ERR_NONE);
        return 0;
    }
    if (trees_features(trees) < NUMBERS_MAX / ROWS && trees_outputs(trees) < NUMBERS_MAX / ROWS)
        score(trees);
    double *importance = memory_take(trees_features(trees), sizeof *importance);

    trees_importance(trees, TREES_GAIN, importance);
    free(importance);
    trees_free(trees);
    return 0;
}
