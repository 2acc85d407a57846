/*
 * histogram — durations counted in buckets whose width grows with the duration: any percentile to
 * within 0.8 %, in a fixed 34 KiB, from a nanosecond to nine minutes (longer ones count as that).
 */
#ifndef QUERN_MONITOR_HISTOGRAM_H
#define QUERN_MONITOR_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
    HISTOGRAM_STEPS = 128, /* buckets for each doubling */
    HISTOGRAM_DOUBLINGS = 31,
    HISTOGRAM_BUCKETS = HISTOGRAM_STEPS * (HISTOGRAM_DOUBLINGS + 2),
};

struct histogram {
    uint64_t count;
    double sum, min, max; /* seconds; exact */
    uint64_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, double seconds);
/* Seconds that a share of all durations (0 to 1) do not exceed; 0 of an empty one. */
double histogram_quantile(const struct histogram *histogram, double share);
double histogram_mean(const struct histogram *histogram);

#endif
