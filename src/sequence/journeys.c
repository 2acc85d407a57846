#include "sequence/journeys.h"

#include "base/file.h"
#include "base/interrupt.h"
#include "base/json.h"
#include "base/progress.h"
#include "sequence/feature_hot.h"
#include "sequence/journey_write.h"

#include <string.h>
#include <unistd.h>

/* The files of a build, in the order in which they are published. */
enum output {
    OUT_TRAIN, /* OUT_TRAIN + split, as OUT_HOT_TRAIN + split */
    OUT_TEST,
    OUT_VAL,
    OUT_HOT_TRAIN,
    OUT_HOT_TEST,
    OUT_HOT_VAL,
    OUT_CAMPAIGNS,
    OUT_JOURNEYS,
    OUT_COUNT,
};

struct build {
    const struct journey_config *config;
    const struct split_config *split;
    bool writing;
    struct table_source *source;
    char *path[OUT_COUNT], *partial[OUT_COUNT];

    struct spill spill;
    struct names names;
    struct scattered scattered;
    struct partition_block block[PARTITIONS];
    struct partition_work *work; /* [threads] */
    size_t threads;

    pthread_mutex_t lock; /* of the two below */
    bool failed;
    struct error error;

    struct progress progress;
    atomic_size_t next_job, next_partition, finished;
    struct feature_source features;
    struct feature_store store;
    struct table_string *name; /* [names.count] in final order */
    int32_t *final_code;
    struct journey_summary summary;
    struct journey_writer writer;
};

static bool failed(struct build *b)
{
    pthread_mutex_lock(&b->lock);
    const bool result = b->failed;
    pthread_mutex_unlock(&b->lock);
    return result;
}

static void fail(struct build *b, const struct error *err)
{
    pthread_mutex_lock(&b->lock);
    if (!b->failed)
        b->error = *err;
    b->failed = true;
    pthread_mutex_unlock(&b->lock);
}

static void sort_work(void *context, size_t rank, size_t size)
{
    struct build *b = context;
    struct error err = {0};

    (void)size;
    for (;;) {
        const size_t p = atomic_fetch_add(&b->next_job, 1);
        if (p >= PARTITIONS || failed(b))
            return;
        if (!interrupt_check("building journeys", &err) ||
            !partition_run(&b->work[rank], &b->scattered, p, b->config, b->split, &b->spill,
                           b->writing ? &b->block[p] : NULL, &err))
            fail(b, &err);
        /* In a build that does not fit, the small holes that records left must not stay resident.
         */
        if (atomic_load(&b->spill.end) > 0)
            memory_trim();
        const size_t done = atomic_fetch_add(&b->finished, 1) + 1;
        if (rank == 0)
            progress_update(&b->progress, done, NULL);
    }
}

static bool write_partition(struct build *b, size_t rank, size_t p, struct error *err)
{
    const struct spill_piece *piece = &b->block[p].piece;
    struct arena buffer = {0};
    struct partition_view view;
    const void *bytes;

    bool ok = spill_get(&b->spill, piece,
                        piece->memory ? NULL : arena_take(&buffer, piece->size, 1), &bytes, err);
    if (ok) {
        partition_view_open(&view, bytes);
        ok = journey_writer_put(&b->writer, p, &view, b->final_code, &b->work[rank].memory, err);
    }
    arena_clear(&buffer);
    return ok;
}

/*
 * Partitions are written in pieces of one file, whose lock lets one thread through: rank 0 begins
 * with them while the others encode row groups, and whoever is done helps with what is left. So the
 * disk works on that file, the largest, long before it is waited for.
 */
static bool write_next(struct build *b, size_t rank, struct feature_work *work, struct error *err)
{
    const size_t groups = feature_store_groups(&b->store);
    size_t p = rank ? PARTITIONS : atomic_fetch_add(&b->next_partition, 1), group;

    if (p >= PARTITIONS && (group = atomic_fetch_add(&b->next_job, 1)) < groups)
        return feature_store_put(&b->store, group, work, err);
    if (p >= PARTITIONS)
        p = atomic_fetch_add(&b->next_partition, 1);
    if (p >= PARTITIONS)
        return false;
    feature_work_clear(work);
    return write_partition(b, rank, p, err);
}

