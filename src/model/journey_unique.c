#include "model/journey_unique.h"

#include "base/arena.h"

#include <stdbool.h>
#include <string.h>

static uint64_t hash_journey(const struct journey_set *set, uint32_t row)
{
    const int32_t *token = set->token + set->offset[row];
    uint64_t hash = journey_length(set, row);

    for (size_t i = 0; i < journey_length(set, row); i++) {
        hash = (hash ^ (uint32_t)token[i]) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
    }
    return hash;
}

static bool same_journey(const struct journey_set *set, uint32_t a, uint32_t b)
{
    return journey_length(set, a) == journey_length(set, b) &&
           memcmp(set->token + set->offset[a], set->token + set->offset[b],
                  journey_length(set, a) * sizeof *set->token) == 0;
}

/* Reorder `first`, longest first and otherwise as met, and point `of` at the new places. */
static void sort_by_length(struct journey_unique *unique, const struct journey_set *set)
{
    size_t longest = 0;

    for (size_t i = 0; i < unique->count; i++)
        if (journey_length(set, unique->first[i]) > longest)
            longest = journey_length(set, unique->first[i]);
    size_t *place = memory_take_zeroed(longest + 2, sizeof *place);
    uint32_t *moved = memory_take(unique->count, sizeof *moved);
    uint32_t *first = memory_take(unique->count, sizeof *first);
    for (size_t i = 0; i < unique->count; i++)
        place[longest - journey_length(set, unique->first[i]) + 1]++;
    for (size_t i = 1; i <= longest; i++)
        place[i] += place[i - 1];
    for (size_t i = 0; i < unique->count; i++) {
        moved[i] = (uint32_t)place[longest - journey_length(set, unique->first[i])]++;
        first[moved[i]] = unique->first[i];
    }
    for (size_t i = 0; i < unique->rows; i++)
        unique->of[i] = moved[unique->of[i]];
    free(unique->first);
    unique->first = first;
    free(moved);
    free(place);
}

void journey_unique_build(struct journey_unique *unique, const struct journey_set *set,
                          const uint32_t *row, size_t rows)
{
    size_t slots = 16;

    while (slots < 2 * rows)
        slots *= 2;
    /* Open addressing; a slot holds an index into first plus 1. */
    uint32_t *table = memory_take_zeroed(slots, sizeof *table);
    *unique = (struct journey_unique){
        .rows = rows,
        .first = memory_take(rows, sizeof *unique->first),
        .of = memory_take(rows, sizeof *unique->of),
    };
    for (size_t i = 0; i < rows; i++) {
        size_t slot = (size_t)hash_journey(set, row[i]) & (slots - 1);
        while (table[slot] && !same_journey(set, unique->first[table[slot] - 1], row[i]))
            slot = (slot + 1) & (slots - 1);
        if (!table[slot]) {
            unique->first[unique->count++] = row[i];
            table[slot] = (uint32_t)unique->count;
        }
        unique->of[i] = table[slot] - 1;
    }
    free(table);
    sort_by_length(unique, set);
}

void journey_unique_clear(struct journey_unique *unique)
{
    free(unique->first);
    free(unique->of);
    *unique = (struct journey_unique){0};
}
