/*
 * elementary — powers of two and logarithms with the same bits on every machine.
 *
 * The C library chooses code by processor, and its results differ in the last bit between them.
 * Here only exactly rounded operations are used.
 */
#ifndef QUERN_ATTRIBUTION_ELEMENTARY_H
#define QUERN_ATTRIBUTION_ELEMENTARY_H

#include <stdint.h>
#include <string.h>

/* 2^x, within 2 units in the last place where the result is normal; 0 below 2^-1022. NaN stays. */
double exp2_exact(double x);

/*
 * 2^-x for x >= 0, to a relative 1e-11 and without branches: the decay of what was seen x
 * half-lives ago. Below 2^-1000 it stays there.
 */
static inline double exp2_decay(double x)
{
    const double bounded = x < 1000 ? x : 1000;
    const int64_t whole = (int64_t)(bounded + 0.5);
    const double r = ((double)whole - bounded) * 0.693147180559945309417, r2 = r * r, r4 = r2 * r2;
    const double low = 1 + r + r2 * (1. / 2 + r * (1. / 6));
    const double middle = 1. / 24 + r * (1. / 120) + r2 * (1. / 720 + r * (1. / 5040));
    const double high = 1. / 40320 + r * (1. / 362880) + r2 * (1. / 3628800);
    const uint64_t bits = (uint64_t)(1023 - whole) << 52;
    double power;

    memcpy(&power, &bits, sizeof power);
    return power * (low + r4 * (middle + r4 * high));
}

/*
 * Natural logarithm of a positive normal number, within 1e-13 + 1e-15 |log x|. With x = m 2^e, m
 * between the roots of 1/2 and 2, and s = (m - 1) / (m + 1): log m = 2 (s + s^3 / 3 + s^5 / 5 ..).
 */
static inline double log_near(double x)
{
    uint64_t bits;
    double m;

    memcpy(&bits, &x, sizeof bits);
    const uint64_t shifted = bits - UINT64_C(0x3fe6a09e667f3bcd); /* the root of 1/2 */
    const int64_t e = (int64_t)shifted >> 52;
    bits -= (uint64_t)e << 52;
    memcpy(&m, &bits, sizeof m);
    const double s = (m - 1) / (m + 1), z = s * s, z2 = z * z, z4 = z2 * z2;
    const double low = 1 + z * (1. / 3) + z2 * (1. / 5 + z * (1. / 7));
    const double high = 1. / 9 + z * (1. / 11) + z2 * (1. / 13 + z * (1. / 15));
    return (double)e * 0.693147180559945309417 + 2 * s * (low + z4 * high);
}

#endif