static void write_work(void *context, size_t rank, size_t size)
{
    struct build *b = context;
    struct error err = {0};
    struct feature_work work = {0};

    (void)size;
    while (!failed(b) && interrupt_check("writing journeys", &err) &&
           write_next(b, rank, &work, &err))
        continue;
    if (err.code != ERR_NONE)
        fail(b, &err);
    feature_work_clear(&work);
}

static void hot_work(void *context, size_t rank, size_t size)
{
    struct build *b = context;
    struct error err = {0};

    (void)size;
    for (;;) {
        const size_t job = atomic_fetch_add(&b->next_job, 1);
        if (job >= SPLIT_COUNT)
            return;
        if (!feature_hot_write(&b->features, (enum split)job, b->partial[OUT_HOT_TRAIN + job],
                               b->path[OUT_HOT_TRAIN + job], &err)) {
            fail(b, &err);
            return;
        }
    }
}

/* ---- joining what the threads counted ---- */

static void join_summary(struct journey_summary *to, const struct journey_summary *from)
{
    to->impressions += from->impressions;
    to->entities += from->entities;
    to->journeys += from->journeys;
    to->conversions += from->conversions;
    for (int s = 0; s < SPLIT_COUNT; s++) {
        to->split[s].entities += from->split[s].entities;
        to->split[s].journeys += from->split[s].journeys;
        to->split[s].conversions += from->split[s].conversions;
    }
    for (size_t i = 0; i < sizeof to->length / sizeof *to->length; i++)
        to->length[i] += from->length[i];
    if (from->first_time < to->first_time)
        to->first_time = from->first_time;
    if (from->last_time > to->last_time)
        to->last_time = from->last_time;
}

struct named {
    struct table_string text;
    int32_t code;
    bool trained;
    uint64_t impressions, conversions;
};

static int compare_bytes(const struct table_string *a, const struct table_string *b)
{
    const size_t least = a->length < b->length ? a->length : b->length;
    const int order = memcmp(a->bytes, b->bytes, least);

    return order ? order : (a->length > b->length) - (a->length < b->length);
}

/* The training vocabulary first, then the others; each sorted by the bytes of the name. */
static int by_name(const void *a, const void *b)
{
    const struct named *x = a, *y = b;

    return x->trained != y->trained ? y->trained - x->trained : compare_bytes(&x->text, &y->text);
}

