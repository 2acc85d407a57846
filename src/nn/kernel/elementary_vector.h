/*
 * elementary_vector — exp, log, tanh and sigmoid of a vector.
 *
 * Plain additions, products and quotients in a fixed order: no fused operations, no table, no
 * branch, so a lane gives the same bits on every processor and at every vector width. Accuracy over
 * all floats, in units of the last place, and the largest error measured
 * (tests/nn/test_elementary): see elementary.h. NaN gives NaN; denormal arguments and results are
 * kept.
 *
 * Series are Taylor's: with the arguments reduced as below they cost one or two terms more than
 * minimax polynomials, and their coefficients need no explanation.
 */
#ifndef QUERN_NN_KERNEL_ELEMENTARY_VECTOR_H
#define QUERN_NN_KERNEL_ELEMENTARY_VECTOR_H

#include "nn/kernel/vector.h"

#include <math.h>

#ifdef QUERN_REAL_DOUBLE
enum { MANTISSA = 52, EXPONENT_BIAS = 1023, EXP_TERMS = 13, LOG_TERMS = 10 };
#define ROUNDER 0x1.8p52
#define LN2_HIGH 0x1.62e42feep-1 /* ends in zeros: a product with any exponent is exact */
#define LN2_LOW 0x1.a39ef35793c76p-33
#define EXP_MAX 710.0
#define EXP_MIN (-746.0)
#define TANH_MAX 40.0 /* of twice the argument; from there on tanh rounds to 1 */
#define TINY 0x1p-1022
#define TINY_SCALE 54
#else
enum { MANTISSA = 23, EXPONENT_BIAS = 127, EXP_TERMS = 7, LOG_TERMS = 4 };
#define ROUNDER 0x1.8p23f
#define LN2_HIGH 0x1.62ep-1f
#define LN2_LOW 0x1.0bfbe8p-15f
#define EXP_MAX 89.0f
#define EXP_MIN (-104.0f)
#define TANH_MAX 20.0f
#define TINY 0x1p-126f
#define TINY_SCALE 25
#endif

/* 2^n for normal results. */
INLINE vec vec_power_of_two(ivec n)
{
    return (vec)((uvec)(n + EXPONENT_BIAS) << MANTISSA);
}

/*
 * x = n ln 2 + r with |r| <= ln 2 / 2, and exp(r) - 1 = r + tail, tail = r^2 (1/2! + r/3! + ...).
 * The tail is small, so whoever adds r first and exactly loses little more than half a unit.
 */
struct reduced {
    vec count; /* n */
    ivec n;
    vec r, tail;
};

INLINE struct reduced vec_expm1_reduced(vec x)
{
    static const real inverse_factorial[] = {
        (real)(1.0 / 2),        (real)(1.0 / 6),         (real)(1.0 / 24),
        (real)(1.0 / 120),      (real)(1.0 / 720),       (real)(1.0 / 5040),
        (real)(1.0 / 40320),    (real)(1.0 / 362880),    (real)(1.0 / 3628800),
        (real)(1.0 / 39916800), (real)(1.0 / 479001600), (real)(1.0 / 6227020800),
    };
    const vec shifted = x * (real)M_LOG2E + ROUNDER;
    const vec count = shifted - ROUNDER;
    const vec high = x - count * LN2_HIGH, low = count * LN2_LOW;
    const vec r = high - low, lost = (high - r) - low; /* what rounding took from r */
    vec sum = vec_of(inverse_factorial[EXP_TERMS - 2]);

    UNROLL
    for (int i = EXP_TERMS - 3; i >= 0; i--)
        sum = sum * r + inverse_factorial[i];
    return (struct reduced){count, (ivec)shifted - (ivec)vec_of(ROUNDER), r, sum * (r * r) + lost};
}

/* y 2^n, rounded once, of a y near 1. */
INLINE vec vec_scaled(vec y, const struct reduced *by)
{
#if KERNEL_BYTES == 64 && defined QUERN_REAL_DOUBLE
    return (vec)_mm512_scalef_pd((__m512d)y, (__m512d)by->count);
#elif KERNEL_BYTES == 64
    return (vec)_mm512_scalef_ps((__m512)y, (__m512)by->count);
#else
    /* In two factors, so that neither overflows where the result is denormal or infinite. */
    const ivec half = by->n >> 1;
    return y * vec_power_of_two(half) * vec_power_of_two(by->n - half);
#endif
}

