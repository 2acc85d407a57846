#include "remote/s3_upload.h"

#include "remote/md5.h"
#include "remote/s3_address.h"
#include "remote/s3_crew.h"
#include "remote/s3_list.h"
#include "remote/s3_xml.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { CHUNK_BYTES = 256 << 10, ETAG_ROOM = 160, UPLOAD_ID_ROOM = 2048, MIB = 1 << 20 };

/* One file that goes up in parts. */
struct upload {
    const char *bucket;
    const struct s3_file *file;
    int fd;
    uint64_t part_bytes;
    size_t parts;
    char (*etag)[ETAG_ROOM]; /* [parts] */
    char id[UPLOAD_ID_ROOM]; /* percent-encoded */
};

static bool hash_range(int fd, uint64_t offset, uint64_t size, unsigned char digest[MD5_BYTES])
{
    char *chunk = memory_take(CHUNK_BYTES, 1);
    struct md5 md5;
    bool ok = true;

    md5_start(&md5);
    while (ok && size > 0) {
        const size_t want = size < CHUNK_BYTES ? (size_t)size : CHUNK_BYTES;
        const ssize_t got = pread(fd, chunk, want, (off_t)offset);
        ok = got > 0;
        if (!ok)
            break;
        md5_add(&md5, chunk, (size_t)got);
        offset += (uint64_t)got;
        size -= (uint64_t)got;
    }
    free(chunk);
    md5_end(&md5, digest);
    return ok;
}

