/*
 * latencies — durations counted in buckets whose width grows with the duration: any percentile to
 * within 0.8 %, in a fixed 34 KiB, from a nanosecond to nine minutes (longer ones count as that).
 */
#ifndef QUERN_MONITOR_LATENCIES_H
#define QUERN_MONITOR_LATENCIES_H

#include <stddef.h>
#include <stdint.h>

enum {
    LATENCIES_STEPS = 128, /* buckets for each doubling */
    LATENCIES_DOUBLINGS = 31,
    LATENCIES_BUCKETS = LATENCIES_STEPS * (LATENCIES_DOUBLINGS + 2),
};

struct latencies {
    uint64_t count;
    double sum, min, max; /* seconds; exact */
    uint64_t bucket[LATENCIES_BUCKETS];
};

void latencies_add(struct latencies *latencies, double seconds);
/* Seconds that a share of all durations (0 to 1) do not exceed; 0 of an empty one. */
double latencies_quantile(const struct latencies *latencies, double share);
double latencies_mean(const struct latencies *latencies);

#endif
