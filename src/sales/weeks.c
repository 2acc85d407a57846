#include "sales/weeks.h"

#include "base/text.h"

struct date {
    int64_t year;
    int month, day;
};

/* Days since 1970-01-01 in the proleptic Gregorian calendar; a year starts in March here. */
static int32_t day_of(struct date date)
{
    const int64_t year = date.year - (date.month <= 2);
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const int64_t of_era = year - era * 400;
    const int64_t of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;

    return (int32_t)(era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468);
}

static struct date date_of(int32_t day)
{
    const int64_t shifted = (int64_t)day + 719468;
    const int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const int64_t of_era = shifted - era * 146097;
    const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    const int64_t month = (5 * of_year + 2) / 153;

    return (struct date){
        .year = year + era * 400 + (month >= 10),
        .month = (int)(month < 10 ? month + 3 : month - 9),
        .day = (int)(of_year - (153 * month + 2) / 5 + 1),
    };
}

/* 0 is Monday. */
static int weekday_of(int32_t day)
{
    return ((day + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
}

bool sales_period_of_week(int64_t year_week, int32_t *period, const char **why)
{
    const int64_t year = year_week / 100, week = year_week % 100;

    if (year_week < 0 || year < SALES_YEAR_MIN || year > SALES_YEAR_MAX) {
        *why = "is not a year and a week, such as 202001, of the years 1900 to 2199";
        return false;
    }
    const int32_t first = day_of((struct date){year, 1, 1});
    const int32_t monday = first + (7 - weekday_of(first)) % 7; /* of week 1 */
    const int32_t start = monday + (int32_t)(week - 1) * 7;

    if (start >= day_of((struct date){year + 1, 1, 1})) {
        *why = "is a week that its year does not have";
        return false;
    }
    if (start + 6 < first) {
        *why = "is a week 0 of a year that starts on a Monday and has none";
        return false;
    }
    *period = start * 2 + (week == 0);
    return true;
}

bool sales_period_of_date(const char *text, size_t length, int32_t *period, const char **why)
{
    static const int64_t day = INT64_C(86400) * 1000000;
    int64_t time = 0;

    /* The date alone: a time zone behind it must not move it to another day. */
    *why = "is not a date such as 2020-01-06";
    if (length < 10 || (length > 10 && text[10] != 'T' && text[10] != ' ') ||
        !text_to_time(text, 10, &time) ||
        (length > 10 && !text_to_time(text, length, &(int64_t){0})))
        return false;
    const int32_t start = (int32_t)((time - (time % day + day) % day) / day);
    *why = "is not within the years 1900 to 2199";
    if (!sales_period_valid(start * 2))
        return false;
    *period = start * 2;
    return true;
}

bool sales_period_valid(int32_t period)
{
    const int32_t start = sales_period_start(period);

    return start >= day_of((struct date){SALES_YEAR_MIN, 1, 1}) - 6 &&
           start <= day_of((struct date){SALES_YEAR_MAX, 12, 31});
}

struct sales_split sales_split_week(int32_t start)
{
    const struct date first = date_of(start), last = date_of(start + 6);
    const int32_t month = (int32_t)first.year * 100 + first.month;
    const int days = first.month == last.month ? 7 : 7 - last.day;

    return (struct sales_split){
        .year_month = {month, (int32_t)last.year * 100 + last.month},
        .days = {days, 7 - days},
    };
}
