/*
 * daily_top — precision among the k entities that look worst each day.
 *
 * For teams that check k cards (customers, machines) a day. An entity's score of a day is the
 * largest of its rows, and it is positive when one of its rows is. Each day, from the first on:
 *
 *   1. entities that were among the k and positive on an earlier day are gone: they were found
 *   2. of the others, the k with the highest score are checked
 *   3. precision of the day = positive ones among them / k, also when there are fewer than k
 *
 * The result is the mean over the days that have a row. This is the card precision of the book
 * "Reproducible Machine Learning for Credit Card Fraud Detection" (Le Borgne and others 2022,
 * chapter 4). Entities of equal score are checked in ascending order of their number.
 */
#ifndef QUERN_METRIC_DAILY_TOP_H
#define QUERN_METRIC_DAILY_TOP_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct daily_rows {
    size_t count;
    const int64_t *day;    /* [count] any numbers that rise with time; daily_from_time() */
    const int64_t *entity; /* [count] equal for rows of one entity */
    const uint8_t *truth;  /* [count] 0, or anything else for positive */
    const double *score;   /* [count] */
};

struct daily_settings {
    size_t k;        /* entities checked a day, at least 1 */
    bool keep_found; /* leave step 1 out */
};

struct daily_day {
    int64_t day;
    size_t entities, positive; /* that could be found this day */
    size_t found;              /* positive among the k */
    double precision;          /* found / k */
};

struct daily_top {
    double precision; /* mean over days; NaN without rows or with an unscored one (then no days) */
    double best;      /* the same, had every day's positive entities been ranked first */
    size_t count;
    struct daily_day *day; /* [count] */
};

void daily_top_build(struct daily_top *out, const struct daily_rows *rows,
                     const struct daily_settings *settings);
void daily_top_clear(struct daily_top *top);

/* Days since 1970, UTC, of microseconds since then. */
int64_t daily_from_time(int64_t microseconds);

#endif
