#include "base/tar.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/tar_header.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { COPY_BYTES = 64 * 1024 };

struct tar_writer {
    gzFile file;
    const char *name; /* of the archive, for messages */
    size_t entries;
    uint64_t total;
};

static bool put(struct tar_writer *w, const void *bytes, size_t size, struct error *err)
{
    if (size == 0 || gzwrite(w->file, bytes, (unsigned)size) == (int)size)
        return true;
    return error_set(err, ERR_IO, "cannot write '%s': %s", w->name, strerror(errno));
}

static bool put_padding(struct tar_writer *w, uint64_t size, struct error *err)
{
    static const char zeros[TAR_BLOCK];

    return put(w, zeros, (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK, err);
}

/* A name of up to 100 bytes; or a prefix of up to 155, a slash that is not written, and a name. */
static bool split_name(struct tar_header *header, const char *path)
{
    const size_t length = strlen(path);
    const char *slash = path;

    if (length <= sizeof header->name) {
        memcpy(header->name, path, length);
        return true;
    }
    while ((slash = strchr(slash + 1, '/'))) {
        const size_t before = (size_t)(slash - path), after = length - before - 1;
        if (before > sizeof header->prefix)
            return false;
        if (after == 0 || after > sizeof header->name)
            continue;
        memcpy(header->prefix, path, before);
        memcpy(header->name, slash + 1, after);
        return true;
    }
    return false;
}

static bool put_header(struct tar_writer *w, struct tar_header *header, char type, uint64_t size,
                       struct error *err)
{
    header->type = type;
    memcpy(header->mode, type == TAR_FOLDER ? "0000755" : "0000644", 8);
    memcpy(header->uid, "0000000", 8);
    memcpy(header->gid, "0000000", 8);
    snprintf(header->size, sizeof header->size, "%011" PRIo64, size & UINT64_C(077777777777));
    memcpy(header->mtime, "00000000000", 12);
    memcpy(header->magic, "ustar", 6);
    memcpy(header->version, "00", 2);
    snprintf(header->checksum, 7, "%06o", tar_checksum(header) & 0777777u);
    header->checksum[7] = ' ';
    return put(w, header, sizeof *header, err);
}

/* "LENGTH path=NAME\n", where LENGTH counts its own digits too. */
static bool put_pax_path(struct tar_writer *w, const char *path, struct error *err)
{
    struct tar_header header = {.name = "././@PaxHeader"};
    struct text record = {0};
    size_t length = strlen(path) + sizeof " path=\n" - 1;

    length += length + 2 < 100 ? 2 : length + 3 < 1000 ? 3 : 4;
    text_add_format(&record, "%zu path=%s\n", length, path);
    const bool ok = put_header(w, &header, TAR_PAX, record.length, err) &&
                    put(w, record.bytes, record.length, err) && put_padding(w, record.length, err);
    text_clear(&record);
    return ok;
}

/* `path` within the archive; a folder's ends with '/'. */
static bool put_entry(struct tar_writer *w, const char *path, uint64_t size, struct error *err)
{
    struct tar_header header = {0};
    const size_t length = strlen(path);

    w->total += size;
    if (length > TAR_PATH_MAX)
        return error_set(err, ERR_LIMIT, "cannot pack '%.200s...': the name is too long", path);
    if (++w->entries > TAR_ENTRIES_MAX)
        return error_set(err, ERR_LIMIT, "cannot pack more than %d files", TAR_ENTRIES_MAX);
    if (w->total > TAR_TOTAL_BYTES_MAX)
        return error_set(err, ERR_LIMIT, "cannot pack '%s': the files are too large", path);
    if (!split_name(&header, path)) {
        if (!put_pax_path(w, path, err))
            return false;
        w->entries++;
        memcpy(header.name, path, sizeof header.name);
    }
    return put_header(w, &header, path[length - 1] == '/' ? TAR_FOLDER : TAR_FILE, size, err);
}

static bool pack_file(struct tar_writer *w, const char *from, const char *path, uint64_t size,
                      struct error *err)
{
    FILE *stream = fopen(from, "rb");
    char *bytes;
    uint64_t left = size;
    bool ok;

    if (!stream)
        return error_set(err, ERR_IO, "cannot open '%s': %s", from, strerror(errno));
    bytes = memory_take(COPY_BYTES, 1);
    ok = put_entry(w, path, size, err);
    while (ok && left > 0) {
        const size_t some = left < COPY_BYTES ? (size_t)left : COPY_BYTES;
        ok = interrupt_check("packing", err);
        if (ok && fread(bytes, 1, some, stream) != some)
            ok = error_set(err, ERR_IO, "cannot read '%s': %s", from,
                           ferror(stream) ? strerror(errno) : "it became shorter meanwhile");
        ok = ok && put(w, bytes, some, err);
        left -= some;
    }
    ok = ok && put_padding(w, size, err);
    free(bytes);
    fclose(stream);
    return ok;
}

static bool pack_folder(struct tar_writer *w, const char *folder, const char *path, size_t depth,
                        struct error *err);

static bool pack_one(struct tar_writer *w, const char *from, const char *path, size_t depth,
                     struct error *err)
{
    struct stat info;

    if (lstat(from, &info) != 0)
        return error_set(err, ERR_IO, "cannot read '%s': %s", from, strerror(errno));
    if (S_ISREG(info.st_mode))
        return pack_file(w, from, path, (uint64_t)info.st_size, err);
    if (!S_ISDIR(info.st_mode))
        return error_set(err, ERR_DATA, "cannot pack '%s': it is neither a file nor a folder",
                         from);
    if (depth == TAR_DEPTH_MAX)
        return error_set(err, ERR_LIMIT, "cannot pack '%s': folders in too many folders", from);
    char *named = file_join(path, "");
    const bool ok = put_entry(w, named, 0, err) && pack_folder(w, from, path, depth + 1, err);
    free(named);
    return ok;
}

static bool pack_folder(struct tar_writer *w, const char *folder, const char *path, size_t depth,
                        struct error *err)
{
    struct dirent **entries;
    const int count = scandir(folder, &entries, NULL, alphasort);
    bool ok = true;

    if (count < 0)
        return error_set(err, ERR_IO, "cannot list '%s': %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        if (ok && entries[i]->d_name[0] != '.') {
            char *from = file_join(folder, entries[i]->d_name);
            char *inside = file_join(path, entries[i]->d_name);
            ok = pack_one(w, from, inside, depth, err);
            free(from);
            free(inside);
        }
        free(entries[i]);
    }
    free(entries);
    return ok;
}

bool tar_pack(const char *folder, const char *path, struct error *err)
{
    static const char end[2 * TAR_BLOCK];
    char *partial = file_partial_name(path);
    /* gzopen() writes a header without a time or a name. */
    struct tar_writer w = {.name = path, .file = gzopen(partial, "wbe6")};
    bool ok = true;

    if (!w.file) {
        free(partial);
        return error_set(err, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
    }
    ok = pack_folder(&w, folder, "", 0, err) && put(&w, end, sizeof end, err);
    if (gzclose(w.file) != Z_OK && ok)
        ok = error_set(err, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
    ok = ok && file_publish(partial, path, err);
    if (!ok)
        unlink(partial);
    free(partial);
    return ok;
}
