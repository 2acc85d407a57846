#include "sales/weeks.h"

#include "support/test.h"

/* The Mondays are Python's: datetime.strptime("202001 1", "%Y%W %w"). */
TEST(weeks_are_those_of_strftime)
{
    static const struct {
        int64_t year_week;
        int32_t start; /* days since 1970, or -1 */
        int32_t month[2];
        int days[2];
    } rows[] = {
        {202001, 18267, {202001, 202001}, {7, 0}},
        {202000, 18260, {201912, 202001}, {2, 5}},
        {201952, 18260, {201912, 202001}, {2, 5}},
        {202005, 18295, {202002, 202002}, {7, 0}},
        {202008, 18316, {202002, 202003}, {6, 1}}, /* a leap year: 24 February to 1 March */
        {202352, 19716, {202312, 202312}, {7, 0}},
        {201801, 17532, {201801, 201801}, {7, 0}}, /* starts on a Monday */
        {201853, 17896, {201812, 201901}, {1, 6}},
        {202300, 19352, {202212, 202301}, {6, 1}},
        {201800, -1, {0}, {0}},
        {202053, -1, {0}, {0}},
        {202054, -1, {0}, {0}},
        {202099, -1, {0}, {0}},
        {189952, -1, {0}, {0}},
        {220001, -1, {0}, {0}},
        {0, -1, {0}, {0}},
        {-202001, -1, {0}, {0}},
        {INT64_MAX, -1, {0}, {0}},
        {INT64_MIN, -1, {0}, {0}},
    };

    EACH_ROW(rows, r) {
        int32_t period = 0;
        const char *why = NULL;
        const bool ok = sales_period_of_week(r->year_week, &period, &why);
        EXPECT_EQ(ok, r->start != -1);
        if (!ok) {
            EXPECT(why != NULL);
            continue;
        }
        EXPECT_EQ(sales_period_start(period), r->start);
        EXPECT(sales_period_valid(period));
        const struct sales_split split = sales_split_week(r->start);
        for (int i = 0; i < 2; i++) {
            EXPECT_EQ(split.year_month[i], r->month[i]);
            EXPECT_EQ(split.days[i], r->days[i]);
        }
    }
}

TEST(weeks_start_on_any_date)
{
    static const struct {
        const char *date;
        int32_t start; /* or -1 */
        int days;      /* in the first month */
    } rows[] = {
        {"2020-01-06", 18267, 7},
        {"2020-01-28", 18289, 4},
        {"2020-02-29", 18321, 1},
        {"2019-12-31", 18261, 1},
        {"2020-01-06T23:59:59+02:00", 18267, 7},
        {"2020-01-06 10:00", 18267, 7},
        {"2021-02-29", -1, 0},
        {"2020-13-01", -1, 0},
        {"2020-00-10", -1, 0},
        {"06/01/2020", -1, 0},
        {"2020-1-6", -1, 0},
        {"2020-01-06x", -1, 0},
        {"", -1, 0},
        {"0000-01-01", -1, 0},
        {"1899-06-01", -1, 0},
        {"2200-01-01", -1, 0},
        {"9999-12-31", -1, 0},
    };

    EACH_ROW(rows, r) {
        int32_t period = 0;
        const char *why = NULL;
        const bool ok = sales_period_of_date(r->date, strlen(r->date), &period, &why);
        EXPECT_EQ(ok, r->start != -1);
        if (!ok)
            continue;
        EXPECT_EQ(sales_period_start(period), r->start);
        EXPECT_EQ(sales_split_week(r->start).days[0], r->days);
    }
}

/* A date that is a Monday is the week; week 0 is a period of its own. */
TEST(weeks_and_dates_share_a_key)
{
    int32_t week, date, zero;
    const char *why;

    EXPECT(sales_period_of_week(202001, &week, &why));
    EXPECT(sales_period_of_date("2020-01-06", 10, &date, &why));
    EXPECT_EQ(week, date);
    EXPECT(sales_period_of_week(202000, &zero, &why));
    EXPECT(sales_period_of_week(201952, &week, &why));
    EXPECT(zero != week);
}

/* Every day of the years that are allowed: days add up to 7 and months follow each other. */
TEST(weeks_split_every_day)
{
    size_t days = 0;

    for (int32_t start = -25567; sales_period_valid(2 * start); start++, days++) {
        const struct sales_split split = sales_split_week(start);
        const int32_t next =
            split.year_month[0] % 100 == 12 ? split.year_month[0] + 89 : split.year_month[0] + 1;
        EXPECT_EQ(split.days[0] + split.days[1], 7);
        EXPECT(split.days[0] >= 1);
        EXPECT_EQ(split.year_month[1], split.days[1] ? next : split.year_month[0]);
    }
    EXPECT_EQ(days, 300 * 365 + 73); /* 1900 to 2199 */
}
