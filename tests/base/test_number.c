/* Numbers as text: against strtod() and against every shorter decimal. */
#include <math.h>
#include <string.h>

#include "support/test.h"
#include "base/number.h"

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Numbers of every size, and of the kinds that occur: floats as doubles, cents, powers of two. */
static double random_number(uint64_t *state, size_t i)
{
    const uint64_t bits = next_random(state);
    double value;

    switch (i % 5) {
    case 0:
        memcpy(&value, &bits, sizeof value);
        return isfinite(value) ? value : 0;
    case 1:
        return (double)(float)((double)(bits >> 11) * 0x1p-53);
    case 2:
        return (double)(int64_t)(bits % 2000000) / 100;
    case 3:
        return ldexp((double)(UINT64_C(1) << 52 | (bits % 3 == 0 ? 0 : bits >> 12)),
                     (int)(bits % 74) - 73);
    default:
        return (double)(int64_t)bits / (double)(UINT64_C(1) << (next_random(state) % 60));
    }
}

/* Significant digits written, without zeros at either end. */
static size_t significant(const char *text, size_t length)
{
    size_t count = 0, zeros = 0;

    for (size_t i = 0; i < length && text[i] != 'e'; i++) {
        if (text[i] < '0' || text[i] > '9' || (text[i] == '0' && count == 0))
            continue;
        count++;
        zeros = text[i] == '0' ? zeros + 1 : 0;
    }
    return count - zeros;
}

TEST(number_written_reads_back)
{
    uint64_t seed = 88172645463325252u;

    for (size_t i = 0; i < 300000; i++) {
        const double value = random_number(&seed, i);
        char text[NUMBER_WRITE_MAX + 1];
        double back;
        const size_t length = number_write(text, value);
        EXPECT(length <= NUMBER_WRITE_MAX);
        text[length] = '\0';
        if (!same(strtod(text, NULL), value))
            fail_msg("%.17g is written '%s'", value, text);
        EXPECT(number_read(text, text + length, &back) == text + length && same(back, value));
    }
}

TEST(number_written_is_shortest_and_nearest)
{
    uint64_t seed = 1442695040888963407u;

    for (size_t i = 0; i < 60000; i++) {
        const double value = random_number(&seed, i);
        char text[NUMBER_WRITE_MAX + 1], shorter[40];
        int digits = 1;
        const size_t length = number_write(text, value);
        text[length] = '\0';
        for (; digits < 17; digits++) {
            snprintf(shorter, sizeof shorter, "%.*e", digits - 1, value);
            if (strtod(shorter, NULL) == value)
                break;
        }
        if (value != 0 && significant(text, length) > (size_t)digits)
            fail_msg("%.17g is written '%s', but %d digits are enough", value, text, digits);
    }
}

TEST(number_is_written_as_people_write)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-12.5, "-12.5"},
        {0.1, "0.1"},
        {0.001, "0.001"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {0.1 + 0.2, "0.30000000000000004"},
        {(double)0.12345679f, "0.12345679104328156"},
        {123456789012345, "123456789012345"},
        {9007199254740992, "9007199254740992"},
        {1e16, "1e+16"},
        {1e22, "1e+22"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {5e-324, "5e-324"},
        {1e-6, "1e-06"},
        {0.000001234, "1.234e-06"},
        {2.5e-7, "2.5e-07"},
    };
    EACH_ROW(rows, r) {
        char text[NUMBER_WRITE_MAX + 1];
        text[number_write(text, r->value)] = '\0';
        EXPECT_STR(text, r->text);
    }
}

static size_t random_decimal(char *out, uint64_t *state)
{
    const size_t whole = next_random(state) % 25, part = next_random(state) % 25;
    size_t length = 0;

    if (next_random(state) % 3 == 0)
        out[length++] = '-';
    for (size_t i = 0; i < whole; i++)
        out[length++] = (char)('0' + next_random(state) % 10);
    if (part > 0 || whole == 0)
        out[length++] = '.';
    for (size_t i = 0; i < part + (whole == 0 && part == 0); i++)
        out[length++] = (char)('0' + next_random(state) % 10);
    if (next_random(state) % 4 == 0)
        length += (size_t)snprintf(out + length, 8, "e%d", (int)(next_random(state) % 700) - 350);
    out[length] = '\0';
    return length;
}

TEST(number_read_is_correctly_rounded)
{
    uint64_t seed = 6364136223846793005u;
    char text[80];

    for (size_t i = 0; i < 500000; i++) {
        const size_t length = random_decimal(text, &seed);
        double value;
        const char *end = number_read(text, text + length, &value);
        if (end != text + length || !same(value, strtod(text, NULL)))
            fail_msg("'%s' is read as %.17g", text, value);
    }
}

TEST(number_halfway_goes_to_even)
{
    static const char *const rows[] = {
        "9007199254740993",
        "9007199254740995",
        "9007199254740993.0000001",
        "4503599627370496.5",
        "4503599627370497.5",
        "9007199254740992.99999",
        "0.500000000000000166",
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126",
        "2.2250738585072011e-308",
        "4.9e-324",
        "2.4703282292062327e-324",
        "1.7976931348623159e308",
        "18446744073709551615",
        "18446744073709551616",
        "9999999999999999999999",
        "100000000000000000000000000000000000000000000000000000000000",
        "0e99999999999999999999",
    };
    EACH_ROW(rows, r) {
        double value;
        EXPECT(number_read(*r, *r + strlen(*r), &value) == *r + strlen(*r));
        EXPECT(same(value, strtod(*r, NULL)));
    }
}

TEST(number_reads_up_to_what_is_none)
{
    static const struct {
        const char *text;
        int length; /* -1: none */
    } rows[] = {
        {"12,3", 2}, {"12e,", 2}, {"1.5e+", 3}, {"-", -1},  {"", -1},    {".", -1},
        {"+.5", 3},  {"x", -1},   {"1.2.3", 3}, {"0x1", 1}, {"--1", -1}, {"e5", -1},
    };
    EACH_ROW(rows, r) {
        double value;
        const char *end = number_read(r->text, r->text + strlen(r->text), &value);
        EXPECT_EQ(end ? end - r->text : -1, r->length);
    }
}
