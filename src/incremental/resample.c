#include "incremental/resample.h"

#include "base/rng.h"

enum { MOST = 11 };

/* Poisson(1) by inversion: the sums of its chances, in units of 2^-32; 12 and more come once in
 * five thousand million. */
static const uint32_t bound[MOST] = {1580030169, 3160060337, 3950075422, 4213413783,
                                     4279248374, 4292415292, 4294609778, 4294923276,
                                     4294962463, 4294966817, 4294967253};

static unsigned poisson_one(uint32_t u)
{
    unsigned k = 0;

    while (k < MOST && u >= bound[k])
        k++;
    return k;
}

/* Four replicates share a block of random numbers. */
static void draw_four(uint64_t seed, size_t user, size_t replicate, unsigned count[4])
{
    uint32_t number[4];

    rng_block(rng_mix(seed, 0x626f6f74 /* "boot" */), user, replicate / 4, number);
    for (size_t i = 0; i < 4; i++)
        count[i] = poisson_one(number[i]);
}

void incremental_resample_user(const struct incremental_resample *resample, size_t user,
                               double *weight)
{
    unsigned count[4];

    for (size_t l = 0, r = resample->first; l < resample->lanes; l++, r++) {
        if (l == 0 || r % 4 == 0)
            draw_four(resample->seed, user, r, count);
        weight[l] = count[r % 4];
    }
}

void incremental_resample_log(const struct incremental_resample *resample, size_t lane,
                              size_t users, float *weight)
{
    unsigned count[4];

    for (size_t u = 0; u < users; u++) {
        draw_four(resample->seed, u, resample->first + lane, count);
        weight[u] = (float)count[(resample->first + lane) % 4];
    }
}
