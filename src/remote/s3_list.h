/* s3_list — which objects a place means: one object, the matches of a glob, or all below a key. */
#ifndef QUERN_REMOTE_S3_LIST_H
#define QUERN_REMOTE_S3_LIST_H

#include "remote/s3_address.h"
#include "remote/s3_client.h"
#include "remote/s3_xml.h"

enum {
    S3_LIST_MAX = 100000,       /* objects of one place */
    S3_PIECE_BYTES = 16u << 20, /* of a larger object at a time */
};

/*
 * Add all objects whose key begins with `prefix` (`flat`: and has no '/' after it), over as many
 * pages as there are.
 *
 * ERR_LIMIT  more than S3_LIST_MAX
 */
MUST_CHECK bool s3_list(struct s3_page *page, struct s3_client *client, const char *bucket,
                        const char *prefix, bool flat, struct arena *memory, struct error *err);

enum s3_place_kind { S3_PLACE_OBJECT, S3_PLACE_GLOB, S3_PLACE_FOLDER };

/*
 * Find the objects of an address: the object of that very key; else, where the last part of the key
 * has one of * ? [, its matches; else all below "key/". Markers of empty folders (keys that end in
 * '/') are left out. For a single object its first `first_bytes` (1 or more) are written to the
 * file `sink`, -1 for none.
 *
 * ERR_DATA  there is none
 */
MUST_CHECK bool s3_find(struct s3_page *page, enum s3_place_kind *kind, struct s3_client *client,
                        const struct s3_address *address, int sink, uint64_t first_bytes,
                        struct arena *memory, struct error *err);

/* Length of the key's folder, its '/' included. */
size_t s3_parent_length(const char *key);

#endif
