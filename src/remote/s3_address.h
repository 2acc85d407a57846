/*
 * s3_address — s3://bucket/key taken apart and checked, and text encoded for a request line.
 */
#ifndef QUERN_REMOTE_S3_ADDRESS_H
#define QUERN_REMOTE_S3_ADDRESS_H

#include "base/error.h"
#include "base/text.h"

enum {
    S3_BUCKET_MIN = 3,
    S3_BUCKET_MAX = 63,
    S3_KEY_MAX = 1024, /* bytes, the store's own limit */
};

struct s3_address {
    char *bucket;
    char *key; /* "" for the bucket itself; may end in '/' */
};

/* Whether the text begins with "s3://". */
bool s3_address_is(const char *text);

/* ERR_ARG  not s3://bucket/key, a bucket's name that cannot be, or a key that is too long */
MUST_CHECK bool s3_address_parse(struct s3_address *address, const char *text, struct error *err);
void s3_address_clear(struct s3_address *address);

/*
 * Percent-encode all but letters, digits and - . _ ~ (and '/' where `keep_slash`): the one form in
 * which a store checks a signature.
 */
void s3_encode(struct text *out, const char *text, bool keep_slash);
/* Undo %XX in place; a '%' without two digits stays. False when it would hold a NUL. */
bool s3_decode(char *text);

#endif
