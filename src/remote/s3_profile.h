/* s3_profile — one section of the files ~/.aws/credentials and ~/.aws/config. */
#ifndef QUERN_REMOTE_S3_PROFILE_H
#define QUERN_REMOTE_S3_PROFILE_H

#include "base/arena.h"
#include "base/error.h"

enum { S3_PROFILE_BYTES_MAX = 1 << 20 };

/* NULL: not there. Text lives in the arena given. */
struct s3_profile {
    const char *access_key, *secret_key, *session_token, *region, *endpoint;
};

/*
 * Add to `profile` what the section says of an INI text; what is set already stays. `section` is
 * the line between brackets.
 */
void s3_profile_parse(struct s3_profile *profile, const char *text, const char *section,
                      struct arena *memory);

/* Both files. One that is not there is fine. ERR_IO, ERR_LIMIT  it is there and cannot be read. */
MUST_CHECK bool s3_profile_load(struct s3_profile *profile, const char *name, struct arena *memory,
                                struct error *err);

#endif
