#include "attribution/elementary.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/*
 * 2^x = 2^n * exp(r), n the nearest integer, r = (x - n) log 2 within +-0.3466; the Taylor series
 * of exp has terms below 2^-56 there after the 13th. Only exactly rounded operations are used.
 */
double exp2_exact(double x)
{
    static const double inverse_factorial[] = {
        1,
        1,
        1. / 2,
        1. / 6,
        1. / 24,
        1. / 120,
        1. / 720,
        1. / 5040,
        1. / 40320,
        1. / 362880,
        1. / 3628800,
        1. / 39916800,
        1. / 479001600,
        1. / 6227020800.,
    };

    if (x != x)
        return x;
    if (x < -1022)
        return 0;
    if (x >= 1024)
        return INFINITY;
    double n = (double)(int64_t)x; /* cut towards 0, then to the nearest */
    n += x - n > 0.5 ? 1 : x - n < -0.5 ? -1 : 0;
    const double r = (x - n) * 0.693147180559945309417;
    double sum = inverse_factorial[13];
    for (int i = 12; i >= 0; i--)
        sum = sum * r + inverse_factorial[i];
    if (n == 1024) /* only 2^1023 has a bit pattern */
        return sum * 2 * 0x1p1023;
    const uint64_t bits = (uint64_t)((int64_t)n + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}
