#include "nn/op/dropout_random.h"

/* Blocks drawn at a time, four numbers each; halves of a block's numbers; bits of a mask's word. */
enum { BLOCKS = 64, HALVES = 8, WORD = 16 };

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

static void set_bit(uint16_t *mask, size_t at, bool kept)
{
    const uint16_t bit = (uint16_t)(1u << at % WORD);

    mask[at / WORD] = (uint16_t)(kept ? mask[at / WORD] | bit : mask[at / WORD] & ~bit);
}

/*
 * The bits of rows row .. row+rows-1, from place `at` of the mask on. Half a number of the
 * generator decides each, and a row begins a new block.
 */
static void rows_bits(const struct dropout_source *source, const struct kernels *kernels,
                      uint64_t row, size_t rows, uint16_t *mask, size_t at, size_t width)
{
    const uint32_t threshold = dropout_threshold(source->rate);
    const size_t row_blocks = (width + HALVES - 1) / HALVES, all = rows * row_blocks;
    uint32_t draw[4 * BLOCKS];

    for (size_t begin = 0; begin < all; begin += BLOCKS) {
        const size_t blocks = all - begin < BLOCKS ? all - begin : BLOCKS;
        kernels->philox(draw, source->seed, source->stream, row * row_blocks + begin, blocks);
        if (width % WORD == 0) {
            kernels->keep_bits(mask + (at + HALVES * begin) / WORD, draw, threshold,
                               HALVES * blocks);
            continue;
        }
        for (size_t i = 0; i < HALVES * blocks; i++) {
            const size_t place = HALVES * begin + i, column = place % (HALVES * row_blocks);
            const uint32_t half = draw[i / 2] >> i % 2 * 16 & 0xFFFF;
            if (column < width)
                set_bit(mask, at + place / (HALVES * row_blocks) * width + column,
                        half >= threshold);
        }
    }
}

void dropout_bits(const struct op_call *call, const struct op_operand *like, size_t width,
                  const struct dropout_source *source, uint16_t *mask)
{
    const struct op_batch *batch = call->batch;
    const struct op_track *track = &batch->track[like->shape.track];

    if (like->shape.lead == SHAPE_LEAD_ROWS)
        rows_bits(source, call->kernels, batch->first_row, batch->rows, mask, 0, width);
    else if (batch->tracks)
        for (size_t b = 0; b < batch->rows; b++)
            rows_bits(source, call->kernels, (batch->first_row + b) * track->steps_max,
                      track->begin[b + 1] - track->begin[b], mask, track->begin[b] * width, width);
    else
        for (size_t t = 0; t < batch->steps; t++)
            for (size_t b = 0; b < batch->active[t]; b++)
                rows_bits(source, call->kernels, (batch->first_row + b) * batch->steps_max + t, 1,
                          mask, (batch->start[t] + b) * width, width);
}
