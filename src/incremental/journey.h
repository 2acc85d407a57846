/*
 * incremental_journey — the conversion of each journey divided by a fitted model, and sums of that.
 *
 * A journey is a user's impressions up to and with a conversion, or those after the last one
 * (sequence/journeys.h), here never cut. One pass over the log writes journey_credit, a row for
 * each journey and campaign in it, in the order users first appear:
 *
 *   journey_id               number of the row of the journey's first impression, from 0
 *   uid                      integer where all are, else text
 *   conversion_status        true: the journey ended in a conversion
 *   campaign                 in the order of the journey; last, where it converted, "(baseline)"
 *   impressions              of that campaign in the journey; 0 of "(baseline)"
 *   incremental_conversions  the part of the conversion that the campaign caused; "(baseline)" has
 *                            the part that came anyway. 0 without a conversion, else they sum to 1
 *   incremental_value        the same of the conversion's value, where the log has values
 *
 * Memory does not grow with the log.
 */
#ifndef QUERN_INCREMENTAL_JOURNEY_H
#define QUERN_INCREMENTAL_JOURNEY_H

#include "incremental/credit.h"

enum { INCREMENTAL_PERIODS_MAX = 60 };

/*
 * Periods are weeks from Monday (UTC), or as many weeks as it takes to have no more of them. Times
 * before 1971 are taken for times since the log began: weeks then count from its first impression.
 */
struct incremental_totals {
    double *value;         /* [campaigns + 1] of each campaign and the baseline; NULL: no values */
    size_t periods, weeks; /* weeks of each period */
    int64_t first;         /* when the first one begins, microseconds */
    bool calendar;         /* it is a Monday */
    double *caused, *anyway; /* [periods] conversions */
    struct arena memory;
};

/*
 * `path` may be NULL: sums alone; else the log must have identity (exposure_wish).
 *
 * ERR_IO, ERR_INTERRUPT
 */
MUST_CHECK bool incremental_journeys(struct incremental_totals *totals,
                                     const struct incremental_fit *fit, const char *path,
                                     struct error *err);
void incremental_totals_clear(struct incremental_totals *totals);

#endif
