#include "sequence/order.h"

#include <stdbool.h>
#include <string.h>

enum {
    SHORT = 16, /* up to here insertion beats merging; entities mostly have about ten */
    DIGIT_BITS = 11,
    DIGITS = 1 << DIGIT_BITS,
};

static inline bool before(const struct impression *a, const struct impression *b)
{
    return a->time < b->time || (a->time == b->time && a->row < b->row);
}

static void insertion(struct impression *item, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct impression moving = item[i];
        size_t at = i;
        for (; at > 0 && before(&moving, &item[at - 1]); at--)
            item[at] = item[at - 1];
        item[at] = moving;
    }
}

static void merge(const struct impression *from, size_t middle, size_t count, struct impression *to)
{
    size_t a = 0, b = middle;

    for (size_t i = 0; i < count; i++)
        to[i] = b == count || (a < middle && !before(&from[b], &from[a])) ? from[a++] : from[b++];
}

void order_impressions(struct impression *item, size_t count, struct impression *spare)
{
    struct impression *from = item, *to = spare;

    for (size_t i = 0; i < count; i += SHORT)
        insertion(item + i, count - i < SHORT ? count - i : SHORT);
    for (size_t width = SHORT; width < count; width *= 2) {
        for (size_t i = 0; i < count; i += 2 * width) {
            const size_t size = count - i < 2 * width ? count - i : 2 * width;
            merge(from + i, size < width ? size : width, size, to + i);
        }
        struct impression *swap = from;
        from = to;
        to = swap;
    }
    if (from != item)
        memcpy(item, from, count * sizeof *item);
}

/* Least significant digit first: as many passes as the largest id has digits. */
void order_cuts(struct cut *cut, size_t count, struct cut *spare)
{
    struct cut *from = cut, *to = spare;
    uint64_t largest = 0;

    for (size_t i = 0; i < count; i++)
        largest |= (uint64_t)cut[i].id;
    for (unsigned shift = 0; shift < 64 && largest >> shift; shift += DIGIT_BITS) {
        uint32_t place[DIGITS] = {0}, sum = 0;
        for (size_t i = 0; i < count; i++)
            place[(uint64_t)from[i].id >> shift & (DIGITS - 1)]++;
        for (size_t d = 0; d < DIGITS; d++) {
            const uint32_t here = place[d];
            place[d] = sum;
            sum += here;
        }
        for (size_t i = 0; i < count; i++)
            to[place[(uint64_t)from[i].id >> shift & (DIGITS - 1)]++] = from[i];
        struct cut *swap = from;
        from = to;
        to = swap;
    }
    if (from != cut)
        memcpy(cut, from, count * sizeof *cut);
}
