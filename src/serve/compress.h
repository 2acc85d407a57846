/*
 * compress — bodies packed with gzip or deflate (RFC 1952, RFC 1950), both ways.
 */
#ifndef QUERN_SERVE_COMPRESS_H
#define QUERN_SERVE_COMPRESS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

enum coding { CODING_PLAIN, CODING_GZIP, CODING_DEFLATE };

/* Of a Content-Encoding; NULL, "" and "identity" are plain. False: one we do not know. */
bool coding_of(const char *header, enum coding *coding);
/* The best of an Accept-Encoding that we can make. */
enum coding coding_accepted(const char *header);
/* "gzip", "deflate"; NULL for plain. */
const char *coding_name(enum coding coding);

/*
 * Unpack into the arena, a NUL behind the last byte.
 *
 * ERR_DATA   truncated, damaged, or bytes after its end
 * ERR_LIMIT  more than `limit` bytes: unpacking stops there
 */
MUST_CHECK bool coding_unpack(enum coding coding, const char *body, size_t size, size_t limit,
                              const char **plain, size_t *plain_size, struct arena *memory,
                              struct error *err);

/* Append. False, with nothing added, when packing would not make it smaller. */
bool coding_pack(enum coding coding, const char *body, size_t size, struct text *out);

#endif
