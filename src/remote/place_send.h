/* place_send — the scratch folder of a place to its bucket; behind place.h. */
#ifndef QUERN_REMOTE_PLACE_SEND_H
#define QUERN_REMOTE_PLACE_SEND_H

#include "remote/place.h"
#include "remote/s3_client.h"

MUST_CHECK bool place_send_scratch(const struct place *place, struct error *err);

/* Fails when the bucket is not there or we are not known to the store. */
MUST_CHECK bool s3_check_bucket(struct s3_client *client, const char *bucket, struct error *err);

#endif
