/*
 * place — where a command reads from or writes to: a local path, or s3://bucket/key.
 *
 * Everything below this room works on local files. A remote place is brought to a local copy before
 * it is read, and a result is made locally and sent when it is whole; a failed command sends
 * nothing. Local paths pass through untouched, at no cost.
 *
 * Reading:  place_fetch(&in, path, err), read in.local, place_explain(&in, err) when that failed,
 *           place_clear(&in).
 * Writing:  place_prepare(&out, path, err), write out.local, place_send(&out, err),
 *           place_clear(&out).
 *
 * Copies live in a folder of their own below $TMPDIR (/tmp). Who we are to the store, and where it
 * is, comes from the environment (s3_account.h, docs/s3.md).
 */
#ifndef QUERN_REMOTE_PLACE_H
#define QUERN_REMOTE_PLACE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool place_is_remote(const char *path);

/* A local stand-in for a remote place; for a local path, the path itself. */
struct place {
    char *local;   /* what to open */
    char *remote;  /* NULL for a local path */
    char *scratch; /* folder to remove at the end, or NULL */
};

/*
 * Bring a file, a folder (all keys below "key/"), or the matches of a glob in the last part of the
 * key ("s3://b/in/part-*.parquet"; then `local` is that glob over the copies). Local names end as
 * the keys do; local files have the times of the objects.
 *
 * ERR_DATA  no such object or bucket      ERR_IO  the store failed after retries
 * ERR_CONFIG  no credentials; names the variables
 */
MUST_CHECK bool place_fetch(struct place *place, const char *path, struct error *err);

/* What place_fetch_some() does with a file: nothing, an empty file of its name, or fetch it. */
enum place_wish { PLACE_LEAVE, PLACE_MARK, PLACE_FETCH };

/*
 * Bring some of the files of a remote folder, by their names below it. A folder of which none is
 * wanted, or that is not there, is an empty folder. Marked files must not be sent back.
 */
MUST_CHECK bool place_fetch_some(struct place *place, const char *path,
                                 enum place_wish (*wish)(const char *name), struct error *err);

/*
 * A hash of which version is there (keys, sizes, ETags), without fetching it; 0 for a local path.
 * Fails as place_fetch() does.
 */
MUST_CHECK bool place_version(const char *path, uint64_t *version, struct error *err);

/*
 * A local path to write an output file or folder to; place_send() afterwards. Asks the store at
 * once whether the bucket is there and we are known, so that hours of work do not end in that.
 */
MUST_CHECK bool place_prepare(struct place *place, const char *path, struct error *err);
/*
 * Send what was written: `local`, and files written beside it, but none whose name begins with a
 * dot. No-op for a local path. Objects that are there already with the same content stay. A
 * manifest.json is sent after everything else, and removed before anything beside it changes, so
 * that a folder with a manifest is whole also after kill -9.
 */
MUST_CHECK bool place_send(const struct place *place, struct error *err);

/* In a sentence about the local copy, name the remote place instead. Returns false. */
bool place_explain(const struct place *place, struct error *err);
/* The remote name of a file of the copy, for messages; a local path as it is. */
void place_name(const struct place *place, const char *local, char *name, size_t room);

/* Remove the scratch copies. No-op on a zeroed struct. */
void place_clear(struct place *place);

#endif
