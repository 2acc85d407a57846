#include "sequence/spill.h"

#include "base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int open_unnamed(const char *folder)
{
    char name[4096];
    int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return file;
    if ((size_t)snprintf(name, sizeof name, "%s/.quern-spill-XXXXXX", folder) >= sizeof name) {
        errno = ENAMETOOLONG;
        return -1;
    }
    file = mkostemp(name, O_CLOEXEC);
    if (file >= 0)
        unlink(name);
    return file;
}

bool spill_unnamed(int *file, const char *folder, struct error *err)
{
    *file = open_unnamed(folder);
    return *file >= 0 || error_set(err, ERR_IO, "cannot create a temporary file in '%s': %s",
                                   folder, strerror(errno));
}

void spill_open(struct spill *spill, const char *folder, size_t budget)
{
    *spill = (struct spill){.budget = budget, .file = -1, .folder = folder};
}

void spill_close(struct spill *spill)
{
    if (spill->file >= 0)
        close(spill->file);
    spill->file = -1;
}

/* The first of several threads makes the file. */
static bool need_file(struct spill *spill, struct error *err)
{
    int none = -1, file;

    if (atomic_load(&spill->file) >= 0)
        return true;
    if (!spill_unnamed(&file, spill->folder, err))
        return false;
    if (!atomic_compare_exchange_strong(&spill->file, &none, file))
        close(file);
    return true;
}

void spill_take(struct spill *spill, struct spill_piece *piece, size_t room)
{
    *piece = (struct spill_piece){.memory = memory_take(room, 1), .room = room};
    atomic_fetch_add_explicit(&spill->used, room, memory_order_relaxed);
}

static bool write_all(int file, const char *bytes, size_t size, uint64_t at)
{
    while (size) {
        const ssize_t done = pwrite(file, bytes, size, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        bytes += done;
        size -= (size_t)done;
        at += (uint64_t)done;
    }
    return true;
}

bool spill_write(int file, const char *folder, const void *bytes, size_t size, uint64_t at,
                 struct error *err)
{
    return write_all(file, bytes, size, at) ||
           error_set(err, ERR_IO, "cannot write a temporary file in '%s': %s", folder,
                     strerror(errno));
}

bool spill_keep(struct spill *spill, struct spill_piece *piece, size_t size, struct error *err)
{
    piece->size = size;
    if (!spill->folder || size == 0 ||
        atomic_load_explicit(&spill->used, memory_order_relaxed) <= spill->budget)
        return true;
    if (!need_file(spill, err))
        return false;
    const uint64_t at = atomic_fetch_add(&spill->end, size);
    if (!spill_write(spill->file, spill->folder, piece->memory, size, at, err))
        return false;
    spill_drop(spill, piece);
    piece->at = at;
    piece->size = size;
    return true;
}

bool spill_get(struct spill *spill, const struct spill_piece *piece, void *buffer,
               const void **bytes, struct error *err)
{
    *bytes = piece->memory ? piece->memory : buffer;
    for (size_t done = 0; !piece->memory && done < piece->size;) {
        const ssize_t got = pread(spill->file, (char *)buffer + done, piece->size - done,
                                  (off_t)(piece->at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return error_set(err, ERR_IO, "cannot read a temporary file in '%s': %s", spill->folder,
                             got ? strerror(errno) : "it is too short");
        done += (size_t)got;
    }
    return true;
}

void spill_drop(struct spill *spill, struct spill_piece *piece)
{
    if (piece->memory) {
        free(piece->memory);
        atomic_fetch_sub_explicit(&spill->used, piece->room, memory_order_relaxed);
    }
    *piece = (struct spill_piece){0};
}
