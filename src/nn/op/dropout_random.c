#include "nn/op/dropout_random.h"

enum { BLOCKS = 64 }; /* drawn at a time, four numbers each */

/* A row begins a new block, so that its numbers depend on its own number alone. */
void dropout_random(const struct dropout_source *source, const struct kernels *kernels,
                    uint64_t row, size_t rows, real *factor, size_t width)
{
    const uint32_t threshold = (uint32_t)(source->rate * 0x1p32);
    const real kept = (real)(1 / (1 - source->rate));
    const size_t row_blocks = (width + 3) / 4, all = rows * row_blocks;
    uint32_t draw[4 * BLOCKS];
    size_t column = 0; /* of the row at hand */

    for (size_t begin = 0; begin < all; begin += BLOCKS) {
        const size_t blocks = all - begin < BLOCKS ? all - begin : BLOCKS;
        kernels->philox(draw, source->seed, source->stream, row * row_blocks + begin, blocks);
        if (width % 4 == 0) {
            kernels->keep(factor, draw, threshold, kept, 4 * blocks);
            factor += 4 * blocks;
            continue;
        }
        for (size_t block = 0; block < blocks; block++) {
            const size_t count = width - column < 4 ? width - column : 4;
            for (size_t i = 0; i < count; i++)
                *factor++ = draw[4 * block + i] < threshold ? 0 : kept;
            column += 4;
            if (column >= width)
                column = 0;
        }
    }
}
