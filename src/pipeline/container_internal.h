/* container_internal — shared by the files of pipeline/container. */
#ifndef QUERN_PIPELINE_CONTAINER_INTERNAL_H
#define QUERN_PIPELINE_CONTAINER_INTERNAL_H

#include "pipeline/container.h"
#include "pipeline/config.h"
#include "remote/ranks.h"

enum { CONTAINER_SOURCE_SETS_MAX = 8, CONTAINER_FILES_MAX = 10000 };

/*
 * One path, file or glob, for all data files of a channel. `label` (may be NULL) is the column a
 * header must name; a text/csv file without one is copied below `scratch` with one, label first.
 */
MUST_CHECK bool container_channel_path(struct container_job *job,
                                       const struct container_channel *channel, const char *label,
                                       const char *scratch, const char **path, struct error *err);

/* Do all hosts train this pipeline together? Where it cannot be told, not. */
bool container_trains_together(const struct container_job *job, const char *pipeline);

/* The processes of the job's hosts, or NULL for one that has no other. */
MUST_CHECK bool container_join_hosts(const struct container_job *job, struct ranks **ranks,
                                     struct error *err);

/* Put what a finished run left in `out` where the contract wants it. */
MUST_CHECK bool container_deliver(const struct container_job *job, const char *out,
                                  struct error *err);

/* The failure file; what cannot be written is said on stderr. */
void container_write_failure(const struct container_job *job, const struct error *failure);

#endif
