#include "nn/op/dropout_random.h"

#include "base/rng.h"

void dropout_random(const struct dropout_source *source, uint64_t row, real *factor, size_t width)
{
    const uint32_t threshold = (uint32_t)(source->rate * 0x1p32);
    const real kept = (real)(1 / (1 - source->rate));
    const uint64_t blocks = (width + 3) / 4;

    for (size_t i = 0; i < width; i += 4) {
        uint32_t draw[4];
        rng_block(source->seed, source->stream, row * blocks + i / 4, draw);
        for (size_t j = 0; j < 4 && i + j < width; j++)
            factor[i + j] = draw[j] < threshold ? 0 : kept;
    }
}
