/*
 * An exposure log from a table of impressions: scattered by a hash of their user into partitions,
 * each sorted on its own, merged. What does not fit the budget passes through temporary files.
 */
#include "incremental/exposure_log.h"

#include "attribution/credit.h"
#include "base/interrupt.h"
#include "incremental/exposure_merge.h"
#include "incremental/exposure_watch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reading {
    const struct exposure_wish *wish;
    const char *folder;
    struct spill spill;
    struct names names;
    struct scattered scattered;
    struct exposure_block_form form;
    struct exposure_block block[PARTITIONS];
    atomic_size_t next;
    pthread_mutex_t lock; /* of what follows */
    uint64_t *kept;       /* [names] impressions of users that are kept */
    bool failed;
    struct error error;
};

/* Where temporary files go when nobody says. */
static const char *usual_folder(void)
{
    const char *folder = getenv("TMPDIR");

    return folder && folder[0] ? folder : "/tmp";
}

static void report(struct reading *r, const struct error *err)
{
    pthread_mutex_lock(&r->lock);
    if (!r->failed)
        r->error = *err;
    r->failed = true;
    pthread_mutex_unlock(&r->lock);
}

static bool has_failed(struct reading *r)
{
    pthread_mutex_lock(&r->lock);
    const bool failed = r->failed;
    pthread_mutex_unlock(&r->lock);
    return failed;
}

static bool sort_partition(struct reading *r, size_t p, struct arena *memory, uint64_t *counts,
                           struct error *err)
{
    const size_t names = r->names.count + 1;
    struct grouping group = {
        .memory = memory, .impressions = counts + names, .conversion_counts = counts + 2 * names};

    arena_reset(memory);
    if (!interrupt_check("sorting impressions", err) ||
        !grouping_make(&group, &r->scattered, p, &r->spill, err) ||
        !exposure_block_make(&r->block[p], &group, &r->form, counts, &r->spill, err))
        return false;
    grouping_release(&r->scattered, p, &r->spill);
    /* Where not all fits, the small holes that records left must not stay resident. */
    if (atomic_load(&r->spill.end) > 0)
        memory_trim();
    return true;
}

static void sort_work(void *context, size_t rank, size_t size)
{
    struct reading *r = context;
    const size_t names = r->names.count + 1;
    uint64_t *counts = memory_take_zeroed(3 * names, sizeof *counts);
    struct arena memory = {0};
    struct error err = {0};
    size_t p;

    (void)rank;
    (void)size;
    while ((p = atomic_fetch_add(&r->next, 1)) < PARTITIONS && !has_failed(r))
        if (!sort_partition(r, p, &memory, counts, &err))
            report(r, &err);
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < names; i++)
        r->kept[i] += counts[i];
    pthread_mutex_unlock(&r->lock);
    arena_clear(&memory);
    free(counts);
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
static uint16_t *rank_names(const struct reading *r, struct exposure_log *log)
{
    const size_t codes = r->names.count;
    uint16_t *rank = ARENA_ZERO(&log->memory, uint16_t, codes + 1);
    const char **name = ARENA_NEW(&log->memory, const char *, codes + 1);
    struct ranked *ranked = memory_take(codes + 1, sizeof *ranked);

    for (size_t code = 0; code < codes; code++)
        if (r->kept[code] > 0)
            ranked[log->campaigns++] = (struct ranked){r->names.text[code].bytes, code};
    qsort(ranked, log->campaigns, sizeof *ranked, compare_ranked);
    for (size_t k = 0; k < log->campaigns; k++) {
        name[k] = arena_string(&log->memory, ranked[k].name, strlen(ranked[k].name));
        rank[ranked[k].code] = (uint16_t)k;
    }
    log->name = name;
    free(ranked);
    return rank;
}

