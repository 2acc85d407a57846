/* workspace_internal — what stages (workspace.c) and their publication (workspace_publish.c) share.
 */
#ifndef QUERN_PIPELINE_WORKSPACE_INTERNAL_H
#define QUERN_PIPELINE_WORKSPACE_INTERNAL_H

#include "pipeline/workspace.h"

#define WORKSPACE_STAGE_RECORD ".stage.json" /* in a work folder: the stage is complete */

enum { WORKSPACE_RECORD_BYTES_MAX = 16 << 20 };

/* a/b/c; the caller frees it. */
char *workspace_path(const char *a, const char *b, const char *c);

/* Read stages.json or publish.json; ERR_DATA where a path in it points outside OUT. */
MUST_CHECK bool workspace_read_record(const char *path, json_t **stages, struct error *err);

/* Make the moves that publish.json plans, if there is one; it may be that some are made. */
MUST_CHECK bool workspace_complete_publication(struct workspace *space, struct error *err);

#endif
