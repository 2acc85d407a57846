/*
 * adam — the optimiser of Kingma and Ba (ICLR 2015), in the form and with the defaults of Keras.
 *
 *   m <- beta1 m + (1 - beta1) g
 *   v <- beta2 v + (1 - beta2) g^2
 *   w <- w - rate sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon) - rate decay w
 *
 * t counts steps from 1. Epsilon is added to the root of the uncorrected v (section 2 of the paper,
 * last paragraph; "epsilon hat"), not to that of the corrected one as in algorithm 1.
 *
 * Decay is that of Loshchilov and Hutter (ICLR 2019, AdamW): it pulls every weight towards 0 and is
 * no part of the gradient.
 *
 * Element by element, so a vector may be cut anywhere and its pieces updated by different threads;
 * square root and division are correctly rounded, so every processor gives the same bits.
 */
#ifndef QUERN_NN_ADAM_H
#define QUERN_NN_ADAM_H

#include "nn/real.h"

#include <stddef.h>
#include <stdint.h>

struct adam_settings {
    double rate, beta1, beta2, epsilon, decay;
};

struct adam_settings adam_defaults(void); /* 0.001, 0.9, 0.999, 1e-7, 0 */

/* The numbers of one step, the same for every element. */
struct adam_step {
    real rate; /* with the corrections for the start */
    real keep1, add1, keep2, add2, epsilon, shrink;
};

struct adam_step adam_step_begin(const struct adam_settings *settings, uint64_t t);

/* weight, first (m) and second (v) [count] are updated by gradient [count]. */
void adam_update(const struct adam_step *step, size_t count, const real *restrict gradient,
                 real *restrict weight, real *restrict first, real *restrict second);

#endif
