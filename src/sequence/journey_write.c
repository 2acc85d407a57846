#include "sequence/journey_write.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool put(const struct journey_writer *writer, enum journey_section section, uint64_t first,
                const void *bytes, size_t size, struct error *err)
{
    const char *from = bytes;
    /* SECTION_COUNT is no section: the start of the file. */
    uint64_t at = first + (section < SECTION_COUNT ? writer->header.section[section].at : 0);

    while (size) {
        const ssize_t done = pwrite(writer->file, from, size, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return error_set(err, ERR_IO, "cannot write '%s': %s", writer->path, strerror(errno));
        from += done;
        size -= (size_t)done;
        at += (uint64_t)done;
    }
    return true;
}

static bool put_names(const struct journey_writer *writer, const struct table_string *name,
                      size_t count, struct error *err)
{
    struct arena memory = {0};
    uint64_t *end = ARENA_NEW(&memory, uint64_t, count + 1);
    const uint64_t bytes = writer->header.section[SECTION_NAMES].size;
    char *text = ARENA_NEW(&memory, char, bytes + 1);
    uint64_t at = 0;

    for (size_t i = 0; i < count; i++) {
        memcpy(text + at, name[i].bytes, name[i].length);
        at += name[i].length;
        text[at++] = '\0';
        end[i] = at;
    }
    const bool ok = put(writer, SECTION_NAME_END, 0, end, count * sizeof *end, err) &&
                    put(writer, SECTION_NAMES, 0, text, bytes, err);
    arena_clear(&memory);
    return ok;
}

static bool create(struct journey_writer *writer, uint64_t size, struct error *err)
{
    writer->file = open(writer->path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666);
    if (writer->file < 0 || ftruncate(writer->file, (off_t)size) != 0)
        return error_set(err, ERR_IO, "cannot write '%s': %s", writer->path, strerror(errno));
    return true;
}

/* Wait for the next part of the file; false when the writer is closed before it is whole. */
static bool wait_part(struct journey_writer *writer)
{
    while (sem_wait(&writer->part) != 0 && errno == EINTR)
        continue;
    return !atomic_load(&writer->ending);
}

/* Start the disk on each part, best effort; wait for it with the last. */
static void *flush_parts(void *context)
{
    struct journey_writer *writer = context;

    for (size_t part = 1; part < JOURNEY_PARTS; part++) {
        if (!wait_part(writer))
            return NULL;
        (void)sync_file_range(writer->file, 0, 0, SYNC_FILE_RANGE_WRITE);
    }
    if (wait_part(writer) && fdatasync(writer->file) != 0)
        writer->failure = errno;
    return NULL;
}

/* Without the thread, whoever publishes the file waits longer. */
static void start_flusher(struct journey_writer *writer)
{
    writer->flushing = pthread_create(&writer->flusher, NULL, flush_parts, writer) == 0;
}

bool journey_writer_open(struct journey_writer *writer, const char *path,
                         const struct journey_summary *summary, size_t max_length,
                         const struct table_string *name, size_t count,
                         const struct partition_block *block, struct error *err)
{
    struct journey_summary kept = *summary;
    uint64_t bytes = 0;

    *writer = (struct journey_writer){.path = path, .file = -1};
    for (size_t p = 0; p < PARTITIONS; p++) {
        writer->first_journey[p + 1] = writer->first_journey[p] + block[p].journeys;
        writer->first_token[p + 1] = writer->first_token[p] + block[p].tokens;
    }
    for (size_t i = 0; i < count; i++)
        bytes += name[i].length + 1;
    writer->header = (struct journey_file_header){
        .count = writer->first_journey[PARTITIONS],
        .impressions = writer->first_token[PARTITIONS],
        .campaigns = count,
        .vocabulary = summary->vocabulary,
        .max_length = max_length,
    };
    const uint64_t size = journey_file_plan(&writer->header, bytes);
    const struct journey_file_header *header = &writer->header;
    const uint64_t end = header->impressions;
    kept.campaign = NULL;
    sem_init(&writer->part, 0, 0);
    if (!create(writer, size, err))
        return false;
    start_flusher(writer);
    return put(writer, SECTION_COUNT, 0, header, sizeof *header, err) &&
           put(writer, SECTION_OFFSET, header->count * sizeof end, &end, sizeof end, err) &&
           put(writer, SECTION_SUMMARY, 0, &kept, sizeof kept, err) &&
           put_names(writer, name, count, err);
}

bool journey_writer_put(struct journey_writer *writer, size_t p, const struct partition_view *view,
                        const int32_t *final_code, struct arena *memory, struct error *err)
{
    const size_t journeys = view->journeys, tokens = view->tokens;
    const uint64_t j0 = writer->first_journey[p], t0 = writer->first_token[p];

    arena_reset(memory);
    uint64_t *offset = ARENA_NEW(memory, uint64_t, journeys + 1);
    uint64_t *entity = ARENA_NEW(memory, uint64_t, journeys + 1);
    int32_t *token = ARENA_NEW(memory, int32_t, tokens + 1);
    uint64_t at = t0;
    for (size_t j = 0; j < journeys; j++) {
        offset[j] = at;
        entity[j] = view->hash[view->entity[j]];
        at += view->length[j];
    }
    for (size_t i = 0; i < tokens; i++)
        token[i] = final_code[view->token[i]];
    const bool ok = put(writer, SECTION_OFFSET, j0 * 8, offset, journeys * 8, err) &&
                    put(writer, SECTION_TIME, t0 * 8, view->time, tokens * 8, err) &&
                    put(writer, SECTION_ID, j0 * 8, view->id, journeys * 8, err) &&
                    put(writer, SECTION_ENTITY, j0 * 8, entity, journeys * 8, err) &&
                    put(writer, SECTION_TOKEN, t0 * 4, token, tokens * 4, err) &&
                    put(writer, SECTION_CONVERTED, j0, view->converted, journeys, err) &&
                    put(writer, SECTION_SPLIT, j0, view->split, journeys, err);
    if (ok && (atomic_fetch_add(&writer->done, 1) + 1) % (PARTITIONS / JOURNEY_PARTS) == 0)
        sem_post(&writer->part);
    return ok;
}

bool journey_writer_close(struct journey_writer *writer, struct error *err)
{
    if (writer->file < 0)
        return true;
    if (writer->flushing && atomic_load(&writer->done) < PARTITIONS) {
        atomic_store(&writer->ending, true);
        sem_post(&writer->part);
    }
    if (writer->flushing)
        pthread_join(writer->flusher, NULL);
    sem_destroy(&writer->part);
    if (close(writer->file) != 0)
        writer->failure = errno;
    writer->file = -1;
    return !writer->failure ||
           error_set(err, ERR_IO, "cannot write '%s': %s", writer->path, strerror(writer->failure));
}
