#include "sequence/scatter.h"

#include "base/interrupt.h"
#include "base/progress.h"
#include "base/text.h"
#include "sequence/impressions.h"

#include <xxhash.h>

#include <string.h>

enum { BLOCK_BYTES = 32768, FAR_ROWS = 1 << 30 };

struct scatter {
    const struct table_source *source;
    const struct journey_config *config;
    struct names *names;
    struct spill *spill;
    struct progress progress;
    struct scattered *out;
    atomic_size_t next_piece;
    atomic_ullong rows;
    atomic_bool failed;
    pthread_mutex_t lock; /* of what workers report at their end */
    struct times times;
    bool integers;
    int64_t failed_row;
    struct error *err;
};

static size_t partition_of(const char *entity, size_t length)
{
    return XXH3_64bits(entity, length) >> 56;
}

static bool finish_block(struct scatter_list *list, struct spill *spill, struct error *err)
{
    if (list->count == 0)
        return true;
    struct scatter_block *last = &list->block[list->count - 1];
    return spill_keep(spill, &last->piece, (size_t)(list->at - (unsigned char *)last->piece.memory),
                      err);
}

static bool next_block(struct scatter_list *list, struct spill *spill, int64_t row, size_t needed,
                       struct error *err)
{
    if (!finish_block(list, spill, err))
        return false;
    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : 8;
        list->block = memory_resize(list->block, list->room, sizeof *list->block);
    }
    struct scatter_block *block = &list->block[list->count++];
    block->row = row;
    spill_take(spill, &block->piece, needed > BLOCK_BYTES ? needed : BLOCK_BYTES);
    list->at = block->piece.memory;
    list->end = list->at + block->piece.room;
    return true;
}

/* Is there room for `needed` bytes, and is the block's row near enough? */
static inline bool fits(const struct scatter_list *list, int64_t row, size_t needed)
{
    return (size_t)(list->end - list->at) >= needed &&
           row - list->block[list->count - 1].row < FAR_ROWS;
}

/* A short entity without a call: two overlapping halves. */
static inline void put_text(unsigned char *to, const struct table_string *text)
{
    if (text->length >= 8 && text->length <= SHORT_TEXT_MAX) {
        const struct short_text key = short_text_of(text->bytes, text->length);
        memcpy(to, &key.first, 8);
        memcpy(to + text->length - 8, &key.last, 8);
    } else {
        memcpy(to, text->bytes, text->length);
    }
}

static void put_amounts(unsigned char *to, const struct impressions *rows, size_t i)
{
    const double value = rows->value ? rows->value[i] : 0, cost = rows->cost ? rows->cost[i] : 0;

    memcpy(to, &value, 8);
    memcpy(to + 8, &cost, 8);
}

static bool scatter_chunk(const struct impressions *rows, struct scatter_worker *worker,
                          struct name_cache *cache, const struct scatter *s, struct error *err)
{
    const size_t extra = s->out->amounts ? RECORD_AMOUNTS : 0;

    for (size_t i = 0; i < rows->count; i++) {
        const struct table_string *entity = &rows->entity[i];
        const size_t needed = RECORD_HEADER + entity->length + extra;
        const int64_t row = rows->row + (int64_t)i;
        struct scatter_list *list = &worker->list[partition_of(entity->bytes, entity->length)];
        int32_t code;

        if (!name_cache_code(cache, &rows->token[i], &code, err))
            return impressions_fail(rows, i, err);
        if (!fits(list, row, needed) && !next_block(list, s->spill, row, needed, err))
            return false;
        const uint32_t delta = (uint32_t)(row - list->block[list->count - 1].row);
        const uint32_t token = (uint32_t)code << 1 | rows->outcome[i];
        const uint16_t length = (uint16_t)entity->length;
        memcpy(list->at, &rows->time[i], 8);
        memcpy(list->at + 8, &delta, 4);
        memcpy(list->at + 12, &token, 4);
        memcpy(list->at + 16, &length, 2);
        put_text(list->at + RECORD_HEADER, entity);
        if (extra)
            put_amounts(list->at + RECORD_HEADER + entity->length, rows, i);
        list->at += needed;
        list->records++;
    }
    return true;
}

