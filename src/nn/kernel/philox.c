/*
 * philox — many blocks of Philox4x32-10 side by side; base/rng.c is the definition.
 *
 * Each lane is one block. The four words live in 64-bit lanes, whose low halves multiply into full
 * 64-bit products with one instruction.
 */
#include "nn/kernel/declare.h"

enum { WIDE = KERNEL_BYTES / 8, SETS = 2, BLOCKS = WIDE * SETS };

typedef uint64_t wide __attribute__((vector_size(KERNEL_BYTES)));

static void ten_rounds(wide c[4], uint32_t k0, uint32_t k1)
{
    const wide low = (wide){0} + 0xFFFFFFFFu;

    for (int round = 0; round < 10; round++) {
        const wide p0 = (c[0] & low) * 0xD2511F53u, p1 = (c[2] & low) * 0xCD9E8D57u;
        const wide n0 = (p1 >> 32) ^ c[1] ^ k0, n2 = (p0 >> 32) ^ c[3] ^ k1;
        c[1] = p1 & low;
        c[3] = p0 & low;
        c[0] = n0;
        c[2] = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

void KERNEL(kernel_philox)(uint32_t *out, uint64_t seed, uint64_t stream, uint64_t counter,
                           size_t blocks)
{
    for (size_t begin = 0; begin < blocks; begin += BLOCKS) {
        const size_t count = blocks - begin < BLOCKS ? blocks - begin : BLOCKS;
        uint32_t made[BLOCKS][4];
        for (size_t set = 0; set < SETS; set++) {
            uint64_t word[4][WIDE];
            wide c[4];
            for (size_t i = 0; i < WIDE; i++) {
                const uint64_t at = counter + begin + set * WIDE + i;
                word[0][i] = (uint32_t)at;
                word[1][i] = at >> 32;
                word[2][i] = (uint32_t)stream;
                word[3][i] = stream >> 32;
            }
            memcpy(c, word, sizeof c);
            ten_rounds(c, (uint32_t)seed, (uint32_t)(seed >> 32));
            memcpy(word, c, sizeof c);
            for (size_t i = 0; i < WIDE; i++)
                for (size_t w = 0; w < 4; w++)
                    made[set * WIDE + i][w] = (uint32_t)word[w][i];
        }
        memcpy(out + 4 * begin, made, count * sizeof *made);
    }
}
