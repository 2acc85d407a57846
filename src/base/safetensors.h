/*
 * safetensors — named tensors in one file, the container of weights and checkpoints.
 *
 *   u64 little endian N | N bytes of JSON, padded with spaces | data
 *   {"__metadata__": {"key": "text"},
 *    "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...}
 *
 * Offsets count from the start of the data; tensors fill the data without holes or overlaps; the
 * numbers are little endian, row-major, and may stand at any address, so they are copied out and
 * never read in place. Everything about the structure is checked when a file is opened: afterwards
 * every tensor's `bytes` lie inside the file and equal its shape times the size of its type.
 */
#ifndef QUERN_BASE_SAFETENSORS_H
#define QUERN_BASE_SAFETENSORS_H

#include "base/arena.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Limits on what comes from outside. */
#define SAFETENSORS_FILE_MAX ((size_t)8 << 30)
enum {
    SAFETENSORS_HEADER_MAX = 16 << 20,
    SAFETENSORS_TENSORS_MAX = 100000,
    SAFETENSORS_METADATA_MAX = 10000,
    SAFETENSORS_DIMS_MAX = 8,
};

/* Every type with its size in bytes. */
#define SAFETENSORS_TYPES(X)                                                                       \
    X(BOOL, 1)                                                                                     \
    X(U8, 1)                                                                                       \
    X(I8, 1)                                                                                       \
    X(U16, 2)                                                                                      \
    X(I16, 2)                                                                                      \
    X(F16, 2)                                                                                      \
    X(BF16, 2)                                                                                     \
    X(U32, 4)                                                                                      \
    X(I32, 4)                                                                                      \
    X(F32, 4)                                                                                      \
    X(U64, 8)                                                                                      \
    X(I64, 8)                                                                                      \
    X(F64, 8)

enum safetensors_type {
#define X(name, size) SAFETENSORS_##name,
    SAFETENSORS_TYPES(X)
#undef X
};

struct safetensor {
    const char *name;
    enum safetensors_type type;
    size_t dims;
    size_t shape[SAFETENSORS_DIMS_MAX];
    const void *data; /* may be unaligned when read from a file */
    size_t count;     /* product of the shape; filled in by the reader, ignored by the writer */
    size_t bytes;     /* likewise */
};

struct safetensors_text {
    const char *key, *value;
};

struct safetensors {
    size_t count, texts;
    struct safetensor *tensor;     /* [count], in the order of their data */
    struct safetensors_text *text; /* [texts], the metadata in file order */
    const char *path;
    struct arena arena;
    char *bytes; /* the file, when opened by safetensors_open() */
};

/* Read a whole file and check it. safetensors_close() it on success. */
MUST_CHECK bool safetensors_open(struct safetensors *file, const char *path, struct error *err);

/* The same for bytes in memory, which must outlive `file`; `path` is for messages. */
MUST_CHECK bool safetensors_parse(struct safetensors *file, const char *path, const char *bytes,
                                  size_t size, struct error *err);
void safetensors_close(struct safetensors *file);

/* NULL when there is none. */
const struct safetensor *safetensors_find(const struct safetensors *file, const char *name);
const char *safetensors_metadata(const struct safetensors *file, const char *key);

/*
 * Copy a tensor of exactly this type and shape into `out`.
 *
 * ERR_DATA  it is missing, or its type or shape differs; the message names file and tensor
 */
MUST_CHECK bool safetensors_copy(const struct safetensors *file, const char *name,
                                 enum safetensors_type type, size_t dims, const size_t *shape,
                                 void *out, struct error *err);

/*
 * Write a file whole or not at all, tensors and metadata in the given order, so that the same
 * content gives the same bytes. Put the types with the largest numbers first and they are aligned.
 *
 * ERR_ARG  a name or a text is not UTF-8
 */
MUST_CHECK bool safetensors_write(const char *path, const struct safetensor *tensor, size_t count,
                                  const struct safetensors_text *text, size_t texts,
                                  struct error *err);

#endif
