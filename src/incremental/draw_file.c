#include "incremental/draw_file.h"

#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

static const uint64_t MAGIC = UINT64_C(0x31776172446e7251); /* "QrnDraw1" */

struct head {
    uint64_t magic, fingerprint, from, end, hash; /* hash: of the numbers that follow */
};

static uint64_t hash_more(uint64_t hash, const void *bytes, size_t size)
{
    return XXH3_64bits_withSeed(bytes, size, hash);
}

/* Whatever decides the replicates. */
static uint64_t fingerprint_of(const struct incremental_fit *fit, uint64_t seed)
{
    const struct exposure_log *log = fit->log;
    const struct incremental_design *d = &fit->design;
    const uint64_t sizes[] = {seed,     log->users,        log->impressions,      log->campaigns,
                              d->count, (uint64_t)d->link, exposure_log_hash(log)};
    uint64_t hash = hash_more(0, sizes, sizeof sizes);

    hash = hash_more(hash, fit->parameter, d->count * sizeof *fit->parameter);
    hash = hash_more(hash, fit->ridge, d->count * sizeof *fit->ridge);
    return hash_more(hash, fit->bounded, d->count * sizeof *fit->bounded);
}

static uint64_t hash_of(const struct draw_file *file, const struct incremental_draws *draws,
                        const struct head *head)
{
    const size_t many = (size_t)(head->end - head->from);
    const uint64_t hash = hash_more(head->from, draws->parameter + head->from * file->parameters,
                                    many * file->parameters * sizeof(double));

    return hash_more(hash, draws->credit + head->from * file->credits,
                     many * file->credits * sizeof(double));
}

/* One record after the replicates at hand; false where there is none that is whole. */
static bool read_record(struct draw_file *file, struct incremental_draws *draws, size_t *done)
{
    struct head head;

    if (fread(&head, sizeof head, 1, file->stream) != 1 || head.magic != MAGIC ||
        head.fingerprint != file->fingerprint || head.from != *done || head.end <= head.from ||
        head.end > draws->count)
        return false;
    const size_t many = (size_t)(head.end - head.from);
    if (fread(draws->parameter + *done * file->parameters, file->parameters * sizeof(double), many,
              file->stream) != many ||
        fread(draws->credit + *done * file->credits, file->credits * sizeof(double), many,
              file->stream) != many ||
        hash_of(file, draws, &head) != head.hash)
        return false;
    *done = (size_t)head.end;
    return true;
}

static bool fail(const struct draw_file *file, struct error *err)
{
    return err ? error_set(err, ERR_IO, "cannot write '%s': %s", file->path, strerror(errno))
               : false;
}

bool draw_file_open(struct draw_file *file, const char *path, const struct incremental_fit *fit,
                    uint64_t seed, struct incremental_draws *draws, size_t *done, struct error *err)
{
    *file = (struct draw_file){
        .path = file_join("", path),
        .fingerprint = fingerprint_of(fit, seed),
        .parameters = fit->design.count,
        .credits = fit->design.campaigns + 1,
    };
    long end = 0;

    *done = 0;
    if (!file_make_parents(path, err))
        return false;
    file->stream = fopen(path, "r+be");
    if (!file->stream)
        file->stream = fopen(path, "w+be");
    if (!file->stream)
        return fail(file, err);
    while (*done < draws->count && read_record(file, draws, done))
        end = ftell(file->stream);
    if (end < 0 || fseek(file->stream, end, SEEK_SET) != 0 ||
        ftruncate(fileno(file->stream), end) != 0)
        return fail(file, err);
    return true;
}

bool draw_file_add(struct draw_file *file, const struct incremental_draws *draws, size_t from,
                   size_t end, struct error *err)
{
    struct head head = {.magic = MAGIC, .fingerprint = file->fingerprint, .from = from, .end = end};
    const size_t many = end - from;

    head.hash = hash_of(file, draws, &head);
    if (fwrite(&head, sizeof head, 1, file->stream) != 1 ||
        fwrite(draws->parameter + from * file->parameters, file->parameters * sizeof(double), many,
               file->stream) != many ||
        fwrite(draws->credit + from * file->credits, file->credits * sizeof(double), many,
               file->stream) != many ||
        fflush(file->stream) != 0)
        return fail(file, err);
    return true;
}

bool draw_file_close(struct draw_file *file, struct error *err)
{
    const bool ok = !file->stream || fclose(file->stream) == 0 || fail(file, err);

    free(file->path);
    *file = (struct draw_file){0};
    return ok;
}
