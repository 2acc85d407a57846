/*
 * exposure_file — the arrays of an exposure log, written one after another from their beginning to
 * their end, in memory or in a temporary file that is then mapped.
 *
 *     exposure_file_open(&file, folder);            folder NULL: in memory
 *     exposure_file_reserve(&file, c, bytes);       every array that there is, before the first put
 *     exposure_file_put(&file, c, bytes, size)      in order
 *     exposure_file_finish(&file)                   then exposure_file_array(&file, c) are there
 *
 * The file has no name, so nothing is left behind however the process ends. While it is written
 * memory is a buffer for each array; once mapped, what was read can be given back
 * (exposure_file_forget), so that a pass over the log keeps little of it resident.
 */
#ifndef QUERN_INCREMENTAL_EXPOSURE_FILE_H
#define QUERN_INCREMENTAL_EXPOSURE_FILE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum exposure_array {
    EXPOSURE_OFFSET,
    EXPOSURE_TIME,
    EXPOSURE_CAMPAIGN,
    EXPOSURE_CONVERSION,
    EXPOSURE_ROW,
    EXPOSURE_VALUE,
    EXPOSURE_UID_END,
    EXPOSURE_UID_TEXT,
    EXPOSURE_ARRAYS,
};

struct exposure_part {
    unsigned char *bytes; /* all of it, or the buffer */
    uint64_t start;       /* in the file; a multiple of the page */
    size_t size, written, buffered;
};

struct exposure_file {
    const char *folder; /* NULL: in memory; needed until finished */
    int file;           /* -1: none */
    uint64_t end;
    unsigned char *map;
    struct exposure_part part[EXPOSURE_ARRAYS];
};

/* ERR_IO: the folder takes no file. */
MUST_CHECK bool exposure_file_open(struct exposure_file *file, const char *folder,
                                   struct error *err);
void exposure_file_reserve(struct exposure_file *file, enum exposure_array array, size_t size);
/* ERR_IO: the disk is full, or the like. */
MUST_CHECK bool exposure_file_put(struct exposure_file *file, enum exposure_array array,
                                  const void *bytes, size_t size, struct error *err);
MUST_CHECK bool exposure_file_finish(struct exposure_file *file, struct error *err);
/* NULL where it was not reserved. Of a finished file. */
const void *exposure_file_array(const struct exposure_file *file, enum exposure_array array);

/* Bytes from..end - 1 of an array need not stay resident; they are read again when asked for. */
void exposure_file_forget(const struct exposure_file *file, enum exposure_array array, size_t from,
                          size_t end);
/* Also of a file that failed. */
void exposure_file_clear(struct exposure_file *file);

#endif
