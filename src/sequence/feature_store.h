/*
 * feature_store — the journeys of each split as a Parquet file, partition after partition.
 *
 *   journey_id, uid, conversion_status, campaign_nm_at_index_0 .. max_length - 1 (NULL: no more)
 *
 * Row groups have a fixed number of rows, wherever partitions end, so that any thread can gather
 * and encode any row group, and a file has the same bytes whoever did.
 */
#ifndef QUERN_SEQUENCE_FEATURE_STORE_H
#define QUERN_SEQUENCE_FEATURE_STORE_H

#include "sequence/partition.h"
#include "table/parquet_writer.h"

/* Where the rows come from. */
struct feature_source {
    struct spill *spill;
    const struct partition_block *block; /* [PARTITIONS] */
    bool integers;                       /* uid is BIGINT */
    size_t max_length;
    const struct table_string *name; /* in final order */
    const int32_t *final_code;       /* of a token of a block */
    size_t vocabulary;               /* names of the training split: the first ones */
};

struct feature_store {
    const struct feature_source *source;
    struct parquet_writer *writer[SPLIT_COUNT];
    uint64_t first[SPLIT_COUNT][PARTITIONS + 1]; /* rows before each partition */
    size_t group_rows;
    size_t groups[SPLIT_COUNT];
};

/* What one thread gathers and encodes with; starts zeroed. */
struct feature_work {
    void *block; /* a partition that was in the temporary file */
    size_t block_room;
    int64_t *id, *integer;
    uint8_t *converted;
    struct table_string *text;
    int32_t *code; /* [max_length][group_rows and some] */
    struct table_column *column;
    struct arena buffers, texts, scratch;
};

/* Create the files `partial` [SPLIT_COUNT]; `path` are their final names. On failure nothing needs
 * closing. */
MUST_CHECK bool feature_store_open(struct feature_store *store, const struct feature_source *source,
                                   char *const *partial, char *const *path, struct error *err);

/* Row groups of all splits; they are put in ascending order, by several threads at once. */
size_t feature_store_groups(const struct feature_store *store);
MUST_CHECK bool feature_store_put(struct feature_store *store, size_t number,
                                  struct feature_work *work, struct error *err);

/* With `ok` false the files stay unfinished; they are the caller's to remove. */
MUST_CHECK bool feature_store_close(struct feature_store *store, bool ok, struct error *err);

void feature_work_clear(struct feature_work *work);

/* The text of an entity of a partition. */
static inline struct table_string feature_entity(const struct partition_view *view, uint32_t entity)
{
    const uint32_t start = entity ? view->text_end[entity - 1] : 0;

    return (struct table_string){view->text + start, view->text_end[entity] - start};
}

#endif
