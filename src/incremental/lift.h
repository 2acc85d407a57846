/*
 * incremental_lift — measured lifts as prior of the incremental model.
 *
 * An experiment finds that campaign k caused m conversions, with standard error e, at impressions
 * from one time up to, not including, another. The model's own number is what stopping k loses,
 *
 *     C(theta) = sum over impressions in [from, to) of p(all effects) - p(all but those of k)
 *
 * and the fit gets one more term, ((C(theta) - m) / e)^2 / 2 (Gauss and Newton's second
 * derivatives). In a bootstrap's replicate m is drawn anew from a normal distribution of spread e,
 * as intervals would else hold the measurement for exact.
 *
 * A table of lifts has the columns campaign, from, to, conversions_caused and standard_error; times
 * are ISO 8601 (UTC) or integers, whose size tells whether they are seconds, milli- or
 * microseconds.
 */
#ifndef QUERN_INCREMENTAL_LIFT_H
#define QUERN_INCREMENTAL_LIFT_H

#include "incremental/fit.h"
#include "table/table.h"

#include <jansson.h>

enum { INCREMENTAL_LIFTS_MAX = 1000 };
#define INCREMENTAL_LIFT_ERROR_MIN 0.001

struct incremental_lift {
    size_t campaign;
    int64_t from, to; /* microseconds, UTC */
    double caused, error;
};

struct incremental_lifts {
    struct incremental_extra extra; /* give &lifts.extra to incremental_fit_extend() */
    size_t count;
    struct incremental_lift *lift;          /* [count] */
    struct incremental_lift_memory *memory; /* of the last point, as replicates all ask for one */
    uint64_t seed; /* of the errors drawn in a bootstrap; the caller's to set */
};

/*
 * ERR_DATA   the table cannot be read or has no rows, or a row names an unknown campaign, a
 * standard error below INCREMENTAL_LIFT_ERROR_MIN, a time that does not parse, a from that is not
 *            before to, times outside the log, or the campaign and times of an earlier row
 * ERR_LIMIT  more than INCREMENTAL_LIFTS_MAX rows
 */
MUST_CHECK bool incremental_lifts_read(struct incremental_lifts *lifts, const char *source,
                                       const struct exposure_log *log, struct error *err);
/* The rows of a table that is in memory: columns as above, all TABLE_TEXT. */
MUST_CHECK bool incremental_lifts_take(struct incremental_lifts *lifts,
                                       const struct table_chunk *table,
                                       const struct exposure_log *log, struct error *err);
/* `count` lifts to be filled in. */
void incremental_lifts_make(struct incremental_lifts *lifts, size_t count);
void incremental_lifts_clear(struct incremental_lifts *lifts);

/* C(theta) of each lift: caused [count]. */
void incremental_lifts_expect(const struct incremental_lifts *lifts,
                              const struct incremental_fit *fit, const double *parameter,
                              struct pool *pool, double *caused);

/*
 * [{"campaign": "tv", "from": "2026-01-01T00:00:00.000Z", "to": .., "conversions_caused": 120,
 *   "standard_error": 20, "before": 310.5, "after": 140.2}, ...]; before and after [count] are the
 * model's numbers without the lifts and with them.
 */
json_t *incremental_lifts_json(const struct incremental_lifts *lifts,
                               const struct exposure_log *log, const double *before,
                               const double *after);

#endif
