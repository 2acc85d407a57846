#include "base/tar.h"

#include "base/arena.h"
#include "base/tar_header.h"
#include "base/text.h"

#include <errno.h>
#include <zlib.h>

enum { GZIP_CHUNK = 128 * 1024, TAIL_BYTES_MAX = 1 << 20 };

struct tar_reader {
    gzFile file;
    char *name;              /* of the archive, for messages */
    uint64_t left, pad;      /* of the present entry: bytes not read, bytes up to the next block */
    uint64_t total;          /* bytes of all files so far */
    size_t entries;          /* headers so far */
    bool has_path, has_size; /* what an extra header said about the next entry */
    char path[TAR_PATH_MAX + 1];
    uint64_t size;
};

static bool damaged(const struct tar_reader *r, struct error *err, const char *why)
{
    return error_set(err, ERR_DATA, "archive '%s' %s", r->name, why);
}

static bool refused(const struct tar_reader *r, struct error *err, const char *path,
                    const char *why)
{
    return error_set(err, ERR_DATA, "archive '%s': '%.200s' %s", r->name, path, why);
}

static bool over_limit(const struct tar_reader *r, struct error *err, const char *what)
{
    return error_set(err, ERR_LIMIT, "archive '%s' has %s", r->name, what);
}

/* Up to `size` bytes; fewer only at the end of the archive. */
static bool read_some(struct tar_reader *r, void *bytes, size_t size, size_t *got,
                      struct error *err)
{
    const int count = gzread(r->file, bytes, (unsigned)size);
    int code = Z_OK;

    *got = count > 0 ? (size_t)count : 0;
    if (*got == size)
        return true;
    const char *said = gzerror(r->file, &code);
    if (code == Z_ERRNO)
        return error_set(err, ERR_IO, "cannot read '%s': %s", r->name, strerror(errno));
    if (code == Z_BUF_ERROR)
        return damaged(r, err, "ends in the middle");
    if (code != Z_OK && code != Z_STREAM_END)
        return error_set(err, ERR_DATA, "archive '%s' is damaged (%s)", r->name, said);
    return true;
}

static bool read_all(struct tar_reader *r, void *bytes, size_t size, struct error *err)
{
    size_t got;

    if (!read_some(r, bytes, size, &got, err))
        return false;
    return got == size || damaged(r, err, "ends in the middle");
}

static bool skip(struct tar_reader *r, uint64_t size, struct error *err)
{
    char bytes[16 * 1024];

    while (size > 0) {
        const size_t some = size < sizeof bytes ? (size_t)size : sizeof bytes;
        if (!read_all(r, bytes, some, err))
            return false;
        size -= some;
    }
    return true;
}

/* Octal digits between spaces; or GNU's way for 8 GiB and more, which is over our limit anyway. */
static bool parse_octal(const char *field, size_t width, uint64_t *value)
{
    size_t i = 0;

    *value = 0;
    if ((unsigned char)field[0] == 0x80) {
        *value = UINT64_MAX;
        return true;
    }
    while (i < width && field[i] == ' ')
        i++;
    for (; i < width && field[i] >= '0' && field[i] <= '7'; i++)
        *value = *value * 8 + (uint64_t)(field[i] - '0');
    for (; i < width; i++)
        if (field[i] != ' ' && field[i] != '\0')
            return false;
    return true;
}

/*
 * "./a//b/" becomes "a/b". Empty for the folder itself. The result is never longer, so `out` has
 * room for what `path` has.
 */
static bool clean_path(const struct tar_reader *r, char *out, const char *path, struct error *err)
{
    size_t used = 0, depth = 0;

    if (path[0] == '/')
        return refused(r, err, path, "is an absolute name");
    for (const char *at = path; *at;) {
        const size_t length = strcspn(at, "/");
        if (length == 2 && memcmp(at, "..", 2) == 0)
            return refused(r, err, path, "leads out of the folder");
        if (length > 0 && !(length == 1 && at[0] == '.')) {
            if (used)
                out[used++] = '/';
            memmove(out + used, at, length);
            used += length;
            depth++;
        }
        at += length + (at[length] == '/');
    }
    out[used] = '\0';
    return depth <= TAR_DEPTH_MAX || over_limit(r, err, "folders in too many folders");
}

