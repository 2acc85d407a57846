/*
 * calendar — months as whole numbers: year * 12 + month - 1, so that the next month is one more.
 */
#ifndef QUERN_FORECAST_CALENDAR_H
#define QUERN_FORECAST_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CALENDAR_TEXT_SIZE = 16, CALENDAR_JUNE = 5, CALENDAR_JULY = 6 };

/* The day of a date, from 0, and its month; false before year 1 and after 9999. */
bool calendar_from_time(int64_t microseconds, int *month, int *day);

/* "2023-07-01" (a time may follow); false when it is no date. */
bool calendar_from_text(const char *text, int *month);

/* "2023-07-01": the first day of a month. */
void calendar_text(int month, char text[CALENDAR_TEXT_SIZE]);

/* 0 is January. */
static inline int calendar_of_year(int month)
{
    return month % 12;
}

/* A fiscal year has the name of the year it ends in, on the last day of June. */
static inline int calendar_fiscal_year(int month)
{
    return month / 12 + (month % 12 >= CALENDAR_JULY);
}

#endif
