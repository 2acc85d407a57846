#include "monitor/latencies.h"

#include <math.h>

/*
 * Nanoseconds below 2 * STEPS have a bucket each; above, the leading one and the seven bits after
 * it name the bucket.
 */
static size_t bucket_of(uint64_t value)
{
    if (value < 2 * LATENCIES_STEPS)
        return (size_t)value;
    const unsigned shift = 63u - (unsigned)__builtin_clzll(value) - 7;
    const size_t index = LATENCIES_STEPS * (size_t)shift + (size_t)(value >> shift);

    return index < LATENCIES_BUCKETS ? index : LATENCIES_BUCKETS - 1;
}

/* The largest value of a bucket. */
static double bucket_end(size_t index)
{
    if (index < 2 * LATENCIES_STEPS)
        return (double)index;
    const size_t shift = index / LATENCIES_STEPS - 1;

    return ldexp((double)(index - LATENCIES_STEPS * shift + 1), (int)shift) - 1;
}

void latencies_add(struct latencies *h, double seconds)
{
    const double nanoseconds = seconds > 0 ? seconds * 1e9 : 0;

    h->min = h->count == 0 || seconds < h->min ? seconds : h->min;
    h->max = h->count == 0 || seconds > h->max ? seconds : h->max;
    h->sum += seconds;
    h->count++;
    h->bucket[bucket_of(nanoseconds < 1e18 ? (uint64_t)nanoseconds : (uint64_t)1e18)]++;
}

double latencies_quantile(const struct latencies *h, double share)
{
    const uint64_t rank = (uint64_t)ceil(share * (double)h->count);
    uint64_t seen = 0;

    if (h->count == 0)
        return 0;
    for (size_t i = 0; i < LATENCIES_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen >= rank && seen > 0) {
            const double value = bucket_end(i) * 1e-9;
            return value > h->max || i == LATENCIES_BUCKETS - 1 ? h->max
                   : value < h->min                             ? h->min
                                                                : value;
        }
    }
    return h->max;
}

double latencies_mean(const struct latencies *h)
{
    return h->count ? h->sum / (double)h->count : 0;
}