static int by_impressions(const void *a, const void *b)
{
    const struct journey_campaign *x = a, *y = b;

    if (x->impressions != y->impressions)
        return x->impressions < y->impressions ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void join_counts(struct build *b)
{
    const size_t count = b->names.count;
    struct named *named = memory_take_zeroed(count + 1, sizeof *named);
    struct journey_summary *summary = &b->summary;

    summary->first_time = INT64_MAX;
    summary->last_time = INT64_MIN;
    for (size_t w = 0; w < b->threads; w++) {
        join_summary(summary, &b->work[w].summary);
        for (size_t i = 0; i < count; i++) {
            named[i].trained |= b->work[w].trained[i];
            named[i].impressions += b->work[w].impressions[i];
            named[i].conversions += b->work[w].conversions[i];
        }
    }
    for (size_t i = 0; i < count; i++) {
        named[i].text = b->names.text[i];
        named[i].code = (int32_t)i;
        summary->vocabulary += named[i].trained;
    }
    qsort(named, count, sizeof *named, by_name);
    summary->campaigns = count;
    summary->campaign = memory_take_zeroed(count + 1, sizeof *summary->campaign);
    b->name = memory_take(count + 1, sizeof *b->name);
    b->final_code = memory_take(count + 1, sizeof *b->final_code);
    for (size_t i = 0; i < count; i++) {
        b->name[i] = named[i].text;
        b->final_code[named[i].code] = (int32_t)i;
        summary->campaign[i] = (struct journey_campaign){
            strdup(named[i].text.bytes), named[i].impressions, named[i].conversions};
    }
    qsort(summary->campaign, count, sizeof *summary->campaign, by_impressions);
    free(named);
}

/* ---- files ---- */

static const char *const output_name[OUT_COUNT] = {
    [OUT_TRAIN] = "feature_store/train.parquet",
    [OUT_TEST] = "feature_store/test.parquet",
    [OUT_VAL] = "feature_store/val.parquet",
    [OUT_HOT_TRAIN] = "feature_store_preprocessed/train.parquet",
    [OUT_HOT_TEST] = "feature_store_preprocessed/test.parquet",
    [OUT_HOT_VAL] = "feature_store_preprocessed/val.parquet",
    [OUT_CAMPAIGNS] = "feature_store/campaigns.json",
    [OUT_JOURNEYS] = "journeys.bin",
};

static bool is_wanted(const struct build *b, int output)
{
    return b->config->one_hot || output < OUT_HOT_TRAIN || output > OUT_HOT_VAL;
}

static bool name_outputs(struct build *b, const char *folder, struct error *err)
{
    for (int i = 0; i < OUT_COUNT; i++) {
        if (!is_wanted(b, i))
            continue;
        b->path[i] = file_join(folder, output_name[i]);
        b->partial[i] = file_partial_name(b->path[i]);
        if (!file_make_parents(b->path[i], err))
            return false;
    }
    return true;
}

static bool write_campaigns(struct build *b, struct error *err)
{
    json_t *document = json_object();

    for (size_t i = 0; i < b->summary.vocabulary; i++)
        json_object_set_new(document, b->name[i].bytes, json_integer((json_int_t)i));
    const bool ok = json_write(b->partial[OUT_CAMPAIGNS], document, err);
    json_decref(document);
    return ok;
}

/* The feature store and journeys.bin, by all threads; the disk is still at work on the latter. */
static bool write_journeys(struct build *b, struct pool *pool, struct error *err)
{
    if (!journey_writer_open(&b->writer, b->partial[OUT_JOURNEYS], &b->summary,
                             b->config->max_length, b->name, b->names.count, b->block, err) ||
        !feature_store_open(&b->store, &b->features, b->partial, b->path, err))
        return false;
    atomic_store(&b->next_job, 0);
    atomic_store(&b->next_partition, 0);
    pool_run(pool, write_work, b);
    if (b->failed)
        *err = b->error;
    return feature_store_close(&b->store, !b->failed, err);
}

static bool write_hot(struct build *b, struct pool *pool, struct error *err)
{
    if (!feature_hot_check(&b->features, err))
        return false;
    atomic_store(&b->next_job, 0);
    pool_run(pool, hot_work, b);
    if (b->failed)
        *err = b->error;
    return !b->failed;
}

static bool publish(struct build *b, struct error *err)
{
    if (!journey_writer_close(&b->writer, err))
        return false;
    for (int i = 0; i < OUT_COUNT; i++)
        if (is_wanted(b, i) && !file_publish(b->partial[i], b->path[i], err))
            return false;
    return true;
}

static void close_source(struct build *b)
{
    table_source_close(b->source);
    b->source = NULL;
}

/* Rank 0 waits for the disk; memory is given back meanwhile, and what DuckDB holds by the last. */
static void finish_work(void *context, size_t rank, size_t size)
{
    struct build *b = context;
    struct error err = {0};
    size_t p;

    if (rank == 0 && !(write_campaigns(b, &err) && publish(b, &err)))
        fail(b, &err);
    while ((p = atomic_fetch_add(&b->next_partition, 1)) < PARTITIONS)
        spill_drop(&b->spill, &b->block[p].piece);
    partition_work_clear(&b->work[rank]);
    if (rank == size - 1)
        close_source(b);
}

static bool write_outputs(struct build *b, struct pool *pool, struct error *err)
{
    b->features = (struct feature_source){
        .spill = &b->spill,
        .block = b->block,
        .integers = b->scattered.integers,
        .max_length = b->config->max_length,
        .name = b->name,
        .final_code = b->final_code,
        .vocabulary = b->summary.vocabulary,
    };
    if (!write_journeys(b, pool, err) || (b->config->one_hot && !write_hot(b, pool, err)))
        return false;
    atomic_store(&b->next_partition, 0);
    pool_run(pool, finish_work, b);
    if (b->failed)
        *err = b->error;
    return !b->failed;
}

/* ---- the whole ---- */

static bool sort_and_write(struct build *b, struct pool *pool, bool quiet, struct error *err)
{
    char note[96];

    b->threads = pool_size(pool);
    b->work = memory_take_zeroed(b->threads, sizeof *b->work);
    for (size_t i = 0; i < b->threads; i++)
        partition_work_init(&b->work[i], b->names.count);
    progress_begin(&b->progress, "journeys", PARTITIONS, quiet);
    pool_run(pool, sort_work, b);
    bool ok = !b->failed;
    if (ok) {
        join_counts(b);
        ok = !b->writing || write_outputs(b, pool, err);
    } else {
        *err = b->error;
    }
    if (!ok) {
        progress_cancel(&b->progress);
        return false;
    }
    snprintf(note, sizeof note, "%llu journeys, %llu conversions",
             (unsigned long long)b->summary.journeys, (unsigned long long)b->summary.conversions);
    progress_end(&b->progress, note);
    return true;
}

static bool read_and_build(struct build *b, struct pool *pool, bool quiet, struct error *err)
{
    return scatter_run(&b->scattered, b->source, b->config, &b->names, &b->spill, pool, quiet,
                       err) &&
           sort_and_write(b, pool, quiet, err);
}

static void clear_build(struct build *b)
{
    struct error ignored;

    (void)!journey_writer_close(&b->writer, &ignored);
    close_source(b);
    for (int i = 0; i < OUT_COUNT; i++) {
        if (b->partial[i])
            unlink(b->partial[i]); /* published files no longer have that name */
        free(b->partial[i]);
        free(b->path[i]);
    }
    for (size_t i = 0; b->work && i < b->threads; i++)
        partition_work_clear(&b->work[i]);
    free(b->work);
    for (size_t p = 0; p < PARTITIONS; p++)
        spill_drop(&b->spill, &b->block[p].piece);
    scattered_clear(&b->scattered, &b->spill);
    spill_close(&b->spill);
    names_clear(&b->names);
    free(b->name);
    free(b->final_code);
    journey_summary_clear(&b->summary);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

bool journeys_build(const struct journey_config *config, const struct split_config *split,
                    const char *folder, struct pool *pool, bool quiet,
                    struct journey_summary *summary, struct error *err)
{
    struct table_source *source;

    if (!split_check(split, err))
        return false;
    if (!config->path)
        return error_set(err, ERR_CONFIG, "source.path is missing");
    if (!table_source_open(&source, config->path, err))
        return false;
    struct build *b = memory_take_zeroed(1, sizeof *b);
    b->config = config;
    b->split = split;
    b->source = source;
    b->writer.file = -1;
    b->writing = folder != NULL;
    spill_open(&b->spill, folder, config->memory_mib << 20);
    pthread_mutex_init(&b->lock, NULL);
    names_init(&b->names);
    const bool ok = (!folder || (file_make_folders(folder, err) && name_outputs(b, folder, err))) &&
                    read_and_build(b, pool, quiet, err);
    if (ok) {
        *summary = b->summary;
        b->summary.campaign = NULL;
        b->summary.campaigns = 0;
    }
    clear_build(b);
    return ok;
}
