#include "base/rng.h"

#include <math.h>

struct rng rng_new(uint64_t seed, uint64_t stream)
{
    return (struct rng){.seed = seed, .stream = stream};
}

void rng_block(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t out[4])
{
    uint32_t c0 = (uint32_t)counter, c1 = (uint32_t)(counter >> 32);
    uint32_t c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);

    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        const uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

uint32_t rng_u32(struct rng *rng)
{
    if (!rng->left) {
        rng_block(rng->seed, rng->stream, rng->counter++, rng->ready);
        rng->left = 4;
    }
    return rng->ready[4 - rng->left--];
}

uint64_t rng_u64(struct rng *rng)
{
    const uint64_t high = rng_u32(rng);

    return high << 32 | rng_u32(rng);
}

double rng_uniform(struct rng *rng)
{
    return (double)(rng_u64(rng) >> 11) * 0x1p-53;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    /* Lemire's multiplication with rejection (ACM TOMACS 2019). */
    __uint128_t product = (__uint128_t)rng_u64(rng) * bound;

    if ((uint64_t)product < bound) {
        const uint64_t floor = -bound % bound;
        while ((uint64_t)product < floor)
            product = (__uint128_t)rng_u64(rng) * bound;
    }
    return (uint64_t)(product >> 64);
}

double rng_normal(struct rng *rng)
{
    const double u = 1.0 - rng_uniform(rng), v = rng_uniform(rng);

    return sqrt(-2.0 * log(u)) * cos(2.0 * M_PI * v);
}

double rng_exponential(struct rng *rng)
{
    return -log(1.0 - rng_uniform(rng));
}

uint64_t rng_mix(uint64_t a, uint64_t b)
{
    uint32_t out[4];

    rng_block(a, 0x71756572 /* "quer" */, b, out);
    return (uint64_t)out[0] << 32 | out[1];
}