/* Bytes of the arrays of the log. */
static size_t log_bytes(const struct reading *r)
{
    size_t bytes = 0;

    for (size_t p = 0; p < PARTITIONS; p++)
        bytes += r->block[p].impressions *
                     (11 + (r->form.identity ? 4 : 0) + (r->wish->table->value ? 8 : 0)) +
                 r->block[p].users * 16 + r->block[p].text_bytes;
    return bytes;
}

static bool sort_and_merge(struct exposure_log *log, struct reading *r, struct pool *pool,
                           struct error *err)
{
    r->kept = memory_take_zeroed(r->names.count + 1, sizeof *r->kept);
    pool_run(pool, sort_work, r);
    if (r->failed) {
        *err = r->error;
        return false;
    }
    const bool fits =
        r->spill.end == 0 && atomic_load(&r->spill.used) + log_bytes(r) <= r->spill.budget;
    const struct exposure_merge merge = {.block = r->block,
                                         .spill = &r->spill,
                                         .form = &r->form,
                                         .rank = rank_names(r, log),
                                         .value = r->wish->table->value != NULL,
                                         .cost = r->wish->table->cost != NULL,
                                         .folder = fits ? NULL : r->folder};
    log->integers = r->scattered.integers;
    return exposure_merge_run(log, &merge, err);
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

static bool read_log(struct exposure_log *log, struct reading *r, struct table_source *source,
                     struct pool *pool, struct error *err)
{
    const struct journey_config *table = r->wish->table;

    r->scattered.fleeting = true;
    if (!scatter_run(&r->scattered, source, table, &r->names, &r->spill, pool, !log->watch, err))
        return false;
    if (r->scattered.impressions > EXPOSURE_ROWS_MAX)
        return error_set(err, ERR_LIMIT, "there are more than %zu impressions", EXPOSURE_ROWS_MAX);
    return sort_and_merge(log, r, pool, err) &&
           (check_log(log, err) || error_wrap(err, "'%s'", table->path));
}

static void reading_clear(struct reading *r)
{
    for (size_t p = 0; p < PARTITIONS; p++)
        spill_drop(&r->spill, &r->block[p].piece);
    scattered_clear(&r->scattered, &r->spill);
    spill_close(&r->spill);
    names_clear(&r->names);
    pthread_mutex_destroy(&r->lock);
    free(r->kept);
    free(r);
}

bool exposure_log_load(struct exposure_log *log, const struct exposure_wish *wish,
                       struct error *err)
{
    const struct journey_config *table = wish->table;
    struct table_source *source;

    if (!table_source_open(&source, table->path, err))
        return false;
    struct reading *r = memory_take_zeroed(1, sizeof *r);
    const size_t mib = table->memory_mib ? table->memory_mib : EXPOSURE_MEMORY_MIB;
    struct pool *pool = wish->pool ? wish->pool : pool_new(1);
    r->wish = wish;
    r->folder = wish->folder ? wish->folder : usual_folder();
    r->form = (struct exposure_block_form){wish->training, wish->identity,
                                           table->value != NULL || table->cost != NULL};
    r->scattered.amounts = r->form.amounts;
    spill_open(&r->spill, r->folder, mib << 20);
    pthread_mutex_init(&r->lock, NULL);
    names_init(&r->names);
    r->names.limit = EXPOSURE_CAMPAIGNS_MAX;
    r->names.reserved = CREDIT_BASELINE;
    *log = (struct exposure_log){0};
    if (wish->show && isatty(STDERR_FILENO))
        log->watch = ARENA_ZERO(&log->memory, struct exposure_watch, 1);
    const bool ok = read_log(log, r, source, pool, err);
    if (!ok)
        exposure_log_clear(log);
    reading_clear(r);
    if (!wish->pool)
        pool_free(pool);
    table_source_close(source);
    return ok;
}

bool exposure_log_read(struct exposure_log *log, const struct journey_config *config,
                       struct error *err)
{
    return exposure_log_load(log, &(struct exposure_wish){.table = config}, err);
}
