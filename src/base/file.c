#include "base/file.h"

#include "base/arena.h"
#include "base/text.h"

#include <xxhash.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char *joined(const char *a, const char *b, const char *c)
{
    char *text = NULL;

    if (asprintf(&text, "%s%s%s", a, b, c) < 0)
        return memory_take(SIZE_MAX, 1); /* ends the process with the out-of-memory sentence */
    return text;
}

bool file_read(const char *path, size_t limit, char **bytes, size_t *size, struct error *err)
{
    struct stat info;
    FILE *stream = fopen(path, "rb");
    char *text = NULL;
    size_t used = 0, room = 0;

    if (!stream)
        return error_set(err, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    if (fstat(fileno(stream), &info) == 0 && S_ISDIR(info.st_mode)) {
        fclose(stream);
        return error_set(err, ERR_IO, "cannot read '%s': it is a folder", path);
    }
    for (;;) {
        if (room - used < 2) {
            room = room ? room * 2 : 4096;
            text = memory_resize(text, room, 1);
        }
        const size_t got = fread(text + used, 1, room - used - 1, stream);
        used += got;
        if (used > limit || got == 0)
            break;
    }
    const bool failed = ferror(stream);
    const int keep = errno;
    fclose(stream);
    if (failed || used > limit) {
        free(text);
        return failed ? error_set(err, ERR_IO, "cannot read '%s': %s", path, strerror(keep))
                      : error_set(err, ERR_LIMIT, "'%s' is larger than %zu bytes", path, limit);
    }
    text[used] = '\0';
    *bytes = text;
    *size = used;
    return true;
}

char *file_partial_name(const char *path)
{
    const char *name = file_base_name(path);
    char *folder = joined(path, "", ""), *partial = NULL;

    folder[name - path] = '\0';
    if (asprintf(&partial, "%s.%s.partial-%ld", folder, name, (long)getpid()) < 0)
        partial = memory_take(SIZE_MAX, 1);
    free(folder);
    return partial;
}

/* Whether ".NAME.partial-PID" belongs to a process that runs: `number` is PID. */
static bool is_running(const char *number)
{
    int64_t process;

    return text_to_int64(number, strlen(number), &process) && process > 0 && process <= INT_MAX &&
           (kill((pid_t)process, 0) == 0 || errno == EPERM);
}

static void remove_partials(const char *path, bool keep_running)
{
    const char *name = file_base_name(path);
    char *folder = joined(path, "", ""), *start = joined(".", name, ".partial-");

    folder[name - path] = '\0';
    DIR *entries = opendir(folder[0] ? folder : ".");
    for (const struct dirent *e; entries && (e = readdir(entries));) {
        if (strncmp(e->d_name, start, strlen(start)) != 0 ||
            (keep_running && is_running(e->d_name + strlen(start))))
            continue;
        char *partial = joined(folder, e->d_name, "");
        unlink(partial);
        free(partial);
    }
    if (entries)
        closedir(entries);
    free(start);
    free(folder);
}

void file_remove_partials(const char *path)
{
    remove_partials(path, false);
}

void file_remove_dead_partials(const char *path)
{
    remove_partials(path, true);
}

static bool sync_path(const char *path, int flags)
{
    const int fd = open(path, flags | O_CLOEXEC);
    const bool ok = fd >= 0 && fsync(fd) == 0;
    const int keep = errno;

    if (fd >= 0)
        close(fd);
    errno = keep;
    return ok;
}

/*
 * An output takes its name by a rename, which would put a file in the place of a device or a pipe:
 * of /dev/null for everybody, where the caller may do that. Links below /dev lead to open files.
 */
static bool check_replaceable(const char *path, struct error *err)
{
    struct stat info, link;

    if (stat(path, &info) != 0 || S_ISDIR(info.st_mode))
        return true; /* what is wrong then, rename() says */
    if (!S_ISREG(info.st_mode) ||
        (strncmp(path, "/dev/", 5) == 0 && lstat(path, &link) == 0 && S_ISLNK(link.st_mode)))
        return error_set(
            err, ERR_ARG,
            "cannot write '%s': it is a device or a pipe, and an output is a file that "
            "appears when it is whole",
            path);
    return true;
}

bool file_publish(const char *partial, const char *path, struct error *err)
{
    if (!check_replaceable(path, err)) {
        unlink(partial);
        return false;
    }
    if (!sync_path(partial, O_RDONLY) || rename(partial, path) != 0) {
        error_set(err, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
        unlink(partial);
        return false;
    }
    char *folder = joined(path, "", "");
    folder[file_base_name(path) - path] = '\0';
    sync_path(folder[0] ? folder : ".",
              O_RDONLY | O_DIRECTORY); /* best effort: some file systems refuse */
    free(folder);
    return true;
}

bool file_writer_open(struct file_writer *writer, const char *path, struct error *err)
{
    *writer = (struct file_writer){0};
    if (!check_replaceable(path, err))
        return false;
    *writer =
        (struct file_writer){.path = joined(path, "", ""), .partial = file_partial_name(path)};
    writer->stream = fopen(writer->partial, "wb");
    if (writer->stream)
        return true;
    error_set(err, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
    free(writer->path);
    free(writer->partial);
    *writer = (struct file_writer){0};
    return false;
}

bool file_writer_commit(struct file_writer *writer, struct error *err)
{
    const bool written = !ferror(writer->stream) && fflush(writer->stream) == 0;
    const int keep = errno;
    bool ok;

    fclose(writer->stream);
    if (written) {
        ok = file_publish(writer->partial, writer->path, err);
    } else {
        unlink(writer->partial);
        ok = error_set(err, ERR_IO, "cannot write '%s': %s", writer->path, strerror(keep));
    }
    free(writer->path);
    free(writer->partial);
    *writer = (struct file_writer){0};
    return ok;
}

void file_writer_discard(struct file_writer *writer)
{
    if (!writer->stream)
        return;
    fclose(writer->stream);
    unlink(writer->partial);
    free(writer->path);
    free(writer->partial);
    *writer = (struct file_writer){0};
}

bool file_write(const char *path, const void *bytes, size_t size, struct error *err)
{
    struct file_writer writer;

    if (!file_writer_open(&writer, path, err))
        return false;
    if (size)
        fwrite(bytes, 1, size, writer.stream); /* a failure stays in ferror() for commit */
    return file_writer_commit(&writer, err);
}

bool file_make_folders(const char *path, struct error *err)
{
    char *work = joined(path, "", "");
    bool ok = true;

    for (char *p = work + 1; ok && work[0]; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        const char end = *p;
        *p = '\0';
        if (mkdir(work, 0777) != 0 && !(errno == EEXIST && file_is_folder(work)))
            ok = error_set(err, ERR_IO, "cannot create folder '%s': %s", work,
                           errno == EEXIST ? "a file has that name" : strerror(errno));
        *p = end;
        if (end == '\0')
            break;
    }
    free(work);
    return ok;
}

bool file_make_parents(const char *path, struct error *err)
{
    const char *name = file_base_name(path);
    bool ok = true;

    if (name == path)
        return true;
    char *folder = joined(path, "", "");
    folder[name - path - 1] = '\0';
    if (folder[0])
        ok = file_make_folders(folder, err);
    free(folder);
    return ok;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

bool file_remove_tree(const char *path, struct error *err)
{
    struct stat info;

    if (lstat(path, &info) != 0 && errno == ENOENT)
        return true;
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0)
        return true;
    return error_set(err, ERR_IO, "cannot remove '%s': %s", path, strerror(errno));
}

bool file_exists(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0;
}

bool file_is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

char *file_join(const char *folder, const char *name)
{
    if (name[0] == '/' || !folder || !folder[0])
        return joined(name, "", "");
    return joined(folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name);
}

const char *file_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

bool file_hash(const char *path, uint64_t *hash, struct error *err)
{
    struct file_map map;

    if (!file_map_open(&map, path, err))
        return false;
    *hash = XXH3_64bits(map.bytes, map.size);
    file_map_close(&map);
    return true;
}

bool file_map_open(struct file_map *map, const char *path, struct error *err)
{
    struct stat info;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *bytes = NULL;

    if (fd < 0 || fstat(fd, &info) != 0) {
        error_set(err, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    if (!S_ISREG(info.st_mode)) {
        close(fd);
        return error_set(err, ERR_IO, "cannot read '%s': it is not a file", path);
    }
    if (info.st_size > 0)
        bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        return error_set(err, ERR_IO, "cannot map '%s': %s", path, strerror(errno));
    *map = (struct file_map){.bytes = bytes, .size = (size_t)info.st_size};
    return true;
}

void file_map_close(struct file_map *map)
{
    if (map->bytes)
        munmap((void *)map->bytes, map->size);
    *map = (struct file_map){0};
}
