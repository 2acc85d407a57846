/*
 * place — where a command reads from or writes to: a local path, or s3://bucket/key.
 *
 * Everything below this room works on local files. A remote place is brought to a local copy before
 * it is read, and a result is made locally and sent when it is whole; a failed command sends
 * nothing. Local paths pass through untouched, at no cost.
 */
#ifndef QUERN_REMOTE_PLACE_H
#define QUERN_REMOTE_PLACE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

bool place_is_remote(const char *path);

/* A local stand-in for a remote place; for a local path, the path itself. */
struct place {
    char *local;   /* what to open */
    char *remote;  /* NULL for a local path */
    char *scratch; /* folder to remove at the end, or NULL */
};

/*
 * Bring a file, a folder (all keys below "key/"), or the matches of a glob in the last part of the
 * key ("s3://b/in/part-*.parquet"; then `local` is that glob over the copies).
 *
 * ERR_DATA  no such object or bucket      ERR_IO  the store failed after retries
 * ERR_CONFIG  no credentials; names the variables
 */
MUST_CHECK bool place_fetch(struct place *place, const char *path, struct error *err);

/* A local path to write an output file or folder to; place_send() afterwards. */
MUST_CHECK bool place_prepare(struct place *place, const char *path, struct error *err);
/* Send what was written; no-op for a local path. Objects of a folder are sent before those whose
 * presence says it is complete (manifest.json last). */
MUST_CHECK bool place_send(const struct place *place, struct error *err);

/* Remove the scratch copies. No-op on a zeroed struct. */
void place_clear(struct place *place);

#endif
