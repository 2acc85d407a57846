/*
 * philox — many blocks of Philox4x32-10 side by side; base/rng.c is the definition.
 *
 * Each lane is one block. The four words live in 64-bit lanes, whose low halves multiply into full
 * 64-bit products with one instruction.
 */
#include "nn/kernel/declare.h"

enum { WIDE = KERNEL_BYTES / 8, SETS = 2, BLOCKS = WIDE * SETS, MASK_BITS = 16 };

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

/* Lanes of a and b in turn, from their first halves and from their second ones. */
#if KERNEL_BYTES == 64
#define WIDE_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define WIDE_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#elif KERNEL_BYTES == 32
#define WIDE_LOW 0, 4, 1, 5
#define WIDE_HIGH 2, 6, 3, 7
#else
#define WIDE_LOW 0, 2
#define WIDE_HIGH 1, 3
#endif

/* Words 0 and 1, and 2 and 3, side by side; then the two halves of each block. */
static void store_blocks(uint32_t *out, const wide c[4])
{
    const wide first = c[0] & 0xFFFFFFFFu, third = c[2] & 0xFFFFFFFFu;
    const wide a = first | c[1] << 32, b = third | c[3] << 32;
    const wide low = __builtin_shufflevector(a, b, WIDE_LOW);
    const wide high = __builtin_shufflevector(a, b, WIDE_HIGH);

    memcpy(out, &low, sizeof low);
    memcpy(out + 2 * WIDE, &high, sizeof high);
}

void KERNEL(kernel_philox)(uint32_t *out, uint64_t seed, uint64_t stream, uint64_t counter,
                           size_t blocks)
{
    for (size_t begin = 0; begin < blocks; begin += BLOCKS) {
        const size_t count = blocks - begin < BLOCKS ? blocks - begin : BLOCKS;
        uint32_t made[4 * BLOCKS], *to = count == BLOCKS ? out + 4 * begin : made;
        for (size_t set = 0; set < SETS; set++) {
            wide at;
            for (size_t i = 0; i < WIDE; i++)
                at[i] = counter + begin + set * WIDE + i;
            wide c[4] = {at & 0xFFFFFFFFu, at >> 32, (wide){0} + (uint32_t)stream,
                         (wide){0} + (stream >> 32)};
            ten_rounds(c, (uint32_t)seed, (uint32_t)(seed >> 32));
            store_blocks(to + 4 * set * WIDE, c);
        }
        if (to == made)
            memcpy(out + 4 * begin, made, 4 * count * sizeof *made);
    }
}

void KERNEL(kernel_keep)(real *y, const uint32_t *draw, uint32_t threshold, real kept, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = draw[i] < threshold ? 0 : kept;
}

void KERNEL(kernel_keep_bits)(uint16_t *mask, const uint32_t *draw, uint32_t threshold, size_t n)
{
    for (size_t i = 0; i < n; i += MASK_BITS) {
#if KERNEL_BYTES == 64
        const __m256i halves = _mm256_loadu_si256((const __m256i *)(draw + i / 2));
        mask[i / MASK_BITS] = _mm256_cmpge_epu16_mask(halves, _mm256_set1_epi16((short)threshold));
#else
        uint32_t word = 0;
        for (size_t bit = 0; bit < MASK_BITS; bit += 2) {
            const uint32_t two = draw[(i + bit) / 2];
            word |= (uint32_t)((two & 0xFFFF) >= threshold) << bit;
            word |= (uint32_t)(two >> 16 >= threshold) << (bit + 1);
        }
        mask[i / MASK_BITS] = (uint16_t)word;
#endif
    }
}

/* LANES numbers whose bits are the lowest of `bits`. */
INLINE vec kept_of(vec x, unsigned_lane bits, vec kept)
{
    uvec place;

    UNROLL
    for (size_t i = 0; i < LANES; i++)
        place[i] = (unsigned_lane)1 << i;
    return vec_select((ivec)((((uvec){0} + bits) & place) != 0), x * kept, (vec){0});
}

void KERNEL(kernel_drop)(real *y, const real *x, const uint16_t *mask, real kept, size_t n)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        const unsigned_lane bits = (unsigned_lane)mask[i / MASK_BITS] >> i % MASK_BITS;
        vec_store(y + i, kept_of(vec_load(x + i), bits, vec_of(kept)));
    }
    for (; i < n; i++)
        y[i] = mask[i / MASK_BITS] >> i % MASK_BITS & 1 ? x[i] * kept : 0;
}
