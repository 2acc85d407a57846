/* fuzz_tar — any bytes as an archive; and whatever is read stays inside the folder. */
#include "base/tar.h"

#include "base/arena.h"
#include "base/tar_header.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Right checksums in all blocks, as if each were a header: otherwise hardly any input gets far. */
static void write_archive(int fd, const uint8_t *data, size_t size)
{
    char *bytes = memory_take(size + 1, 1);

    memcpy(bytes, data, size);
    for (size_t at = 0; size > 2 && data[0] != 0x1f && at + TAR_BLOCK <= size; at += TAR_BLOCK) {
        struct tar_header *header = (struct tar_header *)(bytes + at);
        if (header->name[0])
            snprintf(header->checksum, sizeof header->checksum, "%06o", tar_checksum(header));
    }
    BUG_ON(write(fd, bytes, size) != (ssize_t)size);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int fd = memfd_create("archive", MFD_CLOEXEC);
    struct tar_reader *reader;
    struct tar_entry entry;
    struct error err = {0};
    char path[64], bytes[1000];
    bool more = true, ok;

    BUG_ON(fd < 0);
    write_archive(fd, data, size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ok = tar_reader_open(&reader, path, &err);
    BUG_ON(!ok);
    while (ok && more) {
        size_t got = 1, sum = 0;
        ok = tar_reader_next(reader, &entry, &more, &err);
        if (!ok || !more)
            break;
        BUG_ON(entry.path[0] == '/' || strlen(entry.path) > TAR_PATH_MAX);
        BUG_ON(strncmp(entry.path, "../", 3) == 0 || strstr(entry.path, "/../"));
        /* Every third file is left unread, to pass over it. */
        while (ok && got > 0 && entry.size % 3 != 0) {
            ok = tar_reader_read(reader, bytes, sizeof bytes, &got, &err);
            sum += got;
        }
        BUG_ON(sum > entry.size);
    }
    BUG_ON(!ok && err.text[0] == '\0');
    tar_reader_close(reader);
    close(fd);
    return 0;
}
