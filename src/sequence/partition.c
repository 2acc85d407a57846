#include "sequence/partition.h"

#include "sequence/order.h"
#include "sequence/short_text.h"

#include <xxhash.h>

#include <string.h>

/* One entity of the partition. */
struct member {
    const char *text;
    uint32_t length, count;
    struct short_text key; /* of the text: what is compared first, and mostly enough */
};

struct slot {
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

struct run {
    const unsigned char *at, *end;
    int64_t row;
};

struct grouping {
    struct partition_work *work;
    struct run *run;
    size_t runs, records, conversions;
    struct member *member;
    size_t members, member_room;
    struct slot *slot;
    size_t slot_room;
    uint32_t *member_of; /* [records] in the order of the runs */
    struct impression *item;
    struct cut *cut;
    size_t cuts, tokens, text_bytes;
};

/* Header of a block; the arrays follow in the order of struct partition_view. */
struct block_header {
    uint64_t journeys, tokens, entities, text_bytes;
};

void partition_work_init(struct partition_work *work, size_t names)
{
    *work = (struct partition_work){0};
    work->summary.first_time = INT64_MAX;
    work->summary.last_time = INT64_MIN;
    work->impressions = memory_take_zeroed(names + 1, sizeof *work->impressions);
    work->conversions = memory_take_zeroed(names + 1, sizeof *work->conversions);
    work->trained = memory_take_zeroed(names + 1, sizeof *work->trained);
}

void partition_work_clear(struct partition_work *work)
{
    free(work->impressions);
    free(work->conversions);
    free(work->trained);
    arena_clear(&work->memory);
    *work = (struct partition_work){0};
}

/* Collect the blocks of all workers; those in the file are read into the arena. */
static bool open_runs(struct grouping *g, struct scattered *from, size_t p, struct spill *spill,
                      struct error *err)
{
    struct arena *memory = &g->work->memory;
    size_t count = 0;

