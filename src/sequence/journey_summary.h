/*
 * journey_summary — what the impressions of a source amount to: counts and the length histogram.
 */
#ifndef QUERN_SEQUENCE_JOURNEY_SUMMARY_H
#define QUERN_SEQUENCE_JOURNEY_SUMMARY_H

#include "sequence/journey_set.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { JOURNEY_LENGTH_EXACT = 1000 }; /* longer journeys share one bucket */

struct journey_split_count {
    uint64_t entities, journeys, conversions;
};

struct journey_campaign {
    const char *name;
    uint64_t impressions, conversions; /* conversions: impressions whose outcome is true */
};

struct journey_summary {
    uint64_t impressions, entities, journeys, conversions;
    struct journey_split_count split[SPLIT_COUNT];
    uint64_t length[JOURNEY_LENGTH_EXACT + 2]; /* journeys of a length; the last: longer */
    int64_t first_time, last_time;             /* microseconds UTC */
    size_t campaigns, vocabulary;
    struct journey_campaign *campaign; /* [campaigns], most impressions first; NULL from a file */
};

/* The length that keeps `share` (0 to 1) of the journeys whole; JOURNEY_LENGTH_EXACT + 1 when that
 * is more than JOURNEY_LENGTH_EXACT. */
size_t journey_summary_length(const struct journey_summary *summary, double share);

/* Counts, the histogram as bars and the top campaigns, for a terminal `columns` wide. */
void journey_summary_print(const struct journey_summary *summary, FILE *to, size_t columns);

void journey_summary_clear(struct journey_summary *summary);

#endif