static int open_file(const struct s3_file *file, struct error *err)
{
    const int fd = open(file->path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        error_set(err, ERR_IO, "cannot open '%s': %s", file->path, strerror(errno));
    return fd;
}

/* PUT a range of a file; as a part of an upload where `query` is given. */
static bool put_range(struct s3_client *client, struct s3_call *call, struct s3_answer *answer,
                      const char *path, struct error *err)
{
    unsigned char digest[MD5_BYTES];
    char text[MD5_BASE64_ROOM];

    *answer = (struct s3_answer){0};
    if (!hash_range(call->file, call->offset, call->size, digest))
        return error_set(err, ERR_IO, "cannot read '%s': it became shorter", path);
    md5_base64(digest, text);
    call->method = "PUT";
    call->content_md5 = text;
    const bool ok = s3_client_call(client, call, answer, err);
    call->content_md5 = NULL;
    return ok;
}

static bool put_file(struct s3_client *client, const char *bucket, const struct s3_file *file,
                     struct error *err)
{
    struct s3_call call = S3_CALL;
    struct s3_answer answer;

    call.bucket = bucket;
    call.key = file->key;
    call.content_type = "application/octet-stream";
    call.size = file->size;
    call.file = open_file(file, err);
    if (call.file < 0)
        return false;
    const bool ok = put_range(client, &call, &answer, file->path, err);
    s3_answer_clear(&answer);
    close(call.file);
    return ok;
}

static bool begin(struct upload *up, struct s3_client *client, struct error *err)
{
    struct s3_call call = S3_CALL;
    struct s3_answer answer;
    struct text encoded = {0};
    char id[UPLOAD_ID_ROOM / 3] = "";

    call.method = "POST";
    call.bucket = up->bucket;
    call.key = up->file->key;
    call.query = "uploads=";
    call.content_type = "application/octet-stream";
    bool ok = s3_client_call(client, &call, &answer, err);
    if (ok && (!answer.body.bytes ||
               !s3_xml_find(answer.body.bytes, answer.body.length, "UploadId", id, sizeof id)))
        ok = error_set(err, ERR_IO, "s3://%s/%s: the store began no upload", up->bucket, call.key);
    s3_encode(&encoded, id, false);
    snprintf(up->id, sizeof up->id, "%s", encoded.bytes);
    text_clear(&encoded);
    s3_answer_clear(&answer);
    return ok;
}

static bool send_part(struct s3_client *client, size_t job, void *context, struct error *err)
{
    struct upload *up = context;
    struct s3_call call = S3_CALL;
    struct s3_answer answer;
    struct text query = {0};
    const uint64_t offset = job * up->part_bytes, left = up->file->size - offset;

    text_add_format(&query, "partNumber=%zu&uploadId=%s", job + 1, up->id);
    call.bucket = up->bucket;
    call.key = up->file->key;
    call.query = query.bytes;
    call.file = up->fd;
    call.offset = offset;
    call.size = left < up->part_bytes ? left : up->part_bytes;
    bool ok = put_range(client, &call, &answer, up->file->path, err);
    if (ok && (!answer.etag[0] || strpbrk(answer.etag, "<>&")))
        ok = error_set(err, ERR_IO, "s3://%s/%s: the store gave no ETag for part %zu", up->bucket,
                       call.key, job + 1);
    memcpy(up->etag[job], answer.etag, sizeof answer.etag);
    s3_answer_clear(&answer);
    text_clear(&query);
    return ok;
}

/* An upload that ended although its answer was lost: the retry finds no upload, but the object. */
static bool is_complete(const struct upload *up, struct s3_client *client)
{
    struct s3_call call = S3_CALL;
    struct s3_answer answer;
    struct error ignored = {0};
    char parts[24];

    call.bucket = up->bucket;
    call.key = up->file->key;
    call.ranged = true;
    call.range_size = 1;
    snprintf(parts, sizeof parts, "-%zu\"", up->parts);
    const bool ok = s3_client_call(client, &call, &answer, &ignored) &&
                    answer.whole_size == up->file->size && strstr(answer.etag, parts);
    s3_answer_clear(&answer);
    return ok;
}

static bool complete(struct upload *up, struct s3_client *client, struct error *err)
{
    struct s3_call call = S3_CALL;
    struct s3_answer answer;
    struct text body = {0}, query = {0};

    text_add_format(&body, "<CompleteMultipartUpload>");
    for (size_t i = 0; i < up->parts; i++)
        text_add_format(&body, "<Part><PartNumber>%zu</PartNumber><ETag>%s</ETag></Part>", i + 1,
                        up->etag[i]);
    text_add_format(&body, "</CompleteMultipartUpload>");
    text_add_format(&query, "uploadId=%s", up->id);
    call.method = "POST";
    call.bucket = up->bucket;
    call.key = up->file->key;
    call.query = query.bytes;
    call.content_type = "application/xml";
    call.bytes = body.bytes;
    call.size = body.length;
    bool ok = s3_client_call(client, &call, &answer, err);
    if (!ok && strcmp(answer.code, "NoSuchUpload") == 0)
        ok = is_complete(up, client);
    s3_answer_clear(&answer);
    text_clear(&query);
    text_clear(&body);
    return ok;
}

/* Best effort: the store keeps parts of uploads that were never ended, and charges for them. */
static void give_up(struct upload *up, struct s3_client *client)
{
    struct s3_call call = S3_CALL;
    struct s3_answer answer;
    struct error ignored = {0};
    struct text query = {0};

    text_add_format(&query, "uploadId=%s", up->id);
    call.method = "DELETE";
    call.bucket = up->bucket;
    call.key = up->file->key;
    call.query = query.bytes;
    call.clean_up = true;
    if (!s3_client_call(client, &call, &answer, &ignored)) {
        /* The first failure is the one to report. */
    }
    s3_answer_clear(&answer);
    text_clear(&query);
}

static bool put_in_parts(const struct s3_account *account, struct s3_client *client,
                         const char *bucket, const struct s3_file *file, struct error *err)
{
    const uint64_t least = (file->size + S3_PARTS_MAX - 1) / S3_PARTS_MAX;
    struct upload up = {.bucket = bucket, .file = file, .part_bytes = S3_PIECE_BYTES};

    if (least > up.part_bytes)
        up.part_bytes = (least + MIB - 1) / MIB * MIB;
    up.parts = (size_t)((file->size + up.part_bytes - 1) / up.part_bytes);
    up.fd = open_file(file, err);
    if (up.fd < 0)
        return false;
    bool ok = begin(&up, client, err);
    if (ok) {
        up.etag = memory_take_zeroed(up.parts, sizeof *up.etag);
        ok = s3_crew_run(account, up.parts, send_part, &up, err) && complete(&up, client, err);
        if (!ok)
            give_up(&up, client);
        free(up.etag);
    }
    close(up.fd);
    return ok;
}

struct uploads {
    const char *bucket;
    const struct s3_file **small;
};

static bool send_small(struct s3_client *client, size_t job, void *context, struct error *err)
{
    const struct uploads *all = context;

    return put_file(client, all->bucket, all->small[job], err);
}

bool s3_upload(const struct s3_account *account, const char *bucket, const struct s3_file *files,
               size_t count, struct error *err)
{
    struct uploads all = {.bucket = bucket, .small = memory_take(count + 1, sizeof *all.small)};
    struct s3_client *client = NULL;
    size_t small = 0;

    for (size_t i = 0; i < count; i++)
        if (files[i].size <= S3_PIECE_BYTES)
            all.small[small++] = &files[i];
    bool ok =
        s3_client_open(&client, account, err) && s3_crew_run(account, small, send_small, &all, err);
    for (size_t i = 0; ok && i < count; i++)
        if (files[i].size > S3_PIECE_BYTES)
            ok = put_in_parts(account, client, bucket, &files[i], err);
    s3_client_close(client);
    free(all.small);
    return ok;
}

bool s3_remove(struct s3_client *client, const char *bucket, const char *key, struct error *err)
{
    struct s3_call call = S3_CALL;
    struct s3_answer answer;

    call.method = "DELETE";
    call.bucket = bucket;
    call.key = key;
    const bool ok = s3_client_call(client, &call, &answer, err);
    const bool gone = answer.status == 404 && strcmp(answer.code, "NoSuchBucket") != 0;
    s3_answer_clear(&answer);
    return ok || gone;
}

bool s3_file_is(const struct s3_file *file, const char *etag)
{
    const size_t quote = etag[0] == '"';
    unsigned char digest[MD5_BYTES];
    char hex[MD5_HEX_ROOM];

    /* The ETag of an object that came in parts is no digest of its bytes. */
    if (strlen(etag) != sizeof hex - 1 + 2 * quote)
        return false;
    const int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    const bool read = fd >= 0 && hash_range(fd, 0, file->size, digest);
    if (fd >= 0)
        close(fd);
    if (!read)
        return false;
    md5_hex(digest, hex);
    return strncmp(etag + quote, hex, sizeof hex - 1) == 0;
}
