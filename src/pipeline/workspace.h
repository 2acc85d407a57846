/*
 * workspace — the output folder of a run: what is done, what is being done, and how it appears.
 *
 *   OUT/...                     published outputs; readers look only here
 *   OUT/.quern/stages.json      for each published stage: its key and its files
 *   OUT/.quern/work/STAGE/...   outputs of a stage of the present run, laid out as in OUT
 *   OUT/.quern/publish.json     exists only while outputs move from work to OUT
 *   OUT/.quern/lock             held by the one run that may write
 *
 * A stage has a key: a hash of everything it depends on. A stage whose key is published, or
 * finished in the work folder of a killed run, is not run again. Nothing in OUT changes until the
 * whole run has succeeded; then publish.json is written and the files are renamed one by one. A run
 * that finds publish.json completes the moves first, so OUT ends with all of the new files or stays
 * with the old ones, also after kill -9.
 */
#ifndef QUERN_PIPELINE_WORKSPACE_H
#define QUERN_PIPELINE_WORKSPACE_H

#include "base/error.h"
#include "base/json.h"

#include <stdint.h>

struct workspace {
    char *out, *root, *work; /* OUT, OUT/.quern, OUT/.quern/work */
    int lock;                /* file descriptor */
    json_t *published;       /* stages.json */
    json_t *current;         /* key of each stage whose outputs in work/ belong to this run */
};

/*
 * Create or open OUT and take its lock; completes an interrupted publication.
 *
 * ERR_IO    OUT cannot be created or is not writable
 * ERR_DATA  another run holds the lock, or .quern/ is damaged (the message says what to remove)
 */
MUST_CHECK bool workspace_open(struct workspace *space, const char *out, struct error *err);

/* Release the lock; removes .quern/ again where nothing was ever published or finished. */
void workspace_close(struct workspace *space);

/*
 * The folder that holds the up-to-date outputs of a stage, OUT itself or its work folder; NULL when
 * the stage must run. The caller frees it.
 */
char *workspace_find(const struct workspace *space, const char *stage, uint64_t key);

/*
 * The work folder for running a stage, created. Of what a killed run left in it only files that
 * start with a dot stay: checkpoints, which are never published. The caller frees it.
 */
MUST_CHECK bool workspace_begin(const struct workspace *space, const char *stage, char **folder,
                                struct error *err);

/* Record that the stage's outputs in its work folder are complete. */
MUST_CHECK bool workspace_finish(const struct workspace *space, const char *stage, uint64_t key,
                                 struct error *err);

/* Throw away what a failed stage left. */
void workspace_abandon(const struct workspace *space, const char *stage);

/*
 * Move the stages that this run found or finished in the work folder into OUT. What a killed run
 * with other settings left there is thrown away.
 */
MUST_CHECK bool workspace_publish(struct workspace *space, struct error *err);

#endif
