/*
 * grouping — the impressions of one partition side by side, entity by entity.
 *
 * Records are grouped through a hash table that fits in the cache. Within an entity they stand as
 * they were scattered; order_impressions() sorts them.
 */
#ifndef QUERN_SEQUENCE_GROUPING_H
#define QUERN_SEQUENCE_GROUPING_H

#include "sequence/order.h"
#include "sequence/scatter.h"

/* Impressions of one partition: they are indexed in 32 bits. */
#define PARTITION_RECORDS_MAX ((size_t)UINT32_MAX - 1)

/* One entity of the partition. */
struct member {
    const char *text;
    uint32_t length, count;
    struct short_text key; /* of the text: what is compared first, and mostly enough */
};

struct amount {
    int64_t row;
    double value, cost;
};

struct grouping_slot;
struct grouping_run;

struct grouping {
    struct member *member;   /* [members] */
    struct impression *item; /* [records], the first member's first */
    struct amount *amount;   /* [records] of the same members, by row; NULL: none were scattered */
    size_t members, records, conversions;

    /* Set by the caller. */
    struct arena *memory;                      /* for all of this */
    uint64_t *impressions, *conversion_counts; /* [names] by code: go up by what is found */

    struct grouping_run *run;
    struct grouping_slot *slot;
    size_t runs, slot_room, member_room;
    uint32_t *member_of; /* [records] in the order of the runs */
};

/*
 * Group partition `p`. Texts may lie in the scattered records, so these are released later.
 *
 * ERR_LIMIT  more than PARTITION_RECORDS_MAX impressions
 */
MUST_CHECK bool grouping_make(struct grouping *group, struct scattered *from, size_t p,
                              struct spill *spill, struct error *err);

/* Give back the records of a partition. */
void grouping_release(struct scattered *from, size_t p, struct spill *spill);

#endif
