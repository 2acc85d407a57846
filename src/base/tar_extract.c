#include "base/tar.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/interrupt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { COPY_BYTES = 64 * 1024 };

static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t done = write(fd, bytes, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        bytes += done;
        size -= (size_t)done;
    }
    return true;
}

static bool extract_file(struct tar_reader *reader, const char *path, struct error *err)
{
    /* A new file only: a name that appears twice is an attempt to hide something. */
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    char *bytes;
    size_t got = 1;
    bool ok = true;

    if (fd < 0 && errno == EEXIST)
        return error_set(err, ERR_DATA, "the archive has '%s' twice", path);
    if (fd < 0)
        return error_set(err, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
    bytes = memory_take(COPY_BYTES, 1);
    while (ok && got > 0) {
        ok = interrupt_check("unpacking", err) &&
             tar_reader_read(reader, bytes, COPY_BYTES, &got, err);
        if (ok && !write_all(fd, bytes, got))
            ok = error_set(err, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
    }
    free(bytes);
    if (close(fd) != 0 && ok)
        ok = error_set(err, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
    return ok;
}

static bool extract_all(struct tar_reader *reader, const char *folder, struct error *err)
{
    struct tar_entry entry;
    bool more = true, ok = true;

    while (ok) {
        ok = tar_reader_next(reader, &entry, &more, err);
        if (!ok || !more)
            break;
        char *path = file_join(folder, entry.path);
        if (entry.folder)
            ok = entry.path[0] == '\0' || file_make_folders(path, err);
        else
            ok = file_make_parents(path, err) && extract_file(reader, path, err);
        free(path);
    }
    return ok;
}

static bool is_empty(const char *folder)
{
    DIR *entries = opendir(folder);
    bool empty = entries != NULL;

    for (const struct dirent *e; entries && (e = readdir(entries));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            empty = false;
    if (entries)
        closedir(entries);
    return empty;
}

bool tar_extract(const char *path, const char *folder, struct error *err)
{
    struct tar_reader *reader;
    struct error ignored = {0};

    if (file_exists(folder) && !is_empty(folder))
        return error_set(err, ERR_ARG, "cannot unpack into '%s': it is not an empty folder",
                         folder);
    if (!tar_reader_open(&reader, path, err))
        return false;
    const bool ok = file_make_folders(folder, err) && extract_all(reader, folder, err);
    tar_reader_close(reader);
    if (!ok && !file_remove_tree(folder, &ignored))
        error_wrap(err, "%s", ignored.text);
    return ok;
}
