/*
 * incremental_print — what campaigns caused, as text for people.
 *
 *   campaign          caused    95 % interval   of all
 *   video_preroll      1,260    1,141 - 1,345   22.5 %
 *   came anyway        1,944    1,679 - 2,196   34.7 %
 *   all                5,608                   100.0 %
 *
 *   1,944 of 5,608 conversions would have come without any campaign: 34.7 %, and with 95 %
 *   confidence between 29.9 % and 39.1 %.
 */
#ifndef QUERN_INCREMENTAL_PRINT_H
#define QUERN_INCREMENTAL_PRINT_H

#include "attribution/credit.h"

/*
 * The columns that columns.h makes, campaigns by what they caused, the most first.
 * Value, cost, cost of a conversion and return follow where they are known and fit in `width`.
 * Nothing is printed where the table has no such columns. ERR_IO
 */
MUST_CHECK bool incremental_print(const struct credit_table *credits, FILE *to, size_t width,
                                  struct error *err);

/* The table without them, for credit_print(): a view that is not cleared. */
struct credit_table incremental_print_others(const struct credit_table *credits);

#endif
