/*
 * stage — one step of a run: its outputs are found when they are up to date, and made when not.
 *
 *     run->train_key = ...;
 *     return stage_run(&(struct stage){.space = run->space, .name = "train",
 *                                      .key = run->train_key, .quiet = run->options->quiet,
 *                                      .run = run, .make = make}, &run->train, err);
 *
 * The report's stage, which is the same in every system, is report_stage.h.
 */
#ifndef QUERN_PIPELINE_STAGE_H
#define QUERN_PIPELINE_STAGE_H

#include "pipeline/workspace.h"

struct stage {
    struct workspace *space;
    const char *name;
    uint64_t key;   /* of all that the outputs depend on (stage_key.h) */
    bool untrusted; /* the key does not tell (what a query reads cannot be known): always make */
    bool resumes;   /* keeps checkpoints, with which the next run goes on when this one fails */
    bool quiet;
    void *run; /* passed to make() */
    bool (*make)(void *run, const char *folder, struct error *err);
};

/*
 * The folder with the stage's outputs, into `*folder`; free() it, also after an error. An error of
 * make() comes with the name of the stage in front.
 */
MUST_CHECK bool stage_run(const struct stage *stage, char **folder, struct error *err);

#endif