    for (size_t w = 0; w < from->workers; w++) {
        count += from->worker[w].list[p].count;
        g->records += from->worker[w].list[p].records;
    }
    if (g->records > PARTITION_RECORDS_MAX)
        return error_set(err, ERR_LIMIT,
                         "%zu impressions fall into one of %d partitions, the limit is %zu",
                         g->records, PARTITIONS, PARTITION_RECORDS_MAX);
    g->run = ARENA_NEW(memory, struct run, count + 1);
    for (size_t w = 0; w < from->workers; w++) {
        const struct scatter_list *list = &from->worker[w].list[p];
        for (size_t i = 0; i < list->count; i++) {
            const struct spill_piece *piece = &list->block[i].piece;
            void *buffer = piece->memory ? NULL : arena_take(memory, piece->size, 1);
            const void *bytes;
            if (!spill_get(spill, piece, buffer, &bytes, err))
                return false;
            g->run[g->runs++] =
                (struct run){bytes, (const unsigned char *)bytes + piece->size, list->block[i].row};
        }
    }
    return true;
}

static void grow_slots(struct grouping *g)
{
    const size_t room = g->slot_room ? g->slot_room * 2 : 1024;
    struct slot *slot = ARENA_ZERO(&g->work->memory, struct slot, room);

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

static uint32_t add_member(struct grouping *g, struct slot *slot, uint32_t tag,
                           const struct member *member)
{
    if (g->members == g->member_room) {
        const size_t room = g->member_room ? g->member_room * 2 : 1024;
        struct member *larger = ARENA_NEW(&g->work->memory, struct member, room);
        if (g->members)
            memcpy(larger, g->member, g->members * sizeof *larger);
        g->member = larger;
        g->member_room = room;
    }
    g->member[g->members] = *member;
    *slot = (struct slot){tag, (uint32_t)++g->members};
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
        struct slot *slot = &g->slot[at];
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
static void find_members(struct grouping *g)
{
    struct seeking seeking[AT_ONCE];
    size_t i = 0;

    g->member_of = ARENA_NEW(&g->work->memory, uint32_t, g->records + 1);
    for (size_t r = 0; r < g->runs; r++) {
        for (const unsigned char *at = g->run[r].at; at < g->run[r].end;) {
            size_t count = 0;
            for (; count < AT_ONCE && at < g->run[r].end; count++) {
                const char *text = (const char *)at + RECORD_HEADER;
                uint16_t length;
                memcpy(&length, at + 16, 2);
                seeking[count] = (struct seeking){text, length, XXH3_64bits(text, length)};
                at += RECORD_HEADER + length;
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

/* Second walk: the records side by side, entity by entity. */
static void place_items(struct grouping *g, const struct scattered *from)
{
    struct partition_work *work = g->work;
    uint32_t *next = ARENA_NEW(&work->memory, uint32_t, g->members + 1);
    size_t i = 0, sum = 0;

    g->item = ARENA_NEW(&work->memory, struct impression, g->records + 1);
    for (size_t m = 0; m < g->members; m++) {
        next[m] = (uint32_t)sum;
        sum += g->member[m].count;
    }
    for (size_t r = 0; r < g->runs; r++) {
        for (const unsigned char *at = g->run[r].at; at < g->run[r].end;) {
            struct impression *item = &g->item[next[g->member_of[i++]]++];
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
            work->impressions[token >> 1]++;
            work->conversions[token >> 1] += token & 1;
            g->conversions += token & 1;
            at += RECORD_HEADER + length;
        }
    }
}

static void cut_member(struct grouping *g, uint32_t m, size_t first, size_t end)
{
    for (size_t start = first; start < end;) {
        size_t stop = start;
        while (stop < end - 1 && !(g->item[stop].token & 1))
            stop++;
        g->cut[g->cuts++] = (struct cut){
            .id = g->item[start].row,
            .start = (uint32_t)start,
            .length = (uint32_t)(stop + 1 - start),
            .member = m,
            .converted = g->item[stop].token & 1,
        };
        start = stop + 1;
    }
}

static void cut_journeys(struct grouping *g)
{
    struct arena *memory = &g->work->memory;
    struct journey_summary *sum = &g->work->summary;
    size_t first = 0, largest = 0;

    for (size_t m = 0; m < g->members; m++)
        largest = g->member[m].count > largest ? g->member[m].count : largest;
    struct impression *spare = ARENA_NEW(memory, struct impression, largest + 1);
    g->cut = ARENA_NEW(memory, struct cut, g->conversions + g->members + 1);
    for (size_t m = 0; m < g->members; m++) {
        const size_t end = first + g->member[m].count;
        order_impressions(g->item + first, end - first, spare);
        if (g->item[first].time < sum->first_time)
            sum->first_time = g->item[first].time;
        if (g->item[end - 1].time > sum->last_time)
            sum->last_time = g->item[end - 1].time;
        cut_member(g, (uint32_t)m, first, end);
        g->text_bytes += g->member[m].length;
        first = end;
    }
    order_cuts(g->cut, g->cuts, ARENA_NEW(memory, struct cut, g->cuts + 1));
}

/* Count every journey, then cut it to max_length. */
static void count_journeys(struct grouping *g, const struct journey_config *config,
                           const uint8_t *split_of_member)
{
    struct journey_summary *sum = &g->work->summary;

    sum->impressions += g->records;
    sum->entities += g->members;
    sum->journeys += g->cuts;
    for (size_t m = 0; m < g->members; m++)
        sum->split[split_of_member[m]].entities++;
    for (size_t j = 0; j < g->cuts; j++) {
        struct cut *cut = &g->cut[j];
        const enum split split = split_of_member[cut->member];
        sum->length[cut->length <= JOURNEY_LENGTH_EXACT ? cut->length : JOURNEY_LENGTH_EXACT + 1]++;
        sum->conversions += cut->converted;
        sum->split[split].journeys++;
        sum->split[split].conversions += cut->converted;
        if (cut->length > config->max_length) {
            if (config->keep == JOURNEY_KEEP_LAST)
                cut->start += cut->length - (uint32_t)config->max_length;
            cut->length = (uint32_t)config->max_length;
        }
        g->tokens += cut->length;
        for (size_t i = 0; i < cut->length && split == SPLIT_TRAIN; i++)
            g->work->trained[g->item[cut->start + i].token >> 1] = 1;
    }
}

static size_t block_size(const struct block_header *h)
{
    return sizeof *h + h->journeys * (8 + 4 + 4 + 1 + 1) + h->tokens * (8 + 4) +
           h->entities * (8 + 4) + h->text_bytes;
}

void partition_view_open(struct partition_view *view, const void *bytes)
{
    const struct block_header *h = bytes;
    const size_t journeys = h->journeys, tokens = h->tokens, entities = h->entities;

    view->journeys = journeys;
    view->tokens = tokens;
    view->entities = entities;
    view->id = (const int64_t *)(h + 1);
    view->time = view->id + journeys;
    view->hash = (const uint64_t *)(view->time + tokens);
    view->token = (const int32_t *)(view->hash + entities);
    view->length = (const uint32_t *)(view->token + tokens);
    view->entity = view->length + journeys;
    view->text_end = view->entity + journeys;
    view->converted = (const uint8_t *)(view->text_end + entities);
    view->split = view->converted + journeys;
    view->text = (const char *)(view->split + journeys);
}

/* The view's arrays are const for readers; the block is ours while it is filled. */
#define MUTABLE(type, array) ((type *)(uintptr_t)(array))

static bool fill_block(struct grouping *g, const uint64_t *hash, const uint8_t *split_of_member,
                       struct spill *spill, struct partition_block *block, struct error *err)
{
    const struct block_header header = {g->cuts, g->tokens, g->members, g->text_bytes};
    struct partition_view v;
    size_t t = 0, text = 0;

    block->journeys = g->cuts;
    block->tokens = g->tokens;
    memset(block->rows, 0, sizeof block->rows);
    spill_take(spill, &block->piece, block_size(&header));
    memcpy(block->piece.memory, &header, sizeof header);
    partition_view_open(&v, block->piece.memory);
    for (size_t j = 0; j < g->cuts; j++) {
        const struct cut *cut = &g->cut[j];
        MUTABLE(int64_t, v.id)[j] = cut->id;
        MUTABLE(uint32_t, v.length)[j] = cut->length;
        MUTABLE(uint32_t, v.entity)[j] = cut->member;
        MUTABLE(uint8_t, v.converted)[j] = (uint8_t)cut->converted;
        MUTABLE(uint8_t, v.split)[j] = split_of_member[cut->member];
        block->rows[split_of_member[cut->member]]++;
        for (size_t i = 0; i < cut->length; i++, t++) {
            MUTABLE(int64_t, v.time)[t] = g->item[cut->start + i].time;
            MUTABLE(int32_t, v.token)[t] = (int32_t)(g->item[cut->start + i].token >> 1);
        }
    }
    for (size_t m = 0; m < g->members; m++) {
        MUTABLE(uint64_t, v.hash)[m] = hash[m];
        memcpy(MUTABLE(char, v.text) + text, g->member[m].text, g->member[m].length);
        text += g->member[m].length;
        MUTABLE(uint32_t, v.text_end)[m] = (uint32_t)text;
    }
    return spill_keep(spill, &block->piece, block_size(&header), err);
}

static void release_records(struct scattered *from, size_t p, struct spill *spill)
{
    for (size_t w = 0; w < from->workers; w++) {
        struct scatter_list *list = &from->worker[w].list[p];
        for (size_t i = 0; i < list->count; i++)
            spill_drop(spill, &list->block[i].piece);
        free(list->block);
        *list = (struct scatter_list){0};
    }
}

bool partition_run(struct partition_work *work, struct scattered *scattered, size_t p,
                   const struct journey_config *config, const struct split_config *split,
                   struct spill *spill, struct partition_block *block, struct error *err)
{
    struct grouping g = {.work = work};

    arena_reset(&work->memory);
    if (!open_runs(&g, scattered, p, spill, err))
        return false;
    find_members(&g);
    place_items(&g, scattered);
    cut_journeys(&g);
    if (g.text_bytes > UINT32_MAX)
        return error_set(err, ERR_LIMIT,
                         "the entities of one of %d partitions are %zu bytes long together, the "
                         "limit is %zu",
                         PARTITIONS, g.text_bytes, (size_t)UINT32_MAX);
    uint64_t *hash = ARENA_NEW(&work->memory, uint64_t, g.members + 1);
    uint8_t *split_of_member = ARENA_NEW(&work->memory, uint8_t, g.members + 1);
    for (size_t m = 0; m < g.members; m++) {
        hash[m] = XXH3_64bits_withSeed(g.member[m].text, g.member[m].length, split->seed);
        split_of_member[m] = (uint8_t)split_of(split, hash[m]);
    }
    count_journeys(&g, config, split_of_member);
    if (block && !fill_block(&g, hash, split_of_member, spill, block, err))
        return false;
    release_records(scattered, p, spill);
    return true;
}