/* One "LENGTH KEY=VALUE\n"; *used is LENGTH. */
static bool pax_record(struct tar_reader *r, const char *bytes, size_t left, size_t *used,
                       struct error *err)
{
    const char *space = memchr(bytes, ' ', left < 16 ? left : 16);
    int64_t length = 0;

    if (!space || !text_to_int64(bytes, (size_t)(space - bytes), &length) ||
        length <= space - bytes + 1 || (uint64_t)length > left || bytes[length - 1] != '\n')
        return damaged(r, err, "is damaged: a pax header is broken");
    *used = (size_t)length;
    const char *key = space + 1, *end = bytes + length - 1;
    const char *equals = memchr(key, '=', (size_t)(end - key));
    if (!equals)
        return damaged(r, err, "is damaged: a pax header is broken");
    const size_t key_size = (size_t)(equals - key), size = (size_t)(end - equals - 1);
    if (key_size >= 10 && memcmp(key, "GNU.sparse", 10) == 0)
        return damaged(r, err, "holds a sparse file");
    if (key_size == 4 && memcmp(key, "path", 4) == 0) {
        if (size > TAR_PATH_MAX)
            return over_limit(r, err, "a name that is too long");
        if (memchr(equals + 1, '\0', size))
            return damaged(r, err, "is damaged: a name has a zero byte");
        memcpy(r->path, equals + 1, size);
        r->path[size] = '\0';
        r->has_path = true;
    } else if (key_size == 4 && memcmp(key, "size", 4) == 0) {
        int64_t value;
        if (!text_to_int64(equals + 1, size, &value) || value < 0)
            return damaged(r, err, "is damaged: a size is not a number");
        r->size = (uint64_t)value;
        r->has_size = true;
    }
    return true;
}

