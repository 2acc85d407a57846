/* An exposure log from a table of impressions. */
#include "incremental/exposure_log.h"

#include "attribution/credit.h"
#include "base/interrupt.h"
#include "sequence/impressions.h"
#include "sequence/names.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Texts of users and their numbers, in order of first appearance. */
struct users {
    struct arena memory;
    struct table_string *text;
    uint32_t *slot; /* number + 1; 0 is free */
    size_t count, room;
    unsigned bits;
};

struct log_reader {
    const struct exposure_wish *wish;
    struct impressions *rows;
    struct users users;
    struct names names;
    struct name_cache cache;
    struct exposure_rows taken;
    uint32_t *user;
    int64_t *time;
    uint16_t *campaign;
    uint8_t *conversion;
    uint32_t *row;                           /* NULL unless wished for */
    double *value;                           /* the same */
    double cost[EXPOSURE_CAMPAIGNS_MAX + 1]; /* by code */
    size_t room;
};

static void users_grow(struct users *users)
{
    users->bits = users->bits ? users->bits + 1 : 12;
    free(users->slot);
    users->slot = memory_take_zeroed((size_t)1 << users->bits, sizeof *users->slot);
    users->room = (size_t)1 << (users->bits - 1);
    users->text = memory_resize(users->text, users->room, sizeof *users->text);
    for (size_t i = 0; i < users->count; i++) {
        size_t at = XXH3_64bits(users->text[i].bytes, users->text[i].length) >> (64 - users->bits);
        while (users->slot[at] != 0)
            at = (at + 1) & (((size_t)1 << users->bits) - 1);
        users->slot[at] = (uint32_t)i + 1;
    }
}

static uint32_t users_find(struct users *users, const struct table_string *text)
{
    if (users->count == users->room)
        users_grow(users);
    size_t at = XXH3_64bits(text->bytes, text->length) >> (64 - users->bits);
    for (; users->slot[at] != 0; at = (at + 1) & (((size_t)1 << users->bits) - 1)) {
        const uint32_t i = users->slot[at] - 1;
        if (users->text[i].length == text->length &&
            memcmp(users->text[i].bytes, text->bytes, text->length) == 0)
            return i;
    }
    users->slot[at] = (uint32_t)users->count + 1;
    users->text[users->count] = (struct table_string){
        arena_string(&users->memory, text->bytes, text->length), text->length};
    return (uint32_t)users->count++;
}

static void reader_grow(struct log_reader *r)
{
    r->room = r->room ? r->room * 2 : 65536;
    r->user = memory_resize(r->user, r->room, sizeof *r->user);
    r->time = memory_resize(r->time, r->room, sizeof *r->time);
    r->campaign = memory_resize(r->campaign, r->room, sizeof *r->campaign);
    r->conversion = memory_resize(r->conversion, r->room, sizeof *r->conversion);
    if (r->wish->identity)
        r->row = memory_resize(r->row, r->room, sizeof *r->row);
    if (r->wish->table->value)
        r->value = memory_resize(r->value, r->room, sizeof *r->value);
}

/* What the row says beyond the log itself. */
static bool take_extras(struct log_reader *r, size_t i, int32_t code, struct error *err)
{
    const int64_t row = r->rows->row + (int64_t)i;

    if (r->row && row >= (int64_t)EXPOSURE_ROWS_MAX)
        return error_set(err, ERR_LIMIT, "there are more than %zu impressions", EXPOSURE_ROWS_MAX);
    if (r->row)
        r->row[r->taken.count] = (uint32_t)row;
    if (r->value)
        r->value[r->taken.count] = r->rows->value[i];
    if (r->rows->cost)
        r->cost[code] += r->rows->cost[i];
    return true;
}

static bool is_left_out(const struct log_reader *r, const struct table_string *entity)
{
    const struct split_config *split = r->wish->training;

    return split && split_of(split, XXH3_64bits_withSeed(entity->bytes, entity->length,
                                                         split->seed)) != SPLIT_TRAIN;
}

static bool take_row(struct log_reader *r, size_t i, struct error *err)
{
    const struct table_string *token = &r->rows->token[i];
    int32_t code;

    if (is_left_out(r, &r->rows->entity[i]))
        return true;
    if (token->length == strlen(CREDIT_BASELINE) &&
        memcmp(token->bytes, CREDIT_BASELINE, token->length) == 0) {
        error_set(err, ERR_DATA, "a campaign may not be called '%s'", CREDIT_BASELINE);
        return impressions_fail(r->rows, i, err);
    }
    if (!name_cache_code(&r->cache, token, &code, err))
        return impressions_fail(r->rows, i, err);
    if (r->taken.count == EXPOSURE_ROWS_MAX)
        return error_set(err, ERR_LIMIT, "there are more than %zu impressions", EXPOSURE_ROWS_MAX);
    if (r->taken.count == r->room)
        reader_grow(r);
    if (!take_extras(r, i, code, err))
        return false;
    r->user[r->taken.count] = users_find(&r->users, &r->rows->entity[i]);
    r->time[r->taken.count] = r->rows->time[i];
    r->campaign[r->taken.count] = (uint16_t)code;
    r->conversion[r->taken.count++] = r->rows->outcome[i];
    return true;
}

