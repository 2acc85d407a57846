/*
 * elementary — powers of two with the same bits on every machine.
 *
 * The C library chooses code by processor, and its results differ in the last bit between them.
 */
#ifndef QUERN_ATTRIBUTION_ELEMENTARY_H
#define QUERN_ATTRIBUTION_ELEMENTARY_H

/* 2^x, within 2 units in the last place where the result is normal; 0 below 2^-1022. NaN stays. */
double exp2_exact(double x);

#endif
