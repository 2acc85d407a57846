/*
 * elementary — exp, log, tanh and sigmoid of arrays, the same bits on every processor.
 *
 * The C library picks its code by processor, and its last bits differ; these are plain sums and
 * products in a fixed order. The error stays below this many units in the last place of the exact
 * result (tests/nn/test_elementary.c; largest seen in 16 million arguments):
 *
 *              float            double
 *   exp        0.8  (0.770)     0.7  (0.688)
 *   log        0.85 (0.826)     0.85 (0.815)
 *   tanh       2    (1.902)     2    (1.935)
 *   sigmoid    1.85 (1.784)     1.85 (1.806)
 *
 * NaN gives NaN. exp overflows to infinity and underflows through the denormals to 0; log of 0 is
 * -infinity, of a negative number NaN; tanh keeps the sign of zero. y may be x.
 */
#ifndef QUERN_NN_ELEMENTARY_H
#define QUERN_NN_ELEMENTARY_H

#include "nn/real.h"

#include <stddef.h>

void elementary_exp(real *y, const real *x, size_t n);
void elementary_log(real *y, const real *x, size_t n);
void elementary_tanh(real *y, const real *x, size_t n);
void elementary_sigmoid(real *y, const real *x, size_t n);

#endif
