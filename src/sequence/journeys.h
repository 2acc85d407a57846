/*
 * journeys — from a table of impressions to journeys and a feature store, exactly.
 *
 * Impressions are sorted by entity and time; ties keep the order of the input (files in name order,
 * then row). Within an entity a journey ends with, and includes, an impression whose outcome is
 * true; what follows the last conversion is one more, unconverted journey; an entity that never
 * converts has one journey. journey_id is the input row number, from 0, of the journey's first
 * impression. A journey longer than max_length keeps its last impressions (or its first); its
 * outcome is that of the whole journey.
 *
 * An entity belongs to one split: a seeded hash of its text is compared with fixed thresholds, so
 * more data moves nobody. Entities are text: 7 in Parquet and "7" in CSV are the same.
 *
 * journeys_build() writes into `folder`:
 *
 *   feature_store/{train,test,val}.parquet   journey_id, uid, conversion_status,
 *                                            campaign_nm_at_index_0 .. max_length-1 (NULL: no more)
 *   feature_store/campaigns.json             name to index, sorted by name, from the training split
 *   feature_store_preprocessed/...parquet   with one_hot: campaign_nm_at_index_I_is_NAME booleans
 *   journeys.bin                             for later stages (journey_file.h)
 *
 * Rows stand in the order of 256 partitions (top byte of the entity's XXH3 hash) and by journey_id
 * within each: the same bytes at any number of threads. uid is BIGINT when every entity is an
 * integer written plainly, else VARCHAR.
 *
 * Memory: impressions beyond `memory_mib` go to an unnamed temporary file in `folder`.
 */
#ifndef QUERN_SEQUENCE_JOURNEYS_H
#define QUERN_SEQUENCE_JOURNEYS_H

#include "base/config.h"
#include "base/pool.h"
#include "sequence/journey_set.h"
#include "sequence/journey_summary.h"

enum time_unit {
    TIME_UNIT_AUTO,
    TIME_UNIT_SECONDS,
    TIME_UNIT_MILLISECONDS,
    TIME_UNIT_MICROSECONDS,
    TIME_UNIT_NANOSECONDS,
    TIME_UNIT_ISO,
};

extern const char *const time_unit_names[]; /* as in files and flags; ends with NULL */

enum journey_keep { JOURNEY_KEEP_LAST, JOURNEY_KEEP_FIRST };

struct journey_config {
    const char *path; /* source.path: a file, a glob or a query (table/source.h) */
    const char *entity, *time, *token, *outcome;
    const char *value, *cost; /* columns; NULL: none. Journeys do not need them (impressions.h) */
    int time_unit;            /* enum time_unit */
    size_t max_length;
    int keep; /* enum journey_keep */
    bool one_hot;
    size_t memory_mib;
};

struct split_config {
    double train, test, val;
    size_t seed;
};

extern const struct config_field journey_source_fields[]; /* of struct journey_config; where no
                                                             pipeline file names the columns */
extern const struct config_field journey_fields[];        /* of struct journey_config */
extern const struct config_field split_fields[];          /* of struct split_config */

/* ERR_CONFIG when the shares do not add up to 1. */
MUST_CHECK bool split_check(const struct split_config *split, struct error *err);

/* The split of an entity with a seeded hash of `hash`. */
enum split split_of(const struct split_config *split, uint64_t hash);

/*
 * `summary` is filled on success; journey_summary_clear() it. A failure leaves earlier outputs as
 * they were. With `folder` NULL nothing is written: the summary is all.
 *
 * ERR_DATA   a missing column, a wrong type, no rows, a null entity, time or token, a time or
 *            outcome that cannot be read: the sentence names file, row and value
 * ERR_LIMIT  more campaigns or longer names than a model could use
 */
MUST_CHECK bool journeys_build(const struct journey_config *config,
                               const struct split_config *split, const char *folder,
                               struct pool *pool, bool quiet, struct journey_summary *summary,
                               struct error *err);

#endif
