#include "incremental/exposure_file.h"

#include "base/arena.h"
#include "sequence/spill.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 20 };

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

bool exposure_file_open(struct exposure_file *file, const char *folder, struct error *err)
{
    *file = (struct exposure_file){.folder = folder, .file = -1};
    return !folder || spill_unnamed(&file->file, folder, err);
}

void exposure_file_reserve(struct exposure_file *file, enum exposure_array array, size_t size)
{
    struct exposure_part *part = &file->part[array];
    const size_t page = page_size();

    *part = (struct exposure_part){.start = file->end, .size = size};
    if (file->folder)
        file->end += (size + page) / page * page; /* not empty, so that all of it can be mapped */
    part->bytes = memory_take(file->folder ? BUFFER_BYTES : size + 1, 1);
}

static bool flush(struct exposure_file *file, struct exposure_part *part, struct error *err)
{
    if (part->buffered == 0)
        return true;
    if (!spill_write(file->file, file->folder, part->bytes, part->buffered,
                     part->start + part->written, err))
        return false;
    part->written += part->buffered;
    part->buffered = 0;
    return true;
}

bool exposure_file_put(struct exposure_file *file, enum exposure_array array, const void *bytes,
                       size_t size, struct error *err)
{
    struct exposure_part *part = &file->part[array];
    const unsigned char *from = bytes;

    BUG_ON(size > part->size - part->written - part->buffered);
    if (!file->folder) {
        memcpy(part->bytes + part->written, from, size);
        part->written += size;
        return true;
    }
    while (size > 0) {
        const size_t room = BUFFER_BYTES - part->buffered, many = size < room ? size : room;
        memcpy(part->bytes + part->buffered, from, many);
        part->buffered += many;
        from += many;
        size -= many;
        if (part->buffered == BUFFER_BYTES && !flush(file, part, err))
            return false;
    }
    return true;
}

bool exposure_file_finish(struct exposure_file *file, struct error *err)
{
    if (!file->folder)
        return true;
    for (size_t i = 0; i < EXPOSURE_ARRAYS; i++) {
        if (!flush(file, &file->part[i], err))
            return false;
        free(file->part[i].bytes);
        file->part[i].bytes = NULL;
    }
    void *map = MAP_FAILED;
    if (ftruncate(file->file, (off_t)file->end) == 0)
        map = mmap(NULL, file->end, PROT_READ, MAP_SHARED, file->file, 0);
    if (map == MAP_FAILED)
        return error_set(err, ERR_IO, "cannot map a temporary file in '%s': %s", file->folder,
                         strerror(errno));
    file->map = map;
    madvise(map, file->end, MADV_SEQUENTIAL);
    close(file->file);
    file->file = -1;
    return true;
}

const void *exposure_file_array(const struct exposure_file *file, enum exposure_array array)
{
    const struct exposure_part *part = &file->part[array];

    if (file->map)
        return part->size > 0 ? file->map + part->start : NULL;
    return part->bytes;
}

void exposure_file_forget(const struct exposure_file *file, enum exposure_array array, size_t from,
                          size_t end)
{
    const struct exposure_part *part = &file->part[array];
    const size_t page = page_size();
    const size_t first = (from + page - 1) / page * page, last = end / page * page;

    if (file->map && part->size > 0 && first < last)
        madvise(file->map + part->start + first, last - first, MADV_DONTNEED);
}

void exposure_file_clear(struct exposure_file *file)
{
    for (size_t i = 0; i < EXPOSURE_ARRAYS; i++)
        free(file->part[i].bytes);
    if (file->map)
        munmap(file->map, file->end);
    if (file->file >= 0)
        close(file->file);
    *file = (struct exposure_file){.file = -1};
}
