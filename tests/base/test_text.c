#include "base/text.h"
#include "support/test.h"

#include <float.h>
#include <math.h>

TEST(text_reads_whole_integers_only)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } rows[] = {
        {"0", true, 0},
        {"-17", true, -17},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"1.5", false, 0},
        {" 1", false, 0},
        {"12a", false, 0},
    };
    EACH_ROW(rows, r) {
        int64_t value = 0;
        EXPECT_EQ(text_to_int64(r->text, strlen(r->text), &value), r->ok);
        EXPECT_EQ(value, r->value);
    }
}

TEST(text_reads_iso_times)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t microseconds;
    } rows[] = {
        {"1970-01-01", true, 0},
        {"1970-01-01T00:00:01Z", true, 1000000},
        {"2017-07-14 02:40:00", true, 1500000000000000},
        {"2017-07-14T04:40:00+02:00", true, 1500000000000000},
        {"2017-07-13T21:10:00-0530", true, 1500000000000000},
        {"2017-07-14T02:40:00.25", true, 1500000000250000},
        {"2017-07-14T02:40:00.1234567Z", true, 1500000000123456},
        {"2000-02-29", true, 951782400000000},
        {"1900-02-29", false, 0},
        {"1969-12-31", true, -86400000000},
        {"2017-13-01", false, 0},
        {"2017-07-14T25:00", false, 0},
        {"2017-07-14T02:40:00 ", false, 0},
        {"2017-07-14T02:40:00+", false, 0},
        {"14/07/2017", false, 0},
        {"", false, 0},
    };
    EACH_ROW(rows, r) {
        int64_t value = 0;
        EXPECT_EQ(text_to_time(r->text, strlen(r->text), &value), r->ok);
        if (r->ok)
            EXPECT_EQ(value, r->microseconds);
    }
}

TEST(text_reads_numbers_and_truths)
{
    double number;
    bool truth;

    EXPECT(text_to_double("-1.5e3", 6, &number) && number == -1500);
    EXPECT(!text_to_double("nan", 3, &number));
    static const char *const missing[] = {"",     " ",    "nan", "NaN",  "NAN",
                                          "null", "NULL", "NA",  " NA\t"};
    EACH_ROW(missing, m) {
        number = 0;
        EXPECT(text_to_number(*m, strlen(*m), &number) && isnan(number));
    }
    EXPECT(text_to_number(" 2.5 ", 5, &number) && number == 2.5);
    EXPECT(!text_to_number("na", 2, &number) && !text_to_number("1 2", 3, &number));
    EXPECT(!text_to_double("1e999", 5, &number));
    EXPECT(!text_to_double("0x10", 4, &number));
    EXPECT(text_to_bool("TRUE", 4, &truth) && truth);
    EXPECT(text_to_bool("no", 2, &truth) && !truth);
    EXPECT(!text_to_bool("tru", 3, &truth));
}

TEST(text_grows)
{
    struct text text = {0};

    for (int i = 0; i < 1000; i++)
        text_add_format(&text, "%d,", i);
    EXPECT_EQ(text.length, 3890);
    EXPECT_EQ(strlen(text.bytes), text.length);
    text_clear(&text);
}

TEST(text_from_time_reads_back)
{
    static const struct {
        const char *text;
    } rows[] = {
        {"1970-01-01T00:00:00.000Z"}, {"1999-12-31T23:59:59.999Z"}, {"2000-02-29T12:00:00.001Z"},
        {"2000-03-01T00:00:00.000Z"}, {"2024-02-29T23:59:59.999Z"}, {"2100-02-28T01:02:03.004Z"},
        {"2100-03-01T00:00:00.000Z"}, {"2026-01-31T09:26:53.120Z"}, {"9999-12-31T23:59:59.999Z"},
    };
    EACH_ROW(rows, r) {
        int64_t time;
        char text[TEXT_TIME_SIZE];
        EXPECT(text_to_time(r->text, strlen(r->text), &time));
        text_from_time(text, time);
        EXPECT_STR(text, r->text);
    }
    for (int64_t day = 0; day < 200 * 366; day++) {
        int64_t time;
        char text[TEXT_TIME_SIZE];
        text_from_time(text, day * INT64_C(86400000000));
        EXPECT(text_to_time(text, strlen(text), &time));
        EXPECT_EQ(time, day * INT64_C(86400000000));
    }
}

TEST(decimals_are_plain_and_read_back)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {0.5, "0.5"},
        {0.1, "0.1"},
        {1. / 3, "0.3333333333333333"},
        {1.2e-7, "0.00000012"},
        {1e-17, "0.00000000000000001"},
        {-1e-18, "0"},
        {4e-320, "0"},
        {1e-10 / 3, "0.00000000003333333"},
        {123456.75, "123456.75"},
        {100, "100"},
        {1e22, "10000000000000000000000"},
        {-2.5, "-2.5"},
        {0.99999999999999989, "0.9999999999999999"},
        {NAN, "NaN"},
        {-INFINITY, "NaN"},
    };
    char text[TEXT_DECIMAL_SIZE];

    EACH_ROW(rows, r) {
        text_from_decimal(text, r->value);
        EXPECT_STR(text, r->text);
    }
    text_from_decimal(text, -DBL_MAX);
    EXPECT_EQ(strlen(text), 310);
}
