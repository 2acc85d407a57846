#include "sequence/grouping.h"

#include <xxhash.h>

#include <stdlib.h>
#include <string.h>

struct grouping_slot {
    uint32_t tag;    /* bits of the hash that the index does not use */
    uint32_t member; /* index + 1; 0: free */
};

/* An entity that is looked for; AT_ONCE of them, so that their misses of the cache overlap. */
enum { AT_ONCE = 16 };

struct seeking {
    const char *text;
    uint32_t length;
    uint64_t hash;
};

struct grouping_run {
    const unsigned char *at, *end;
    int64_t row;
};

/* Collect the blocks of all workers; those in the file are read into the arena. */
static bool open_runs(struct grouping *g, struct scattered *from, size_t p, struct spill *spill,
                      struct error *err)
{
    struct arena *memory = g->memory;
    size_t count = 0;

    for (size_t w = 0; w < from->workers; w++) {
        count += from->worker[w].list[p].count;
        g->records += from->worker[w].list[p].records;
    }
    if (g->records > PARTITION_RECORDS_MAX)
        return error_set(err, ERR_LIMIT,
                         "%zu impressions fall into one of %d partitions, the limit is %zu",
                         g->records, PARTITIONS, PARTITION_RECORDS_MAX);
    g->run = ARENA_NEW(memory, struct grouping_run, count + 1);
    for (size_t w = 0; w < from->workers; w++) {
        const struct scatter_list *list = &from->worker[w].list[p];
        for (size_t i = 0; i < list->count; i++) {
            const struct spill_piece *piece = &list->block[i].piece;
            void *buffer = piece->memory ? NULL : arena_take(memory, piece->size, 1);
            const void *bytes;
            if (!spill_get(spill, piece, buffer, &bytes, err))
                return false;
            g->run[g->runs++] = (struct grouping_run){
                bytes, (const unsigned char *)bytes + piece->size, list->block[i].row};
        }
    }
    return true;
}

static void grow_slots(struct grouping *g)
{
    const size_t room = g->slot_room ? g->slot_room * 2 : 1024;
    struct grouping_slot *slot = ARENA_ZERO(g->memory, struct grouping_slot, room);

    for (size_t i = 0; i < g->slot_room; i++) {
        if (!g->slot[i].member)
            continue;
        const struct member *m = &g->member[g->slot[i].member - 1];
        size_t at = XXH3_64bits(m->text, m->length) & (room - 1);
        while (slot[at].member)
            at = (at + 1) & (room - 1);
        slot[at] = g->slot[i];
    }
    g->slot = slot;
    g->slot_room = room;
}

static uint32_t add_member(struct grouping *g, struct grouping_slot *slot, uint32_t tag,
                           const struct member *member)
{
    if (g->members == g->member_room) {
        const size_t room = g->member_room ? g->member_room * 2 : 1024;
        struct member *larger = ARENA_NEW(g->memory, struct member, room);
        if (g->members)
            memcpy(larger, g->member, g->members * sizeof *larger);
        g->member = larger;
        g->member_room = room;
    }
    g->member[g->members] = *member;
    *slot = (struct grouping_slot){tag, (uint32_t)++g->members};
    return (uint32_t)g->members - 1;
}

static uint32_t find_member(struct grouping *g, const struct seeking *seeking)
{
    const char *text = seeking->text;
    const uint32_t length = seeking->length, tag = (uint32_t)(seeking->hash >> 24);
    const struct member wanted = {text, length, 0, short_text_of(text, length)};

    if (g->members * 2 >= g->slot_room)
        grow_slots(g);
    for (size_t at = seeking->hash & (g->slot_room - 1);; at = (at + 1) & (g->slot_room - 1)) {
        struct grouping_slot *slot = &g->slot[at];
        if (!slot->member)
            return add_member(g, slot, tag, &wanted);
        const struct member *m = &g->member[slot->member - 1];
        if (slot->tag == tag && m->length == length && short_text_equal(m->key, wanted.key) &&
            (length <= SHORT_TEXT_MAX || memcmp(m->text, text, length) == 0))
            return slot->member - 1;
    }
}

/* Ask for the slots of some records, then for the members they name. */
static void fetch_members(const struct grouping *g, const struct seeking *seeking, size_t count)
{
    const size_t mask = g->slot_room - 1;

    for (size_t i = 0; g->slot_room && i < count; i++)
        __builtin_prefetch(&g->slot[seeking[i].hash & mask]);
    for (size_t i = 0; g->slot_room && i < count; i++) {
        const uint32_t member = g->slot[seeking[i].hash & mask].member;
        if (member)
            __builtin_prefetch(&g->member[member - 1], 1);
    }
}

