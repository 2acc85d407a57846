/*
 * row_batch — training batches of rows that differ in length: shuffled, dealt into slices.
 *
 * Everything is a pure function of (seed, epoch, batch), so a resumed run and every process of a
 * job see what an uninterrupted run of one process would have seen. Each epoch is a new random
 * permutation (Fisher and Yates) of the rows. The rows of a batch are sorted by cost, largest first
 * (stable), and dealt in turns, one to each slice, the dearest to the slice that costs least so
 * far: all slices of a batch cost about the same.
 */
#ifndef QUERN_MODEL_ROW_BATCH_H
#define QUERN_MODEL_ROW_BATCH_H

#include <stddef.h>
#include <stdint.h>

struct row_batches {
    size_t rows, batch, slice; /* rows in all, per batch, per slice */
    uint64_t seed;
    uint32_t *cost;  /* [rows] */
    uint32_t *order; /* [rows] numbers 0 .. rows-1 in the order of this epoch */
    /* The batch at hand: slice s has count[s] rows, dealt[s * slice] and on, dearest first. */
    size_t slices; /* of a full batch */
    uint32_t *dealt;
    size_t *count;
    uint32_t *sorted, *turn; /* while dealing */
    uint64_t *total;
};

/* `cost` [rows] is copied. A batch of more rows than there are is one of all. */
void row_batches_init(struct row_batches *batches, const uint32_t *cost, size_t rows, size_t batch,
                      size_t slice, uint64_t seed);
void row_batches_clear(struct row_batches *batches);

/* Batches of an epoch. */
size_t row_batches_count(const struct row_batches *batches);

/* Put the rows into the order of this epoch, whatever it was before. */
void row_batches_begin(struct row_batches *batches, size_t epoch);

/* Deal batch `batch` of the epoch; slices that the last one does not reach get 0 rows. */
void row_batches_deal(struct row_batches *batches, size_t batch);

#endif
