/*
 * feature_hot — the journeys of one split with a column per place and campaign.
 *
 *   journey_id, conversion_status, campaign_nm_at_index_I_is_NAME (I slow, NAME in the order of
 *   the training vocabulary)
 */
#ifndef QUERN_SEQUENCE_FEATURE_HOT_H
#define QUERN_SEQUENCE_FEATURE_HOT_H

#include "sequence/feature_store.h"

enum { ONE_HOT_COLUMNS_MAX = 100000 };

/* Write one split to `partial`, in the format of `path`. */
MUST_CHECK bool feature_hot_write(const struct feature_source *source, enum split split,
                                  const char *partial, const char *path, struct error *err);

/* ERR_LIMIT when the columns would be too many. */
MUST_CHECK bool feature_hot_check(const struct feature_source *source, struct error *err);

#endif