/* First walk: which entity each record belongs to, and how many records each entity has. */
static void find_members(struct grouping *g, size_t extra)
{
    struct seeking seeking[AT_ONCE];
    size_t i = 0;

    g->member_of = ARENA_NEW(g->memory, uint32_t, g->records + 1);
    for (size_t r = 0; r < g->runs; r++) {
        for (const unsigned char *at = g->run[r].at; at < g->run[r].end;) {
            size_t count = 0;
            for (; count < AT_ONCE && at < g->run[r].end; count++) {
                const char *text = (const char *)at + RECORD_HEADER;
                uint16_t length;
                memcpy(&length, at + 16, 2);
                seeking[count] = (struct seeking){text, length, XXH3_64bits(text, length)};
                at += RECORD_HEADER + length + extra;
            }
            fetch_members(g, seeking, count);
            for (size_t k = 0; k < count; k++) {
                const uint32_t m = find_member(g, &seeking[k]);
                g->member_of[i++] = m;
                g->member[m].count++;
            }
        }
    }
}

static int64_t to_microseconds(const struct scattered *from, int64_t time)
{
    if (from->denominator == 1)
        return time * from->numerator;
    const int64_t whole = time / from->denominator;
    return whole - (time % from->denominator < 0);
}

static void take_amount(struct amount *amount, int64_t row, const unsigned char *at)
{
    amount->row = row;
    memcpy(&amount->value, at, 8);
    memcpy(&amount->cost, at + 8, 8);
}

/* Second walk: the records side by side, entity by entity. */
static void place_items(struct grouping *g, const struct scattered *from, size_t extra)
{
    uint32_t *next = ARENA_NEW(g->memory, uint32_t, g->members + 1);
    size_t i = 0, sum = 0;

    g->item = ARENA_NEW(g->memory, struct impression, g->records + 1);
    if (from->amounts)
        g->amount = ARENA_NEW(g->memory, struct amount, g->records + 1);
    for (size_t m = 0; m < g->members; m++) {
        next[m] = (uint32_t)sum;
        sum += g->member[m].count;
    }
    for (size_t r = 0; r < g->runs; r++) {
        for (const unsigned char *at = g->run[r].at; at < g->run[r].end;) {
            const uint32_t place = next[g->member_of[i++]]++;
            struct impression *item = &g->item[place];
            int64_t time;
            uint32_t delta, token;
            uint16_t length;
            memcpy(&time, at, 8);
            memcpy(&delta, at + 8, 4);
            memcpy(&token, at + 12, 4);
            memcpy(&length, at + 16, 2);
            item->time = to_microseconds(from, time);
            item->row = g->run[r].row + delta;
            item->token = token;
            g->impressions[token >> 1]++;
            g->conversion_counts[token >> 1] += token & 1;
            g->conversions += token & 1;
            if (extra)
                take_amount(&g->amount[place], item->row, at + RECORD_HEADER + length);
            at += RECORD_HEADER + length + extra;
        }
    }
}

static int compare_rows(const void *left, const void *right)
{
    const struct amount *a = left, *b = right;

    return (a->row > b->row) - (a->row < b->row);
}

static void sort_amounts(struct grouping *g)
{
    struct amount *own = g->amount;

    for (size_t m = 0; m < g->members; own += g->member[m++].count) {
        bool sorted = true;
        for (size_t i = 1; i < g->member[m].count && sorted; i++)
            sorted = own[i - 1].row < own[i].row;
        if (!sorted)
            qsort(own, g->member[m].count, sizeof *own, compare_rows);
    }
}

bool grouping_make(struct grouping *group, struct scattered *from, size_t p, struct spill *spill,
                   struct error *err)
{
    const size_t extra = from->amounts ? RECORD_AMOUNTS : 0;

    if (!open_runs(group, from, p, spill, err))
        return false;
    find_members(group, extra);
    place_items(group, from, extra);
    if (extra)
        sort_amounts(group);
    return true;
}

void grouping_release(struct scattered *from, size_t p, struct spill *spill)
{
    for (size_t w = 0; w < from->workers; w++) {
        struct scatter_list *list = &from->worker[w].list[p];
        for (size_t i = 0; i < list->count; i++)
            spill_drop(spill, &list->block[i].piece);
        free(list->block);
        *list = (struct scatter_list){0};
    }
}
