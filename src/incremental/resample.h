/*
 * incremental_resample — how often each user stands in a resampled log: Poisson(1) draws, a pure
 * function of seed, replicate and user.
 */
#ifndef QUERN_INCREMENTAL_RESAMPLE_H
#define QUERN_INCREMENTAL_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

enum { RESAMPLE_LANES = 64 };

/* Replicates first .. first + lanes - 1; lanes is a multiple of 8, at most RESAMPLE_LANES. */
struct incremental_resample {
    uint64_t seed;
    size_t first, lanes;
};

/* weight [lanes] */
void incremental_resample_user(const struct incremental_resample *resample, size_t user,
                               double *weight);
/* Of all users in replicate first + lane. */
void incremental_resample_log(const struct incremental_resample *resample, size_t lane,
                              size_t users, float *weight);

#endif
