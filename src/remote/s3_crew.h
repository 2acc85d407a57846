/* s3_crew — many requests at a time: jobs shared out to a few threads, each with its client. */
#ifndef QUERN_REMOTE_S3_CREW_H
#define QUERN_REMOTE_S3_CREW_H

#include "remote/s3_client.h"

enum { S3_CREW = 8 };

typedef bool (*s3_job)(struct s3_client *client, size_t job, void *context, struct error *err);

/* Run jobs 0..count-1. After the first failure no job is begun; that failure is reported. */
MUST_CHECK bool s3_crew_run(const struct s3_account *account, size_t count, s3_job work,
                            void *context, struct error *err);

#endif