/* The failure of the earliest row wins, so that the sentence does not depend on threads. */
static void report(struct scatter *s, const struct impressions *rows, const struct error *err)
{
    pthread_mutex_lock(&s->lock);
    if (!atomic_exchange(&s->failed, true) || rows->row < s->failed_row) {
        s->failed_row = rows->row;
        *s->err = *err;
    }
    pthread_mutex_unlock(&s->lock);
}

static bool read_rows(struct scatter *s, struct impressions *rows, struct scatter_worker *worker,
                      struct name_cache *cache, bool first, struct error *err)
{
    for (;;) {
        if (!interrupt_check("reading impressions", err) || !impressions_next(rows, err))
            return false;
        if (rows->count == 0)
            return true;
        if (!scatter_chunk(rows, worker, cache, s, err))
            return false;
        const uint64_t done = atomic_fetch_add(&s->rows, rows->count) + rows->count;
        if (first)
            progress_update(&s->progress, done, NULL);
    }
}

static bool run_worker(struct scatter *s, struct impressions *rows, struct scatter_worker *worker,
                       struct name_cache *cache, size_t rank, struct error *err)
{
    if (!s->source->parallel)
        return rank > 0 || read_rows(s, rows, worker, cache, true, err);
    while (!atomic_load(&s->failed)) {
        const size_t piece = atomic_fetch_add(&s->next_piece, 1);
        if (piece >= s->source->piece_count)
            break;
        impressions_select(rows, piece);
        if (!read_rows(s, rows, worker, cache, rank == 0, err))
            return false;
    }
    return true;
}

static void scatter_work(void *context, size_t rank, size_t size)
{
    struct scatter *s = context;
    struct scatter_worker *worker = &s->out->worker[rank];
    struct impressions rows;
    struct name_cache cache;
    struct error err = {0};

    (void)size;
    if (!impressions_open(&rows, s->source, s->config, &err)) {
        report(s, &rows, &err);
        return;
    }
    name_cache_init(&cache, s->names);
    bool ok = run_worker(s, &rows, worker, &cache, rank, &err);
    for (size_t p = 0; ok && p < PARTITIONS; p++)
        ok = finish_block(&worker->list[p], s->spill, &err);
    if (!ok)
        report(s, &rows, &err);
    pthread_mutex_lock(&s->lock);
    times_join(&s->times, &rows.times);
    s->integers &= rows.integers;
    pthread_mutex_unlock(&s->lock);
    name_cache_clear(&cache);
    impressions_close(&rows);
}

bool scatter_run(struct scattered *out, const struct table_source *source,
                 const struct journey_config *config, struct names *names, struct spill *spill,
                 struct pool *pool, bool quiet, struct error *err)
{
    struct scatter s = {
        .source = source,
        .config = config,
        .names = names,
        .spill = spill,
        .out = out,
        .integers = true,
        .err = err,
    };

    *out = (struct scattered){.amounts = out->amounts, .workers = pool_size(pool)};
    out->worker = memory_take_zeroed(out->workers, sizeof *out->worker);
    times_init(&s.times);
    pthread_mutex_init(&s.lock, NULL);
    progress_begin(&s.progress, "read", source->rows > 0 ? (uint64_t)source->rows : 0, quiet);
    pool_run(pool, scatter_work, &s);
    pthread_mutex_destroy(&s.lock);
    out->impressions = s.rows;
    out->integers = s.integers;
    bool ok = !s.failed;
    if (ok && out->impressions == 0)
        ok = error_set(err, ERR_DATA, "'%s' has no rows", source->name);
    ok = ok && times_unit(&s.times, config, &out->numerator, &out->denominator, err);
    if (ok) {
        char note[64];
        snprintf(note, sizeof note, "%llu impressions", (unsigned long long)out->impressions);
        progress_end(&s.progress, note);
    } else {
        progress_cancel(&s.progress);
    }
    return ok;
}

void scattered_clear(struct scattered *scattered, struct spill *spill)
{
    for (size_t w = 0; w < scattered->workers; w++) {
        for (size_t p = 0; p < PARTITIONS; p++) {
            struct scatter_list *list = &scattered->worker[w].list[p];
            for (size_t i = 0; i < list->count; i++)
                spill_drop(spill, &list->block[i].piece);
            free(list->block);
        }
    }
    free(scattered->worker);
    *scattered = (struct scattered){0};
}
