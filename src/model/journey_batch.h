/*
 * journey_batch — training batches of journeys: shuffled, oversampled, dealt into slices.
 *
 * Everything is a pure function of (seed, epoch, batch), so any thread can make any slice of any
 * batch, and a resumed run sees what an uninterrupted one would have seen.
 *
 * Order. Each epoch is a new random permutation (Fisher and Yates) of the rows.
 *
 * Oversampling. The first system copies rows of the rarer class, drawn with replacement, until both
 * classes of a batch have the same number of rows, and takes the mean loss. A row that stands in
 * the batch k times adds k times its loss, so it is computed once with weight k: the same loss as
 * with repeated rows whose copies share one dropout mask. Every row counts at least once; the
 * copies are drawn. A batch of one class only is left as it is.
 *
 * Slices. Rows are sorted by length, longest first (stable), and dealt in turns, one row to each
 * slice, the longest to the slice that costs least so far: all slices of a batch cost about the
 * same and each is sorted itself.
 */
#ifndef QUERN_MODEL_JOURNEY_BATCH_H
#define QUERN_MODEL_JOURNEY_BATCH_H

#include "sequence/journey_set.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JOURNEY_BATCH_STREAM_ORDER = 1, JOURNEY_BATCH_STREAM_DRAW = 2 };

struct journey_batches {
    const struct journey_set *set;
    size_t rows, batch, slice; /* training rows in all, per batch, per slice */
    bool oversample;
    uint64_t seed;
    uint32_t *order; /* [rows] rows of the set, in the order of this epoch */
    size_t epoch;
};

/* `row` [rows] are copied. journey_batches_clear() when done. */
void journey_batches_init(struct journey_batches *batches, const struct journey_set *set,
                          const uint32_t *row, size_t rows, size_t batch, size_t slice,
                          bool oversample, uint64_t seed);
void journey_batches_clear(struct journey_batches *batches);

size_t journey_batches_count(const struct journey_batches *batches);
/* Slices of a full batch. */
size_t journey_batches_slices(const struct journey_batches *batches);

/* Put the rows into the order of this epoch. It depends on the epoch alone, not on the last order.
 */
void journey_batches_begin(struct journey_batches *batches, size_t epoch);

/* One slice and what it needs to be made; buffers by journey_slice_init(), one per slice. */
struct journey_slice {
    size_t rows;
    uint32_t *row;       /* [rows] rows of the set, longest first */
    float *weight;       /* [rows] */
    double total_weight; /* of the whole batch */
    size_t first_row;    /* slices before this one times their size: numbers rows of the batch */
    /* While it is made: the whole batch. */
    uint32_t *batch_row, *count, *rare;
    uint32_t *turn, *cost; /* [slices] cheapest first; cost of each */
};

void journey_slice_init(struct journey_slice *slice, const struct journey_batches *batches);
void journey_slice_clear(struct journey_slice *slice);

/* Rows of slice `index` of batch `batch`; 0 rows when the last batch does not reach so far. */
void journey_batches_slice(const struct journey_batches *batches, size_t batch, size_t index,
                           struct journey_slice *slice);

/* What oversampling multiplies the odds of a conversion by: negatives / positives, or 1 without. */
double journey_batches_odds(const struct journey_batches *batches);

#endif
