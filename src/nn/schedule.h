/*
 * schedule — the settings of Adam at each step.
 *
 * Constant, or one cycle (Smith and Topin, 2018) with the phases and the defaults of PyTorch's
 * OneCycleLR: over the first part of the steps the rate rises from rate / divide to rate along a
 * cosine, then falls to rate / divide / divide_final, while beta1 runs the other way, from
 * beta1_high to beta1_low and back. The last step has the smallest rate.
 */
#ifndef QUERN_NN_SCHEDULE_H
#define QUERN_NN_SCHEDULE_H

#include "nn/adam.h"

#include <stdbool.h>
#include <stdint.h>

enum schedule_kind { SCHEDULE_CONSTANT, SCHEDULE_ONE_CYCLE };

struct schedule {
    enum schedule_kind kind;
    uint64_t steps; /* of the whole training */
    double rising;  /* share of the steps; PyTorch's pct_start */
    double divide, divide_final;
    double beta1_low, beta1_high; /* both 0: beta1 stays */
};

/* 0.3, 25, 1e4, 0.85, 0.95 */
struct schedule schedule_one_cycle(uint64_t steps);

/* Settings of step `step`, counted from 0; after the last step those of the last. */
struct adam_settings schedule_at(const struct schedule *schedule, const struct adam_settings *adam,
                                 uint64_t step);

#endif
