#include "model/journey_batch.h"

#include "base/arena.h"
#include "base/rng.h"

#include <string.h>

/* The rows as given are kept behind the shuffled ones: order[rows + i]. */
void journey_batches_init(struct journey_batches *batches, const struct journey_set *set,
                          const uint32_t *row, size_t rows, size_t batch, size_t slice,
                          bool oversample, uint64_t seed)
{
    *batches = (struct journey_batches){
        .set = set,
        .rows = rows,
        .batch = batch,
        .slice = slice < batch ? slice : batch,
        .oversample = oversample,
        .seed = seed,
        .order = memory_take(2 * rows, sizeof *batches->order),
    };
    memcpy(batches->order, row, rows * sizeof *row);
    memcpy(batches->order + rows, row, rows * sizeof *row);
}

void journey_batches_clear(struct journey_batches *batches)
{
    free(batches->order);
    *batches = (struct journey_batches){0};
}

size_t journey_batches_count(const struct journey_batches *batches)
{
    return (batches->rows + batches->batch - 1) / batches->batch;
}

size_t journey_batches_slices(const struct journey_batches *batches)
{
    return (batches->batch + batches->slice - 1) / batches->slice;
}

void journey_batches_begin(struct journey_batches *batches, size_t epoch)
{
    uint32_t *order = batches->order;
    struct rng rng = rng_new(rng_mix(batches->seed, JOURNEY_BATCH_STREAM_ORDER), epoch);

    memcpy(order, order + batches->rows, batches->rows * sizeof *order);
    for (size_t i = batches->rows; i > 1; i--) {
        const size_t j = (size_t)rng_below(&rng, i);
        const uint32_t keep = order[i - 1];
        order[i - 1] = order[j];
        order[j] = keep;
    }
    batches->epoch = epoch;
}

void journey_slice_init(struct journey_slice *slice, const struct journey_batches *batches)
{
    const size_t longest = batches->set->max_length;

    *slice = (struct journey_slice){
        .row = memory_take(batches->slice, sizeof *slice->row),
        .weight = memory_take(batches->slice, sizeof *slice->weight),
        .batch_row = memory_take(batches->batch, sizeof *slice->batch_row),
        .count = memory_take((longest > batches->batch ? longest : batches->batch) + 2,
                             sizeof *slice->count),
        .rare = memory_take(batches->batch, sizeof *slice->rare),
    };
}

void journey_slice_clear(struct journey_slice *slice)
{
    free(slice->row);
    free(slice->weight);
    free(slice->batch_row);
    free(slice->count);
    free(slice->rare);
    *slice = (struct journey_slice){0};
}

/* slice->batch_row = the rows of the batch, longest first, equal lengths in the epoch's order. */
static size_t sort_batch(const struct journey_batches *batches, size_t batch,
                         struct journey_slice *slice)
{
    const struct journey_set *set = batches->set;
    const uint32_t *row = batches->order + batch * batches->batch;
    const size_t left = batches->rows - batch * batches->batch;
    const size_t rows = left < batches->batch ? left : batches->batch;
    const size_t longest = set->max_length;
    uint32_t *place = slice->count;

    memset(place, 0, (longest + 2) * sizeof *place);
    for (size_t i = 0; i < rows; i++)
        place[longest - journey_length(set, row[i]) + 1]++;
    for (size_t i = 1; i <= longest; i++)
        place[i] += place[i - 1];
    for (size_t i = 0; i < rows; i++)
        slice->batch_row[place[longest - journey_length(set, row[i])]++] = row[i];
    return rows;
}

/* Draw copies of the rarer class: count[i] = how often row i of the sorted batch stands in it. */
static size_t draw_copies(const struct journey_batches *batches, size_t batch, size_t rows,
                          struct journey_slice *slice)
{
    const uint8_t *converted = batches->set->converted;
    size_t positives = 0, rares = 0;

    for (size_t i = 0; i < rows; i++) {
        positives += converted[slice->batch_row[i]] != 0;
        slice->count[i] = 1;
    }
    const size_t common = positives > rows - positives ? positives : rows - positives;
    if (!batches->oversample || common == rows)
        return rows;
    const bool class = positives < rows - positives;
    for (size_t i = 0; i < rows; i++)
        if ((converted[slice->batch_row[i]] != 0) == class)
            slice->rare[rares++] = (uint32_t)i;
    struct rng rng =
        rng_new(rng_mix(rng_mix(batches->seed, JOURNEY_BATCH_STREAM_DRAW), batches->epoch), batch);
    for (size_t copy = rares; copy < common; copy++)
        slice->count[slice->rare[rng_below(&rng, rares)]]++;
    return 2 * common;
}

void journey_batches_slice(const struct journey_batches *batches, size_t batch, size_t index,
                           struct journey_slice *slice)
{
    const size_t rows = sort_batch(batches, batch, slice);
    const size_t slices = (rows + batches->slice - 1) / batches->slice;

    slice->rows = 0;
    slice->first_row = index * batches->slice;
    if (index >= slices)
        return;
    slice->total_weight = (double)draw_copies(batches, batch, rows, slice);
    for (size_t turn = 0; turn * slices < rows; turn++) {
        const size_t i = turn * slices + (turn % 2 ? slices - 1 - index : index);
        if (i >= rows)
            continue;
        slice->row[slice->rows] = slice->batch_row[i];
        slice->weight[slice->rows++] = (float)slice->count[i];
    }
}

double journey_batches_odds(const struct journey_batches *batches)
{
    size_t positives = 0;

    for (size_t i = 0; i < batches->rows; i++)
        positives += batches->set->converted[batches->order[i]] != 0;
    if (!batches->oversample || positives == 0 || positives == batches->rows)
        return 1;
    return (double)(batches->rows - positives) / (double)positives;
}
