#include "base/number.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* unsigned __int128 is not ISO C, and -Wpedantic is not on for it here. */
__extension__ typedef unsigned __int128 wide;

static const uint64_t power10[] = {UINT64_C(1),
                                   UINT64_C(10),
                                   UINT64_C(100),
                                   UINT64_C(1000),
                                   UINT64_C(10000),
                                   UINT64_C(100000),
                                   UINT64_C(1000000),
                                   UINT64_C(10000000),
                                   UINT64_C(100000000),
                                   UINT64_C(1000000000),
                                   UINT64_C(10000000000),
                                   UINT64_C(100000000000),
                                   UINT64_C(1000000000000),
                                   UINT64_C(10000000000000),
                                   UINT64_C(100000000000000),
                                   UINT64_C(1000000000000000),
                                   UINT64_C(10000000000000000),
                                   UINT64_C(100000000000000000),
                                   UINT64_C(1000000000000000000)};

/* Decimal digits of an integer, without leading zeros; returns how many. */
static size_t write_digits(char *out, uint64_t value)
{
    char reversed[20];
    size_t count = 0;

    do {
        reversed[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    for (size_t i = 0; i < count; i++)
        out[i] = reversed[count - 1 - i];
    return count;
}

/* digits * 10^exponent as "12.5", "0.00125" or "1.25e-07": what Python's repr() writes. */
static size_t write_decimal(char *out, uint64_t digits, int exponent)
{
    char text[20];
    const int count = (int)write_digits(text, digits);
    const int point = count + exponent; /* digits in front of the point */
    size_t length = 0;

    if (point > 0 && point < count) {
        memcpy(out, text, (size_t)point);
        out[point] = '.';
        memcpy(out + point + 1, text + point, (size_t)(count - point));
        return (size_t)count + 1;
    }
    if (point <= 0 && point > -4) {
        memcpy(out, "0.000", 5);
        length = 2 + (size_t)-point;
        memcpy(out + length, text, (size_t)count);
        return length + (size_t)count;
    }
    if (point >= count && point <= 16) {
        memcpy(out, text, (size_t)count);
        memset(out + count, '0', (size_t)(point - count));
        return (size_t)point;
    }
    out[length++] = text[0];
    if (count > 1) {
        out[length++] = '.';
        memcpy(out + length, text + 1, (size_t)count - 1);
        length += (size_t)count - 1;
    }
    return length + (size_t)snprintf(out + length, 8, "e%+03d", point - 1);
}

/* Whether rest + part / (2 * half) is more than half a unit; a tie goes to the even neighbour. */
static bool rounds_up(uint64_t rest, uint64_t unit, wide part, wide half, bool odd)
{
    if (unit == 1)
        return part > half || (part == half && odd);
    if (rest != unit / 2)
        return rest > unit / 2;
    return part > 0 || odd;
}

/*
 * Shortest digits of m * 2^-shift in [1e-6, 2^53), not an integer: scaled by 10^k to 17 digits
 * before the point, everything that rounds to this double is the interval [low, high] of integers.
 * The answer is its multiple of the highest power of ten, the nearest one to the number. All
 * products are exact: 2^54 * 10^22 < 2^128.
 */
static size_t write_shortest(char *out, uint64_t m, int shift, int k)
{
    const bool even = m % 2 == 0;
    const bool edge = m == UINT64_C(1) << 52; /* the double below is only half as far away */
    const wide scale = (wide)power10[k > 18 ? 18 : k] * power10[k > 18 ? k - 18 : 0];
    const int fine = shift + (edge ? 2 : 1);
    const wide centre = (wide)(edge ? m * 4 : m * 2) * scale;
    const wide top = centre + scale * (edge ? 2 : 1), bottom = centre - scale;
    const wide mask = ((wide)1 << fine) - 1;
    uint64_t high = (uint64_t)(top >> fine), low = (uint64_t)(bottom >> fine), unit = 1;
    int zeros = 0;

    if ((top & mask) == 0 && !even)
        high--;
    if ((bottom & mask) != 0 || !even)
        low++;
    while (zeros < 17 && high / (unit * 10) * (unit * 10) >= low) {
        unit *= 10;
        zeros++;
    }
    const uint64_t whole = (uint64_t)(centre >> fine);
    uint64_t best = whole / unit;
    best += rounds_up(whole % unit, unit, centre & mask, (wide)1 << (fine - 1), best % 2 == 1);
    if (best * unit < low)
        best++;
    if (best * unit > high)
        best--;
    return write_decimal(out, best, zeros - k);
}

/* Far from 1: as many digits as it takes. */
static size_t write_slowly(char *out, double value)
{
    char text[40];

    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*e", digits - 1, value);
        if (strtod(text, NULL) != value)
            continue;
        const char *mark = strchr(text, 'e');
        uint64_t mantissa = 0;
        for (const char *at = text; at < mark; at++)
            if (*at != '.')
                mantissa = mantissa * 10 + (uint64_t)(*at - '0');
        return write_decimal(out, mantissa, (int)strtol(mark + 1, NULL, 10) - (digits - 1));
    }
    return 0;
}

size_t number_write(char *out, double value)
{
    /* Below scale[i + 1], 10^(22 - i) makes 17 digits before the point. */
    static const double scale[] = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1,
                                   1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                   1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16};
    const double size = fabs(value);
    uint64_t bits;
    size_t length = 0;

    if (signbit(value))
        out[length++] = '-';
    if (size < 9007199254740992.0 && size == (double)(uint64_t)size)
        return length + write_digits(out + length, (uint64_t)size);
    if (size < 1e-6 || size >= 9007199254740992.0)
        return length + write_slowly(out + length, size);

    memcpy(&bits, &size, sizeof bits);
    const uint64_t m = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    const int shift = 1075 - (int)(bits >> 52);
    int k = 22;
    while (k > 0 && size >= scale[23 - k])
        k--;
    return length + write_shortest(out + length, m, shift, k);
}
