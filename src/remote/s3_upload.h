/* s3_upload — local files to objects, several at a time, large ones in parts. */
#ifndef QUERN_REMOTE_S3_UPLOAD_H
#define QUERN_REMOTE_S3_UPLOAD_H

#include "remote/s3_client.h"

enum { S3_PARTS_MAX = 10000 };

struct s3_file {
    const char *path;
    const char *key;
    uint64_t size;
};

/*
 * An object appears whole or not at all. A file above S3_PIECE_BYTES goes up in parts, which are
 * thrown away again when one of them fails.
 */
MUST_CHECK bool s3_upload(const struct s3_account *account, const char *bucket,
                          const struct s3_file *files, size_t count, struct error *err);

/* Remove an object; one that is not there is fine. */
MUST_CHECK bool s3_remove(struct s3_client *client, const char *bucket, const char *key,
                          struct error *err);

/* Whether the file holds what an object of that ETag holds, as far as an ETag can tell. */
bool s3_file_is(const struct s3_file *file, const char *etag);

#endif