/* An entry that says more about the next one. */
static bool read_extra(struct tar_reader *r, char type, uint64_t size, struct error *err)
{
    bool ok = true;

    if (size > TAR_EXTRA_BYTES_MAX)
        return over_limit(r, err, "a header that is too large");
    char *bytes = memory_take((size_t)size + 1, 1);
    ok = read_all(r, bytes, (size_t)size, err) &&
         skip(r, (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK, err);
    bytes[size] = '\0';
    if (ok && type == TAR_GNU_NAME) {
        ok = strlen(bytes) <= TAR_PATH_MAX || over_limit(r, err, "a name that is too long");
        if (ok)
            memcpy(r->path, bytes, strlen(bytes) + 1);
        r->has_path = ok;
    }
    for (size_t at = 0, used = 0; ok && type == TAR_PAX && at < size; at += used)
        ok = pax_record(r, bytes + at, (size_t)size - at, &used, err);
    free(bytes);
    return ok;
}

static bool check_type(const struct tar_reader *r, const char *path, char type, struct error *err)
{
    switch (type) {
    case '\0':
    case TAR_FILE:
    case TAR_CONTIGUOUS:
    case TAR_FOLDER:
        return true;
    case TAR_LINK:
    case TAR_HARD_LINK:
    case TAR_GNU_LINK:
        return refused(r, err, path, "is a link; links are refused");
    case TAR_GNU_SPARSE:
        return refused(r, err, path, "is a sparse file; those are refused");
    default:
        return refused(r, err, path, "is neither a file nor a folder");
    }
}

/* What a header and the extra ones before it say. */
static bool make_entry(struct tar_reader *r, const struct tar_header *header, uint64_t size,
                       struct tar_entry *entry, struct error *err)
{
    char path[TAR_PATH_MAX + 1];
    const bool prefixed = memcmp(header->magic, "ustar", 6) == 0 && header->prefix[0];

    if (r->has_path)
        memcpy(path, r->path, sizeof path);
    else
        snprintf(path, sizeof path, "%.*s%s%.*s",
                 prefixed ? (int)strnlen(header->prefix, sizeof header->prefix) : 0, header->prefix,
                 prefixed ? "/" : "", (int)strnlen(header->name, sizeof header->name),
                 header->name);
    if (!check_type(r, path, header->type, err))
        return false;
    const size_t length = strlen(path);
    entry->folder = header->type == TAR_FOLDER || (length > 0 && path[length - 1] == '/');
    entry->size = entry->folder ? 0 : r->has_size ? r->size : size;
    if (!clean_path(r, entry->path, path, err))
        return false;
    if (entry->path[0] == '\0' && !entry->folder)
        return refused(r, err, path, "is not a name");
    r->has_path = r->has_size = false;
    r->left = entry->folder ? size : entry->size;
    if (r->left > TAR_TOTAL_BYTES_MAX || r->total + r->left > TAR_TOTAL_BYTES_MAX)
        return over_limit(r, err, "files that are too large");
    r->total += r->left;
    r->pad = (TAR_BLOCK - r->left % TAR_BLOCK) % TAR_BLOCK;
    return true;
}

/* After the last entry the stream is read to its end, so that gzip's own checksum is looked at. */
static bool read_tail(struct tar_reader *r, struct error *err)
{
    char bytes[4096];
    size_t got = 1, sum = 0;

    while (got > 0) {
        if (!read_some(r, bytes, sizeof bytes, &got, err))
            return false;
        sum += got;
        if (sum > TAIL_BYTES_MAX)
            return damaged(r, err, "has other data after its end");
    }
    return true;
}

static bool is_zero(const struct tar_header *header)
{
    const char *bytes = (const char *)header;

    return bytes[0] == '\0' && memcmp(bytes, bytes + 1, TAR_BLOCK - 1) == 0;
}

bool tar_reader_next(struct tar_reader *r, struct tar_entry *entry, bool *more, struct error *err)
{
    struct tar_header header;
    uint64_t size, sum;

    for (;;) {
        if (!skip(r, r->left + r->pad, err) || !read_all(r, &header, sizeof header, err))
            return false;
        r->left = r->pad = 0;
        *more = !is_zero(&header);
        if (!*more)
            return read_tail(r, err);
        if (!parse_octal(header.checksum, sizeof header.checksum, &sum) ||
            sum != tar_checksum(&header))
            return damaged(r, err,
                           r->entries ? "is damaged: a header's checksum is wrong"
                                      : "is not a tar archive");
        if (++r->entries > TAR_ENTRIES_MAX)
            return over_limit(r, err, "too many files");
        if (!parse_octal(header.size, sizeof header.size, &size))
            return damaged(r, err, "is damaged: a size is not a number");
        if (header.type != TAR_PAX && header.type != TAR_PAX_GLOBAL && header.type != TAR_GNU_NAME)
            return make_entry(r, &header, size, entry, err);
        if (!read_extra(r, header.type, size, err))
            return false;
    }
}

bool tar_reader_read(struct tar_reader *r, void *bytes, size_t room, size_t *got, struct error *err)
{
    const size_t some = r->left < room ? (size_t)r->left : room;

    *got = 0;
    if (some > 0 && !read_all(r, bytes, some, err))
        return false;
    r->left -= some;
    *got = some;
    return true;
}

bool tar_reader_open(struct tar_reader **reader, const char *path, struct error *err)
{
    gzFile file = gzopen(path, "rbe");

    if (!file)
        return error_set(err, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    struct tar_reader *r = memory_take_zeroed(1, sizeof *r);
    gzbuffer(file, GZIP_CHUNK);
    r->file = file;
    r->name = memory_take(strlen(path) + 1, 1);
    memcpy(r->name, path, strlen(path) + 1);
    *reader = r;
    return true;
}

void tar_reader_close(struct tar_reader *r)
{
    if (!r)
        return;
    gzclose_r(r->file);
    free(r->name);
    free(r);
}
