/*
 * partition — the second half of building journeys: one partition's impressions into journeys.
 *
 * The records are grouped by entity through a hash table that fits in the cache, sorted by (time,
 * row) within each entity, cut in one pass, and the journeys sorted by journey_id. The result is
 * one block of bytes (struct partition_view says what is where) that may live in the temporary
 * file until the feature store and journeys.bin have been written from it.
 */
#ifndef QUERN_SEQUENCE_PARTITION_H
#define QUERN_SEQUENCE_PARTITION_H

#include "sequence/grouping.h"

/* The finished block of a partition. */
struct partition_block {
    struct spill_piece piece;
    uint64_t journeys, tokens;
    uint64_t rows[SPLIT_COUNT]; /* journeys by split */
};

/* The journeys of a partition; arrays are parts of one block. Tokens are codes of names.h. */
struct partition_view {
    size_t journeys, tokens, entities;
    const int64_t *id;        /* [journeys], ascending */
    const int64_t *time;      /* [tokens] microseconds UTC */
    const uint64_t *hash;     /* [entities] seeded */
    const int32_t *token;     /* [tokens] */
    const uint32_t *length;   /* [journeys] impressions kept */
    const uint32_t *entity;   /* [journeys] index of its entity */
    const uint32_t *text_end; /* [entities] where its text ends in `text` */
    const uint8_t *converted; /* [journeys] */
    const uint8_t *split;     /* [journeys] */
    const char *text;
};

/* What one thread counts, and its memory from partition to partition. */
struct partition_work {
    struct journey_summary summary;      /* counts of the partitions it did */
    uint64_t *impressions, *conversions; /* [names] by code */
    uint8_t *trained;                    /* [names] 1: kept in a journey of the training split */
    struct arena memory;                 /* of one partition; reset for the next */
};

void partition_work_init(struct partition_work *work, size_t names);
void partition_work_clear(struct partition_work *work);

/*
 * Make the journeys of partition `p` and release its records. `block` gets the result; NULL only
 * counts.
 *
 * ERR_LIMIT  more than PARTITION_RECORDS_MAX impressions or 4 GiB of entities in the partition
 */
MUST_CHECK bool partition_run(struct partition_work *work, struct scattered *scattered, size_t p,
                              const struct journey_config *config, const struct split_config *split,
                              struct spill *spill, struct partition_block *block,
                              struct error *err);

/* Read a block back. */
void partition_view_open(struct partition_view *view, const void *bytes);

#endif
