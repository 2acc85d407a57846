/*
 * run — everything a pipeline file says, stage by stage.
 *
 * Stages whose inputs have not changed are skipped; nothing in the output folder changes until all
 * stages have succeeded (workspace.h). Same data, pipeline and seed give the same bytes in every
 * file, at any number of threads; no output holds a time of day or a duration.
 */
#ifndef QUERN_PIPELINE_RUN_H
#define QUERN_PIPELINE_RUN_H

#include "base/error.h"
#include "pipeline/config.h"
#include "remote/ranks.h"

#include <stdbool.h>
#include <stddef.h>

struct run_options {
    const char *out;     /* output folder */
    const char *until;   /* last stage to run, or NULL for all */
    size_t folds;        /* K of cross-validation by entity; 0 for none */
    size_t threads;      /* 0: one per processor */
    bool quiet;          /* no progress */
    struct ranks *ranks; /* the processes of the job; NULL: this one alone */
    /* NULL, or told what each round or epoch measured: "epoch=3; train_loss=0.138318; ...". The
     * names are those of container_metrics.h. */
    void (*on_metrics)(void *context, const char *line);
    void *context;
};

/*
 * Run a pipeline that pipeline_config_load() has read.
 *
 * ERR_ARG        `until` is not a stage; the message lists them
 * ERR_DATA, ...  of the stage that failed; earlier outputs are as they were
 * ERR_INTERRUPT  a signal came; running again goes on where this stopped
 */
MUST_CHECK bool pipeline_run(const struct pipeline_config *config,
                             const struct run_options *options, struct error *err);

#endif
