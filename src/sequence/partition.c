#include "sequence/partition.h"

#include "sequence/grouping.h"
#include "sequence/order.h"

#include <xxhash.h>

#include <string.h>

/* The journeys of the partition being made. */
struct cutting {
    struct partition_work *work;
    struct grouping group;
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

static void cut_member(struct cutting *g, uint32_t m, size_t first, size_t end)
{
    for (size_t start = first; start < end;) {
        size_t stop = start;
        while (stop < end - 1 && !(g->group.item[stop].token & 1))
            stop++;
        g->cut[g->cuts++] = (struct cut){
            .id = g->group.item[start].row,
            .start = (uint32_t)start,
            .length = (uint32_t)(stop + 1 - start),
            .member = m,
            .converted = g->group.item[stop].token & 1,
        };
        start = stop + 1;
    }
}

static void cut_journeys(struct cutting *g)
{
    struct arena *memory = &g->work->memory;
    struct journey_summary *sum = &g->work->summary;
    size_t first = 0, largest = 0;

    for (size_t m = 0; m < g->group.members; m++)
        largest = g->group.member[m].count > largest ? g->group.member[m].count : largest;
    struct impression *spare = ARENA_NEW(memory, struct impression, largest + 1);
    g->cut = ARENA_NEW(memory, struct cut, g->group.conversions + g->group.members + 1);
    for (size_t m = 0; m < g->group.members; m++) {
        const size_t end = first + g->group.member[m].count;
        order_impressions(g->group.item + first, end - first, spare);
        if (g->group.item[first].time < sum->first_time)
            sum->first_time = g->group.item[first].time;
        if (g->group.item[end - 1].time > sum->last_time)
            sum->last_time = g->group.item[end - 1].time;
        cut_member(g, (uint32_t)m, first, end);
        g->text_bytes += g->group.member[m].length;
        first = end;
    }
    order_cuts(g->cut, g->cuts, ARENA_NEW(memory, struct cut, g->cuts + 1));
}

/* Count every journey, then cut it to max_length. */
static void count_journeys(struct cutting *g, const struct journey_config *config,
                           const uint8_t *split_of_member)
{
    struct journey_summary *sum = &g->work->summary;

    sum->impressions += g->group.records;
    sum->entities += g->group.members;
    sum->journeys += g->cuts;
    for (size_t m = 0; m < g->group.members; m++)
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
            g->work->trained[g->group.item[cut->start + i].token >> 1] = 1;
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

static bool fill_block(struct cutting *g, const uint64_t *hash, const uint8_t *split_of_member,
                       struct spill *spill, struct partition_block *block, struct error *err)
{
    const struct block_header header = {g->cuts, g->tokens, g->group.members, g->text_bytes};
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
            MUTABLE(int64_t, v.time)[t] = g->group.item[cut->start + i].time;
            MUTABLE(int32_t, v.token)[t] = (int32_t)(g->group.item[cut->start + i].token >> 1);
        }
    }
    for (size_t m = 0; m < g->group.members; m++) {
        MUTABLE(uint64_t, v.hash)[m] = hash[m];
        memcpy(MUTABLE(char, v.text) + text, g->group.member[m].text, g->group.member[m].length);
        text += g->group.member[m].length;
        MUTABLE(uint32_t, v.text_end)[m] = (uint32_t)text;
    }
    return spill_keep(spill, &block->piece, block_size(&header), err);
}

bool partition_run(struct partition_work *work, struct scattered *scattered, size_t p,
                   const struct journey_config *config, const struct split_config *split,
                   struct spill *spill, struct partition_block *block, struct error *err)
{
    struct cutting g = {.work = work,
                        .group = {.memory = &work->memory,
                                  .impressions = work->impressions,
                                  .conversion_counts = work->conversions}};

    arena_reset(&work->memory);
    if (!grouping_make(&g.group, scattered, p, spill, err))
        return false;
    cut_journeys(&g);
    if (g.text_bytes > UINT32_MAX)
        return error_set(err, ERR_LIMIT,
                         "the entities of one of %d partitions are %zu bytes long together, the "
                         "limit is %zu",
                         PARTITIONS, g.text_bytes, (size_t)UINT32_MAX);
    uint64_t *hash = ARENA_NEW(&work->memory, uint64_t, g.group.members + 1);
    uint8_t *split_of_member = ARENA_NEW(&work->memory, uint8_t, g.group.members + 1);
    for (size_t m = 0; m < g.group.members; m++) {
        hash[m] =
            XXH3_64bits_withSeed(g.group.member[m].text, g.group.member[m].length, split->seed);
        split_of_member[m] = (uint8_t)split_of(split, hash[m]);
    }
    count_journeys(&g, config, split_of_member);
    if (block && !fill_block(&g, hash, split_of_member, spill, block, err))
        return false;
    grouping_release(scattered, p, spill);
    return true;
}
