#include "base/number.h"

#include <float.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A decimal taken apart: mantissa * 10^exponent, exact unless `cut`. */
struct decimal {
    uint64_t mantissa;
    int exponent;
    size_t digits;
    bool negative, cut;
};

enum { MANTISSA_DIGITS = 19, EXPONENT_MAX = 100000 };

static inline unsigned digit_of(char c)
{
    return (unsigned)(unsigned char)c - '0';
}

static const char *read_exponent(const char *at, const char *end, int *exponent)
{
    const char *mark = at++;
    bool negative = false;
    int value = 0;

    if (at < end && (*at == '+' || *at == '-'))
        negative = *at++ == '-';
    if (at == end || digit_of(*at) > 9)
        return mark;
    for (; at < end && digit_of(*at) <= 9; at++)
        if (value < EXPONENT_MAX)
            value = value * 10 + (int)digit_of(*at);
    *exponent += negative ? -value : value;
    return at;
}

/* The digits on one side of the point. */
static inline const char *read_digits(const char *at, const char *end, struct decimal *d, int step)
{
    for (; at < end; at++) {
        const unsigned digit = digit_of(*at);
        if (digit > 9)
            break;
        d->digits++;
        if (__builtin_expect(d->mantissa >= UINT64_C(999999999999999999), 0)) {
            d->cut = true;
            d->exponent += 1 + step;
            continue;
        }
        d->mantissa = d->mantissa * 10 + digit;
        d->exponent += step;
    }
    return at;
}

static double read_slowly(const char *at, size_t length)
{
    char buffer[NUMBER_READ_MAX + 1];

    memcpy(buffer, at, length);
    buffer[length] = '\0';
    return strtod(buffer, NULL);
}

/*
 * A 64-bit mantissa and powers of ten up to 10^27 are exact in the x87 format, so one operation
 * rounds once to 64 bits. Rounding again to 53 bits is right unless the 64 bits stand exactly
 * between two doubles: then what the first rounding dropped would decide.
 */
static bool scale_extended(const struct decimal *d, double *value)
{
#if LDBL_MANT_DIG == 64
    static const long double power[] = {1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,
                                        1e7L,  1e8L,  1e9L,  1e10L, 1e11L, 1e12L, 1e13L,
                                        1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L, 1e20L,
                                        1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L};

    if (d->cut || d->exponent < -27 || d->exponent > 27)
        return false;
    const long double mantissa = (long double)d->mantissa;
    const long double scaled =
        d->exponent < 0 ? mantissa / power[-d->exponent] : mantissa * power[d->exponent];
    uint64_t bits;
    memcpy(&bits, &scaled, sizeof bits);
    if ((bits & 0x7ff) == 0x400)
        return false;
    *value = (double)scaled;
    return true;
#else
    return false;
#endif
}

const char *number_read(const char *at, const char *end, double *value)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *start = at;
    struct decimal d = {0};

    if (at < end && (*at == '-' || *at == '+'))
        d.negative = *at++ == '-';
    at = read_digits(at, end, &d, 0);
    if (at < end && *at == '.')
        at = read_digits(at + 1, end, &d, -1);
    if (d.digits == 0)
        return NULL;
    if (at < end && (*at == 'e' || *at == 'E'))
        at = read_exponent(at, end, &d.exponent);

    double result;
    if (d.mantissa <= UINT64_C(1) << 53 && d.exponent >= -22 && d.exponent <= 22 && !d.cut) {
        /* Both are exact doubles, so one operation rounds once (Clinger 1990). */
        result = (double)d.mantissa;
        result = d.exponent < 0 ? result / power[-d.exponent] : result * power[d.exponent];
    } else if (d.mantissa == 0 && !d.cut) {
        result = 0;
    } else if (!scale_extended(&d, &result)) {
        if (at - start > NUMBER_READ_MAX)
            return NULL;
        *value = read_slowly(start, (size_t)(at - start));
        return at;
    }
    *value = d.negative ? -result : result;
    return at;
}