INLINE vec vec_exp(vec x)
{
    x = vec_higher(vec_of(EXP_MIN), vec_lower(vec_of(EXP_MAX), x));
    const struct reduced e = vec_expm1_reduced(x);
    const vec sum = e.r + 1;
    const vec y = sum + ((e.r - (sum - 1)) + e.tail);

    return vec_scaled(y, &e);
}

/*
 * With e = exp(2|x|) - 1 = 2^n (r + tail) + (2^n - 1), tanh |x| is e / (e + 2), or, where it is
 * above 1/2 and that quotient would lose a bit, 1 - 2 / (e + 2). Small x are taken negative,
 * because e + 2 is rounded more finely below 2 than above. The sign is that of x in the end.
 */
INLINE vec vec_tanh(vec x)
{
    const ivec sign = (ivec)vec_of(-(real)0);
    const vec positive = (vec)((ivec)x & ~sign);
    vec twice = positive + positive;

    twice = vec_select(twice > TANH_MAX, vec_of(TANH_MAX), twice);
    twice = vec_select(positive < (real)0.25, -twice, twice);
    const struct reduced part = vec_expm1_reduced(twice);
    const vec power = vec_power_of_two(part.n), r = power * part.r, whole = power - 1;
    const vec sum = r + whole;
    const vec e = sum + ((r - (sum - whole)) + power * part.tail);
    const ivec large = e > 2;
    const vec quotient = vec_select(large, vec_of(2), e) / (e + 2);
    const vec y = vec_select(large, 1 - quotient, quotient);
    return (vec)(((ivec)y & ~sign) | ((ivec)x & sign));
}

/*
 * With e = exp(-|x|), which cannot overflow, 1 / (1 + e) for positive x and e / (1 + e) for
 * negative; where e is small the latter is e - e^2 / (1 + e), which keeps the bits of e.
 */
INLINE vec vec_sigmoid(vec x)
{
    const vec e = vec_exp((vec)((ivec)x | (ivec)vec_of(-(real)0)));
    const ivec negative = x < 0, small = negative & (e < (real)0.25);
    const vec above = vec_select(negative, vec_select(small, e * e, e), vec_of(1));
    const vec quotient = above / (e + 1);

    return vec_select(small, e - quotient, quotient);
}

/*
 * x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); with s = f / (2 + f)
 * log(1 + f) = f - f^2/2 + s (f^2/2 + 2 s^2/3 + 2 s^4/5 + ...)   (as fdlibm arranges it)
 */
INLINE vec vec_log(vec x)
{
    const ivec tiny = x < TINY, zero = x == 0, negative = x < 0;
    const ivec special = ~(x < INFINITY); /* infinity and NaN */
    const vec scaled = vec_select(tiny, x * (real)((lane)1 << TINY_SCALE), x);
    const ivec normal = (ivec)scaled & ~(ivec)vec_of(-(real)0); /* negative: NaN in the end */
    /* sqrt(1/2) becomes the bottom of a binade: its bits are taken off, then put back. */
    const ivec base = (ivec)vec_of((real)M_SQRT1_2);
    const ivec bits = normal - base;
    const ivec k = bits >> MANTISSA;
    const vec f = (vec)((uvec)normal - ((uvec)k << MANTISSA)) - 1;
    const vec s = f / (f + 2), z = s * s, half_square = f * f * (real)0.5;
    vec sum = vec_of((real)(2.0 / (2 * LOG_TERMS + 1)));

    UNROLL
    for (int i = LOG_TERMS - 1; i >= 1; i--)
        sum = sum * z + (real)(2.0 / (2 * i + 1));
    const vec count = __builtin_convertvector(k - (tiny & TINY_SCALE), vec);
    vec y =
        count * LN2_HIGH - ((half_square - (s * (half_square + sum * z) + count * LN2_LOW)) - f);
    y = vec_select(special, x, y);
    y = vec_select(zero, vec_of(-INFINITY), y);
    return vec_select(negative, vec_of((real)NAN), y);
}

#endif
