#include "forecast/calendar.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { DAY_FROM_YEAR_0 = 719468 }; /* days from 0000-03-01 to 1970-01-01 */

/* Howard Hinnant, "chrono-compatible low-level date algorithms": eras of 400 years from March. */
bool calendar_from_time(int64_t microseconds, int *month, int *day)
{
    const int64_t a_day = 86400 * INT64_C(1000000);
    const int64_t days =
        microseconds / a_day - (microseconds % a_day < 0) + (int64_t)DAY_FROM_YEAR_0;

    if (days < 306 || days > 3652364) /* 0001-01-01 and 9999-12-31 */
        return false;
    const int64_t era = days / 146097, in_era = days % 146097;
    const int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    const int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    const int64_t from_march = (5 * in_year + 2) / 153;

    *day = (int)(in_year - (153 * from_march + 2) / 5);
    *month = (int)((year + era * 400) * 12 + from_march + 2);
    return true;
}

bool calendar_from_text(const char *text, int *month)
{
    int64_t microseconds;
    int day;

    return text_to_time(text, strlen(text), &microseconds) &&
           calendar_from_time(microseconds, month, &day);
}

void calendar_text(int month, char text[CALENDAR_TEXT_SIZE])
{
    snprintf(text, CALENDAR_TEXT_SIZE, "%04u-%02u-01", (unsigned)(month / 12) % 10000,
             (unsigned)(month % 12) + 1);
}
