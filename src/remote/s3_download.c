#include "remote/s3_download.h"

#include "remote/s3_crew.h"
#include "remote/s3_list.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct piece {
    size_t file;
    uint64_t first, size;
};

struct downloads {
    const char *bucket;
    const struct s3_download *files;
    struct piece *piece;
    size_t count;
};

static bool fetch_piece(struct s3_client *client, size_t job, void *context, struct error *err)
{
    const struct downloads *all = context;
    const struct piece *piece = &all->piece[job];
    const struct s3_download *file = &all->files[piece->file];
    struct s3_call call = S3_CALL;
    struct s3_answer answer;

    const int sink = open(file->path, O_WRONLY | O_CLOEXEC);
    if (sink < 0)
        return error_set(err, ERR_IO, "cannot write '%s': %s", file->path, strerror(errno));
    call.bucket = all->bucket;
    call.key = file->object->key;
    call.if_match = file->object->etag;
    call.ranged = true;
    call.range_first = piece->first;
    call.range_size = piece->size;
    call.sink = sink;
    call.sink_offset = piece->first;
    bool ok = s3_client_call(client, &call, &answer, err);
    if (ok && answer.body_bytes != piece->size)
        ok = error_set(err, ERR_DATA, "s3://%s/%s: the object changed while it was read",
                       all->bucket, call.key);
    s3_answer_clear(&answer);
    if (close(sink) != 0 && ok)
        ok = error_set(err, ERR_IO, "cannot write '%s': %s", file->path, strerror(errno));
    return ok;
}

/* The file at its full size, so that pieces can be written in any order. */
static bool make_file(const struct s3_download *file, struct error *err)
{
    const int fd = open(file->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    const bool ok = fd >= 0 && ftruncate(fd, (off_t)file->object->size) == 0;
    const int keep = errno;

    if (fd >= 0)
        close(fd);
    return ok || error_set(err, ERR_IO, "cannot write '%s': %s", file->path, strerror(keep));
}

static void plan(struct downloads *all, size_t index)
{
    const struct s3_download *file = &all->files[index];

    for (uint64_t first = file->done; first < file->object->size; first += S3_PIECE_BYTES) {
        const uint64_t left = file->object->size - first;
        all->piece = memory_resize(all->piece, all->count + 1, sizeof *all->piece);
        all->piece[all->count++] = (struct piece){
            .file = index,
            .first = first,
            .size = left < S3_PIECE_BYTES ? left : S3_PIECE_BYTES,
        };
    }
}

static void set_time(const struct s3_download *file)
{
    const struct timespec at = {.tv_sec = (time_t)(file->object->modified / 1000000),
                                .tv_nsec = (long)(file->object->modified % 1000000) * 1000};
    const struct timespec times[2] = {at, at};

    if (file->object->modified > 0)
        utimensat(AT_FDCWD, file->path, times, 0);
}

bool s3_download(const struct s3_account *account, const char *bucket,
                 const struct s3_download *files, size_t count, struct error *err)
{
    struct downloads all = {.bucket = bucket, .files = files};
    bool ok = true;

    for (size_t i = 0; ok && i < count; i++) {
        ok = make_file(&files[i], err);
        plan(&all, i);
    }
    ok = ok && s3_crew_run(account, all.count, fetch_piece, &all, err);
    for (size_t i = 0; ok && i < count; i++)
        set_time(&files[i]);
    free(all.piece);
    return ok;
}
