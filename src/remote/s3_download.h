/* s3_download — objects to local files, several pieces at a time. */
#ifndef QUERN_REMOTE_S3_DOWNLOAD_H
#define QUERN_REMOTE_S3_DOWNLOAD_H

#include "remote/s3_client.h"
#include "remote/s3_xml.h"

struct s3_download {
    const struct s3_object *object;
    const char *path; /* its folder exists */
    uint64_t done;    /* bytes that are in the file already */
};

/*
 * Every piece is asked for under the ETag of the listing, so that a file never holds parts of two
 * versions; sizes must be as listed. Files get the time the object was last changed. Files of a
 * failed call are incomplete: the caller removes them.
 *
 * ERR_DATA  an object vanished or changed meanwhile
 */
MUST_CHECK bool s3_download(const struct s3_account *account, const char *bucket,
                            const struct s3_download *files, size_t count, struct error *err);

#endif
