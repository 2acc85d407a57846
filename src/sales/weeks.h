/*
 * weeks — which seven days a row of sales is about, and the months they fall in.
 *
 * A period is one number: the first of its seven days (days since 1970-01-01) times two, plus one
 * for a week 0. A week of `year_week` is that of strftime's %Y%W: weeks start on Monday, week 1
 * has the year's first Monday. The days before it are week 0: they belong to the same seven days
 * as the last week of the year before, but a sender that counts them apart sends both, so the two
 * are different periods and add up. A date is the first of seven days and may be any weekday; on
 * a Monday it is the same period as the week.
 */
#ifndef QUERN_SALES_WEEKS_H
#define QUERN_SALES_WEEKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SALES_YEAR_MIN = 1900, SALES_YEAR_MAX = 2199 };

/* False where there is no such week; *why is then a sentence. */
bool sales_period_of_week(int64_t year_week, int32_t *period, const char **why);
/* "2020-01-06", with or without a time behind it, which is not looked at. */
bool sales_period_of_date(const char *text, size_t length, int32_t *period, const char **why);

/* The first day. */
static inline int32_t sales_period_start(int32_t period)
{
    return (period - (period & 1)) / 2;
}

/* Whether a period read from elsewhere is one that the functions above make. */
bool sales_period_valid(int32_t period);

/* The months of seven days, as 202001, and how many of the days are in each: 7 and 0, or n and 7-n.
 */
struct sales_split {
    int32_t year_month[2];
    int days[2];
};
struct sales_split sales_split_week(int32_t start);

#endif