static bool read_rows(struct log_reader *r, struct error *err)
{
    do {
        if (!interrupt_check("reading impressions", err) || !impressions_next(r->rows, err))
            return false;
        for (size_t i = 0; i < r->rows->count; i++)
            if (!take_row(r, i, err))
                return false;
    } while (r->rows->count > 0);
    return true;
}

static bool scale_times(struct log_reader *r, const struct journey_config *config,
                        struct error *err)
{
    int64_t numerator, denominator;

    if (!times_unit(&r->rows->times, config, &numerator, &denominator, err))
        return false;
    for (size_t i = 0; i < r->taken.count; i++)
        r->time[i] = r->time[i] * numerator / denominator;
    return true;
}

struct ranked {
    const char *name;
    size_t code;
};

static int compare_ranked(const void *left, const void *right)
{
    return strcmp(((const struct ranked *)left)->name, ((const struct ranked *)right)->name);
}

/* Campaigns get the numbers of their sorted names. */
static void finish(struct exposure_log *log, struct log_reader *r)
{
    struct arena memory = {0};
    const size_t n = r->names.count;
    struct ranked *ranked = ARENA_NEW(&memory, struct ranked, n);
    const char **name = ARENA_NEW(&memory, const char *, n);
    uint16_t *rank = ARENA_NEW(&memory, uint16_t, n);
    double *cost = ARENA_NEW(&memory, double, n);

    for (size_t k = 0; k < n; k++)
        ranked[k] = (struct ranked){
            arena_string(&memory, r->names.text[k].bytes, r->names.text[k].length), k};
    qsort(ranked, n, sizeof *ranked, compare_ranked);
    for (size_t k = 0; k < n; k++) {
        name[k] = ranked[k].name;
        rank[ranked[k].code] = (uint16_t)k;
        cost[k] = r->cost[ranked[k].code];
    }
    for (size_t i = 0; i < r->taken.count; i++)
        r->campaign[i] = rank[r->campaign[i]];
    r->taken.users = r->users.count;
    r->taken.campaigns = n;
    r->taken.user = r->user;
    r->taken.time = r->time;
    r->taken.campaign = r->campaign;
    r->taken.conversion = r->conversion;
    r->taken.name = name;
    r->taken.row = r->row;
    r->taken.value = r->value;
    r->taken.cost = r->wish->table->cost ? cost : NULL;
    r->taken.uid = r->wish->identity ? r->users.text : NULL;
    exposure_log_build(log, &r->taken);
    log->integers = r->rows->integers;
    arena_clear(&memory);
}

static void reader_free(struct log_reader *r)
{
    name_cache_clear(&r->cache);
    names_clear(&r->names);
    arena_clear(&r->users.memory);
    free(r->users.text);
    free(r->users.slot);
    free(r->user);
    free(r->time);
    free(r->campaign);
    free(r->conversion);
    free(r->row);
    free(r->value);
    free(r->rows);
    free(r);
}

static bool check_log(const struct exposure_log *log, struct error *err)
{
    if (log->impressions == 0)
        return error_set(err, ERR_DATA, "there are no impressions");
    if (log->conversions == 0)
        return error_set(err, ERR_DATA,
                         "none of %zu impressions has a conversion, so there is nothing to "
                         "attribute",
                         log->impressions);
    return true;
}

bool exposure_log_load(struct exposure_log *log, const struct exposure_wish *wish,
                       struct error *err)
{
    const struct journey_config *table = wish->table;
    struct log_reader *r = memory_take_zeroed(1, sizeof *r);
    struct table_source *source = NULL;
    bool ok;

    r->wish = wish;
    r->rows = memory_take_zeroed(1, sizeof *r->rows);
    names_init(&r->names);
    r->names.limit = EXPOSURE_CAMPAIGNS_MAX;
    name_cache_init(&r->cache, &r->names);
    ok = table_source_open(&source, table->path, err);
    if (ok && (ok = impressions_open(r->rows, source, table, err))) {
        ok = read_rows(r, err) && scale_times(r, table, err);
        impressions_close(r->rows);
    }
    if (ok) {
        finish(log, r);
        ok = check_log(log, err) || error_wrap(err, "'%s'", table->path);
        if (!ok)
            exposure_log_clear(log);
    }
    if (source)
        table_source_close(source);
    reader_free(r);
    return ok;
}

bool exposure_log_read(struct exposure_log *log, const struct journey_config *config,
                       struct error *err)
{
    return exposure_log_load(log, &(struct exposure_wish){.table = config}, err);
}
