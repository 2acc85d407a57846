/*
 * search_run — a search over a pipeline's settings: from the `search` section to trials.json, the
 * winner as a pipeline file, and a ranked table.
 *
 *   OUT/trials.json   every trial (search_store.h); a search that was stopped goes on from it
 *   OUT/best.yaml     the whole pipeline with the winning values, ready for `quern run`
 *
 * What a trial does is the caller's: it gets the pipeline with the trial's values in place.
 */
#ifndef QUERN_PIPELINE_SEARCH_RUN_H
#define QUERN_PIPELINE_SEARCH_RUN_H

#include "pipeline/config.h"
#include "pipeline/search.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct search_options {
    const char *out;
    size_t threads; /* in all, shared by the trials that run at a time; 0: one per processor */
    bool quiet;
};

/* What a trial is, for one system. */
struct search_subject {
    void *context;
    uint64_t data_key; /* changes when the data does; trials.json of other data is refused */
    /*
     * Train as `config` says with `threads` threads and give the metric, "test.auc" for one. Called
     * from several threads at once. ERR_DATA and ERR_CHECK are the trial's own failure.
     */
    bool (*run)(void *context, const struct pipeline_config *config, const char *metric,
                size_t threads, double *value, struct error *err);
};

/*
 * Run what is missing and write best.yaml. OUT exists.
 *
 * Errors are those of search_run().
 */
MUST_CHECK bool search_run_pipeline(const struct pipeline_config *config,
                                    const struct search_options *options,
                                    const struct search_subject *subject,
                                    struct search_outcome *outcome, struct error *err);

/* Trials, best first, each once at its latest rung, as aligned columns. */
void search_run_print(const struct pipeline_config *config, const struct search_outcome *outcome,
                      FILE *to);

/*
 * `quern search`: prepare the data of the pipeline in options->out, search, print the table to
 * `to`. Which system it is decides model.type.
 */
MUST_CHECK bool pipeline_search(const struct pipeline_config *config,
                                const struct search_options *options, FILE *to, struct error *err);

#endif
