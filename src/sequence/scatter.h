/*
 * scatter — the first half of building journeys: impressions into 256 partitions by entity.
 *
 * Each worker reads pieces of the source and appends compact records to its own block of the
 * entity's partition: no locks, no memory taken per row. A record is, packed and not aligned,
 *
 *   int64 time (as in the source), uint32 row - row of the block, uint32 name code * 2 + outcome,
 *   uint16 length of the entity's text, that text, and with amounts double value, double cost
 *
 * Blocks that are full may go to the temporary file (spill.h).
 */
#ifndef QUERN_SEQUENCE_SCATTER_H
#define QUERN_SEQUENCE_SCATTER_H

#include "sequence/journeys.h"
#include "sequence/names.h"
#include "sequence/spill.h"
#include "table/source.h"

enum {
    PARTITIONS = 256,
    RECORD_HEADER = 8 + 4 + 4 + 2,
    RECORD_AMOUNTS = 8 + 8,
};

struct scatter_block {
    int64_t row; /* the records' rows are relative to it */
    struct spill_piece piece;
};

/* The blocks one worker wrote for one partition. */
struct scatter_list {
    unsigned char *at, *end; /* room left in the last block */
    struct scatter_block *block;
    size_t count, room;
    uint64_t records;
};

struct scatter_worker {
    struct scatter_list list[PARTITIONS];
};

struct scattered {
    bool amounts; /* set by the caller: keep value and cost too; 0 where there is no such column */
    uint64_t impressions;
    bool integers;       /* every entity is an integer written plainly */
    int64_t numerator;   /* microseconds = time * numerator / denominator, rounded down */
    int64_t denominator; /* 1, or 1000 for nanoseconds */
    size_t workers;
    struct scatter_worker *worker;
};

/* `out` is released by scattered_clear() also after a failure. */
MUST_CHECK bool scatter_run(struct scattered *out, const struct table_source *source,
                            const struct journey_config *config, struct names *names,
                            struct spill *spill, struct pool *pool, bool quiet, struct error *err);
void scattered_clear(struct scattered *scattered, struct spill *spill);

#endif
