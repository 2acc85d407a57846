/*
 * tar — folders as .tar.gz and back: what bundles and containers are handed around as.
 *
 * Written: ustar in gzip; files and folders sorted by name, without owner or time, so that equal
 * folders give equal bytes; a name too long for ustar in a pax header. Names that begin with a dot
 * are left out: they are work in progress, never part of a bundle.
 *
 * Read: ustar, pax and GNU long names, compressed or not. An archive comes from outside, so nothing
 * in it can reach outside the folder: an absolute name, "..", a link, a device, a sparse file or a
 * name that appears twice is refused, and so is whatever exceeds the limits below, a cut-off
 * archive, and one whose checksums are wrong.
 */
#ifndef QUERN_BASE_TAR_H
#define QUERN_BASE_TAR_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TAR_ENTRIES_MAX = 10000, TAR_PATH_MAX = 1024, TAR_DEPTH_MAX = 32 };
#define TAR_TOTAL_BYTES_MAX ((UINT64_C(8) << 30) - 1) /* of all files, and of each */

/* Write the content of `folder` to `path`, whole or not at all. */
MUST_CHECK bool tar_pack(const char *folder, const char *path, struct error *err);

/*
 * Unpack into `folder`, which must be new or empty; on failure what was unpacked is removed.
 *
 * ERR_DATA  not an archive, cut off, damaged, or it holds what is refused
 * ERR_LIMIT over a limit
 */
MUST_CHECK bool tar_extract(const char *path, const char *folder, struct error *err);

/* An archive read entry by entry. */
struct tar_entry {
    char path[TAR_PATH_MAX + 1]; /* relative, no "." or ".." in it, no '/' at the end */
    bool folder;
    uint64_t size; /* of a file */
};

struct tar_reader;

MUST_CHECK bool tar_reader_open(struct tar_reader **reader, const char *path, struct error *err);
/* The next entry, whether or not the last was read to its end; *more is false after the last. */
MUST_CHECK bool tar_reader_next(struct tar_reader *reader, struct tar_entry *entry, bool *more,
                                struct error *err);
/* Some bytes of the present file; *got is 0 at its end. */
MUST_CHECK bool tar_reader_read(struct tar_reader *reader, void *bytes, size_t room, size_t *got,
                                struct error *err);
void tar_reader_close(struct tar_reader *reader);

#endif
