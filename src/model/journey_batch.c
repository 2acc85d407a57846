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
        .turn = memory_take(journey_batches_slices(batches), sizeof *slice->turn),
        .cost = memory_take(journey_batches_slices(batches), sizeof *slice->cost),
    };
}

void journey_slice_clear(struct journey_slice *slice)
{
    free(slice->row);
    free(slice->weight);
    free(slice->batch_row);
    free(slice->count);
    free(slice->rare);
    free(slice->turn);
    free(slice->cost);
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

/* What a slice costs: its steps of rows, and each step once more for what does not depend on rows.
 */
static uint32_t cost_of(size_t length, bool longest)
{
    return (uint32_t)(longest ? 2 * length : length);
}

/*
 * Rows first .. first+rows-1 go one to each slice, the longest to the one that costs least so far
 * (of equal ones, that which comes first in `turn`). The row of slice `index` is kept.
 */
static void deal_turn(const struct journey_batches *batches, struct journey_slice *slice,
                      size_t first, size_t rows, size_t index)
{
    uint32_t *turn = slice->turn, *cost = slice->cost;

    for (size_t i = 0; i < rows; i++) {
        const uint32_t dealt = turn[i], row = slice->batch_row[first + i];
        cost[dealt] += cost_of(journey_length(batches->set, row), first == 0);
        if (dealt != index)
            continue;
        slice->row[slice->rows] = row;
        slice->weight[slice->rows++] = (float)slice->count[first + i];
    }
    /* Nearly in order: each turn changes a cost by about the same. */
    for (size_t i = 1; i < rows; i++) {
        const uint32_t moved = turn[i];
        size_t to = i;
        for (; to && cost[turn[to - 1]] > cost[moved]; to--)
            turn[to] = turn[to - 1];
        turn[to] = moved;
    }
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
    for (size_t i = 0; i < slices; i++) {
        slice->turn[i] = (uint32_t)i;
        slice->cost[i] = 0;
    }
    for (size_t first = 0; first < rows; first += slices)
        deal_turn(batches, slice, first, rows - first < slices ? rows - first : slices, index);
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
