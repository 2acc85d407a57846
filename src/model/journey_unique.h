/*
 * journey_unique — which journeys are the same sequence of campaigns.
 *
 * Short journeys repeat a lot, and equal sequences get equal scores, so each is scored once: on
 * real data a seventh of the journeys are distinct.
 */
#ifndef QUERN_MODEL_JOURNEY_UNIQUE_H
#define QUERN_MODEL_JOURNEY_UNIQUE_H

#include "sequence/journey_set.h"

#include <stddef.h>
#include <stdint.h>

struct journey_unique {
    size_t count, rows;
    uint32_t *first; /* [count] a row of the set with this sequence, longest sequences first */
    uint32_t *of;    /* [rows] index into first */
};

void journey_unique_build(struct journey_unique *unique, const struct journey_set *set,
                          const uint32_t *row, size_t rows);
void journey_unique_clear(struct journey_unique *unique);

#endif
