#include "model/row_batch.h"

#include "base/arena.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

enum { STREAM_ORDER = 21 };

void row_batches_init(struct row_batches *batches, const uint32_t *cost, size_t rows, size_t batch,
                      size_t slice, uint64_t seed)
{
    const size_t most = batch < rows ? batch : rows;
    const size_t slices = (most + slice - 1) / slice;

    *batches = (struct row_batches){
        .rows = rows,
        .batch = most,
        .slice = slice,
        .seed = seed,
        .cost = memory_take(rows, sizeof *batches->cost),
        .order = memory_take(rows, sizeof *batches->order),
        .slices = slices,
        .dealt = memory_take(slices * slice, sizeof *batches->dealt),
        .count = memory_take_zeroed(slices, sizeof *batches->count),
        .sorted = memory_take(most, sizeof *batches->sorted),
        .turn = memory_take(slices, sizeof *batches->turn),
        .total = memory_take(slices, sizeof *batches->total),
    };
    memcpy(batches->cost, cost, rows * sizeof *cost);
}

void row_batches_clear(struct row_batches *batches)
{
    free(batches->cost);
    free(batches->order);
    free(batches->dealt);
    free(batches->count);
    free(batches->sorted);
    free(batches->turn);
    free(batches->total);
    *batches = (struct row_batches){0};
}

size_t row_batches_count(const struct row_batches *batches)
{
    return (batches->rows + batches->batch - 1) / batches->batch;
}

void row_batches_begin(struct row_batches *batches, size_t epoch)
{
    struct rng rng = rng_new(rng_mix(batches->seed, STREAM_ORDER), epoch);

    for (size_t i = 0; i < batches->rows; i++)
        batches->order[i] = (uint32_t)i;
    for (size_t i = batches->rows; i > 1; i--) {
        const size_t j = rng_below(&rng, i);
        const uint32_t moved = batches->order[i - 1];
        batches->order[i - 1] = batches->order[j];
        batches->order[j] = moved;
    }
}

/* By cost, largest first, equal costs as they stand: insertion by halves, batches are small. */
static void sort_by_cost(const struct row_batches *batches, uint32_t *row, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const uint32_t moved = row[i], cost = batches->cost[moved];
        size_t low = 0, high = i;
        while (low < high) {
            const size_t middle = (low + high) / 2;
            if (batches->cost[row[middle]] >= cost)
                low = middle + 1;
            else
                high = middle;
        }
        memmove(row + low + 1, row + low, (i - low) * sizeof *row);
        row[low] = moved;
    }
}

/* Rows first .. first+count-1 of the sorted batch, one to each slice in the order of `turn`. */
static void deal_turn(struct row_batches *batches, size_t first, size_t count)
{
    uint32_t *turn = batches->turn;

    for (size_t i = 0; i < count; i++) {
        const uint32_t slice = turn[i], row = batches->sorted[first + i];
        batches->dealt[slice * batches->slice + batches->count[slice]++] = row;
        batches->total[slice] += batches->cost[row];
    }
    /* Nearly in order: each turn changes a total by about the same. */
    for (size_t i = 1; i < count; i++) {
        const uint32_t moved = turn[i];
        size_t to = i;
        for (; to && batches->total[turn[to - 1]] > batches->total[moved]; to--)
            turn[to] = turn[to - 1];
        turn[to] = moved;
    }
}

void row_batches_deal(struct row_batches *batches, size_t batch)
{
    const size_t left = batches->rows - batch * batches->batch;
    const size_t rows = left < batches->batch ? left : batches->batch;
    const size_t slices = (rows + batches->slice - 1) / batches->slice;

    memcpy(batches->sorted, batches->order + batch * batches->batch,
           rows * sizeof *batches->sorted);
    sort_by_cost(batches, batches->sorted, rows);
    for (size_t s = 0; s < batches->slices; s++) {
        batches->count[s] = 0;
        batches->total[s] = 0;
        batches->turn[s] = (uint32_t)s;
    }
    for (size_t first = 0; first < rows; first += slices)
        deal_turn(batches, first, rows - first < slices ? rows - first : slices);
}
