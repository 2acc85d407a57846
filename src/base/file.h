/*
 * file — whole files, read with a bound and written whole or not at all.
 *
 * A file is written beside its final name (".NAME.partial-PID"), flushed to disk and renamed, so a
 * reader sees the old content or the new and never a part, also after kill -9 or a full disk. A
 * name that is a device or a pipe is refused (ERR_ARG).
 */
#ifndef QUERN_BASE_FILE_H
#define QUERN_BASE_FILE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Read a whole file of at most `limit` bytes. The result has a NUL after its last byte; free() it.
 */
MUST_CHECK bool file_read(const char *path, size_t limit, char **bytes, size_t *size,
                          struct error *err);

/* A file being written beside its final name. */
struct file_writer {
    FILE *stream;
    char *path;    /* final name */
    char *partial; /* name while it is written */
};

MUST_CHECK bool file_writer_open(struct file_writer *writer, const char *path, struct error *err);
/* Flush, fsync, rename, fsync the folder. On failure the partial file is removed. */
MUST_CHECK bool file_writer_commit(struct file_writer *writer, struct error *err);
/* Remove the partial file; no-op after commit or on a zeroed struct. */
void file_writer_discard(struct file_writer *writer);

MUST_CHECK bool file_write(const char *path, const void *bytes, size_t size, struct error *err);

/* The partial name that belongs to `path`, for writers that take a name (DuckDB); free() it. */
char *file_partial_name(const char *path);
/* Remove what killed processes left of writing `path`. Only its one writer at a time may call it.
 */
void file_remove_partials(const char *path);
/* The same where several may write: those of processes that run on this machine stay. */
void file_remove_dead_partials(const char *path);
/* fsync `partial` and rename it to `path`. */
MUST_CHECK bool file_publish(const char *partial, const char *path, struct error *err);

/* Create a folder and its parents; an existing folder is fine. */
MUST_CHECK bool file_make_folders(const char *path, struct error *err);
/* Create the folders above a file. */
MUST_CHECK bool file_make_parents(const char *path, struct error *err);
/* Remove a file or a folder with all it holds; a missing one is fine. */
MUST_CHECK bool file_remove_tree(const char *path, struct error *err);

bool file_exists(const char *path);
bool file_is_folder(const char *path);

/* "folder/name", or `name` where it is absolute or folder is empty; free() it. */
char *file_join(const char *folder, const char *name);
/* The part after the last '/'. */
const char *file_base_name(const char *path);

/* 64-bit content hash (XXH3) of a file. */
MUST_CHECK bool file_hash(const char *path, uint64_t *hash, struct error *err);

/* A file mapped for reading. */
struct file_map {
    const unsigned char *bytes;
    size_t size;
};
MUST_CHECK bool file_map_open(struct file_map *map, const char *path, struct error *err);
void file_map_close(struct file_map *map);

#endif
