/* history_sort — orders by time, and by (key, time): radix and counting sorts over row numbers. */
#include "sequence/history_internal.h"

#include <stdlib.h>
#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

static void sort_digit(const int64_t *time, int64_t low, size_t rows, unsigned shift,
                       const uint32_t *from, uint32_t *to)
{
    uint32_t place[DIGITS] = {0}, sum = 0;

    for (size_t i = 0; i < rows; i++)
        place[(uint64_t)(time[i] - low) >> shift & (DIGITS - 1)]++;
    for (size_t d = 0; d < DIGITS; d++) {
        const uint32_t here = place[d];
        place[d] = sum;
        sum += here;
    }
    for (size_t i = 0; i < rows; i++)
        to[place[(uint64_t)(time[from[i]] - low) >> shift & (DIGITS - 1)]++] = from[i];
}

void history_sort_time(const int64_t *time, size_t rows, uint32_t *by_time)
{
    int64_t low = rows ? time[0] : 0, high = low;
    bool sorted = true;

    for (size_t i = 0; i < rows; i++) {
        by_time[i] = (uint32_t)i;
        sorted = sorted && (i == 0 || time[i - 1] <= time[i]);
        low = time[i] < low ? time[i] : low;
        high = time[i] > high ? time[i] : high;
    }
    if (sorted)
        return;
    uint32_t *spare = memory_take(rows, sizeof *spare), *from = by_time, *to = spare;
    for (unsigned shift = 0; shift < 64 && (uint64_t)(high - low) >> shift; shift += DIGIT_BITS) {
        sort_digit(time, low, rows, shift, from, to);
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != by_time)
        memcpy(by_time, from, rows * sizeof *by_time);
    free(spare);
}

void history_sort_key(const struct history_column *key, const int64_t *time, size_t rows,
                      const uint32_t *by_time, struct history_sorted *out)
{
    const size_t keys = key->names.count;
    uint32_t *place = memory_take_zeroed(keys + 1, sizeof *place);
    uint32_t *last = memory_take(keys + 1, sizeof *last);

    out->sorted = memory_take(rows + 1, sizeof *out->sorted);
    out->end = memory_take_zeroed(rows + 1, sizeof *out->end);
    out->earlier = memory_take_zeroed(rows + 1, sizeof *out->earlier);
    for (size_t i = 0; i < rows; i++)
        if (key->code[i] >= 0)
            place[key->code[i] + 1]++;
    for (size_t k = 0; k < keys; k++)
        place[k + 1] += place[k];
    for (size_t k = 0; k < keys; k++)
        last[k] = UINT32_MAX;
    for (size_t i = 0; i < rows; i++) {
        const uint32_t row = by_time[i];
        const int32_t code = key->code[row];
        if (code < 0)
            continue;
        const uint32_t at = place[code]++;
        out->sorted[at] = row;
        /* Orders at one time end where the first of them does. */
        const bool tie = last[code] != UINT32_MAX && time[last[code]] == time[row];
        const uint32_t count =
            last[code] == UINT32_MAX ? 0 : out->earlier[last[code]] + (at - out->end[last[code]]);
        out->end[row] = tie ? out->end[last[code]] : at;
        out->earlier[row] = tie ? out->earlier[last[code]] : count;
        last[code] = row;
    }
    /* Each place has moved to where the next key begins. */
    memmove(place + 1, place, keys * sizeof *place);
    place[0] = 0;
    out->first = place;
    out->keys = keys;
    free(last);
}

void history_sorted_clear(struct history_sorted *sorted)
{
    free(sorted->sorted);
    free(sorted->end);
    free(sorted->earlier);
    free(sorted->first);
    *sorted = (struct history_sorted){0};
}
