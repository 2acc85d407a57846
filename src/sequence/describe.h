/*
 * describe — what `quern describe FILE` prints: the journeys in a table of impressions, or the
 * columns of any other table.
 */
#ifndef QUERN_SEQUENCE_DESCRIBE_H
#define QUERN_SEQUENCE_DESCRIBE_H

#include "sequence/journeys.h"

/*
 * A table that has all four columns of the config is one of impressions; with `impressions` it must
 * be. Lines are cut to `columns` of a terminal; 0: plain output of full width.
 */
MUST_CHECK bool describe_table(const struct journey_config *config,
                               const struct split_config *split, bool impressions, FILE *to,
                               size_t columns, size_t threads, bool quiet, struct error *err);

#endif
