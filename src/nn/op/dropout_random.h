/*
 * dropout_random — the random factors of dropout: 0 with probability `rate`, else 1 / (1 - rate).
 *
 * A factor is a function of (seed of the step, stream of the layer, number of the row in the whole
 * batch, place in the row), so it does not depend on how the batch was cut or who computes it.
 */
#ifndef QUERN_NN_OP_DROPOUT_RANDOM_H
#define QUERN_NN_OP_DROPOUT_RANDOM_H

#include "nn/op.h"

#include <stddef.h>
#include <stdint.h>

struct dropout_source {
    uint64_t seed, stream;
    double rate;
};

/* The `width` factors of each of the rows row .. row+rows-1, row after row. */
void dropout_random(const struct dropout_source *source, const struct kernels *kernels,
                    uint64_t row, size_t rows, real *factor, size_t width);

/* Where bits decide, the rate is a multiple of 1 / 65536, below 1; what is kept makes up for it. */
static inline uint32_t dropout_threshold(double rate)
{
    const uint32_t nearest = (uint32_t)(rate * 65536 + 0.5);

    return nearest < 65535 ? nearest : 65535;
}

static inline real dropout_kept(double rate)
{
    return (real)(65536 / (65536 - (double)dropout_threshold(rate)));
}

/*
 * One bit for each number of a value, as struct kernels has them: 0 where it is dropped. The value
 * has rows of `width` numbers with the leading count of `like`.
 */
void dropout_bits(const struct op_call *call, const struct op_operand *like, size_t width,
                  const struct dropout_source *source, uint16_t *mask);

/* Numbers of `keep` that the bits of `count` numbers take. */
static inline size_t dropout_bits_size(size_t count)
{
    enum { WORD = 16 };

    return (count + WORD - 1) / WORD;
}

#endif
