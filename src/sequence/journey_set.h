/*
 * journey_set — customer journeys as columns, ready for training and attribution.
 *
 *   offset    [count + 1]      journey j owns impressions offset[j] .. offset[j + 1] - 1, in order
 *   token     [offset[count]]  index into campaign[]
 *   time      [offset[count]]  microseconds since 1970, UTC
 *   id        [count]          journey_id: input row number of the journey's first impression
 *   entity    [count]          seeded hash of the entity: splits and folds are cut by it
 *   converted [count]          1 if the whole journey ended in a conversion
 *   split     [count]          enum split
 *   campaign  [campaigns]      names: first those of the training split, sorted; then, sorted,
 * those seen only in other splits. A token at or above `vocabulary` is unknown to a model.
 *
 * Journeys are ragged; they are padded only when a batch is made. Impressions beyond max_length are
 * not here (the first or last are kept, by the pipeline file). A set is immutable once loaded and
 * may be a view of a mapped file: its owner is whoever filled it in.
 */
#ifndef QUERN_SEQUENCE_JOURNEY_SET_H
#define QUERN_SEQUENCE_JOURNEY_SET_H

#include <stddef.h>
#include <stdint.h>

enum split { SPLIT_TRAIN, SPLIT_TEST, SPLIT_VAL, SPLIT_COUNT };

struct journey_set {
    size_t count, campaigns, vocabulary, max_length;
    const uint64_t *offset;
    const int32_t *token;
    const int64_t *time, *id;
    const uint64_t *entity;
    const uint8_t *converted, *split;
    const char *const *campaign;
};

static inline size_t journey_length(const struct journey_set *set, size_t j)
{
    return (size_t)(set->offset[j + 1] - set->offset[j]);
}

#endif
