/*
 * s3_container — credentials that a container's host gives out over HTTP:
 * AWS_CONTAINER_CREDENTIALS_FULL_URI, or ..._RELATIVE_URI below http://169.254.170.2, with the
 * token of AWS_CONTAINER_AUTHORIZATION_TOKEN or the file AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE.
 */
#ifndef QUERN_REMOTE_S3_CONTAINER_H
#define QUERN_REMOTE_S3_CONTAINER_H

#include "base/arena.h"
#include "base/error.h"
#include "remote/s3_profile.h"

/*
 * Sets the keys when the variables are there and leaves them otherwise.
 *
 * ERR_CONFIG  the address is neither https nor this machine's
 * ERR_IO      it does not answer, or not with credentials
 */
MUST_CHECK bool s3_container_credentials(struct s3_profile *profile, struct arena *memory,
                                         struct error *err);

#endif
