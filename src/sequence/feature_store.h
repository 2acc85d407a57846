/*
 * feature_store — the rows of one split as chunks for a table writer, partition after partition.
 *
 *   plain    journey_id, uid, conversion_status, campaign_nm_at_index_0 .. max_length - 1
 *   one hot  journey_id, conversion_status, campaign_nm_at_index_I_is_NAME (I slow, NAME in the
 *            order of the training vocabulary)
 */
#ifndef QUERN_SEQUENCE_FEATURE_STORE_H
#define QUERN_SEQUENCE_FEATURE_STORE_H

#include "sequence/partition.h"

enum { ONE_HOT_COLUMNS_MAX = 100000 };

/* Where the rows come from. */
struct feature_source {
    struct spill *spill;
    const struct partition_block *block; /* [PARTITIONS] */
    /* Returns once block[p] is there. */
    bool (*need)(void *context, size_t rank, size_t p, struct error *err);
    void *context;
    bool integers; /* uid is BIGINT */
    size_t max_length;
    const struct table_string *name; /* by code */
    size_t names;
    const int32_t *final_code;    /* [names]: only for one hot */
    const int32_t *code_of_final; /* [vocabulary] */
    size_t vocabulary;
};

/* Write one split to `partial`, in the format of `path`. `rank` is the caller's. */
MUST_CHECK bool feature_store_write(const struct feature_source *source, size_t rank,
                                    enum split split, bool one_hot, const char *partial,
                                    const char *path, struct error *err);

/* ERR_LIMIT when one hot columns would be too many; ERR_DATA when two names differ in case only. */
MUST_CHECK bool feature_store_check_one_hot(const struct feature_source *source, struct error *err);

#endif
