/*
 * search — random search and successive halving over a space of settings.
 *
 * Random search runs every trial once. Successive halving (Jamieson and Talwalkar, AISTATS 2016)
 * runs all trials with few epochs, keeps the best 1/factor of them, gives those `factor` times the
 * epochs, and so on up to the full number; a rung is decided only when all of it has run, so the
 * result does not depend on how many trials run at a time.
 *
 * After every trial `trials.json` is written whole; a search that was stopped, also by kill -9,
 * goes on from it and ends with the same file (the seconds apart). A trial that fails with bad data
 * or a failed check, or whose value is no number, is recorded as failed and ranks last; wrong use,
 * input and output, a missing library and Ctrl-C end the search.
 *
 * The engine knows nothing of models: the objective is a callback.
 */
#ifndef QUERN_PIPELINE_SEARCH_H
#define QUERN_PIPELINE_SEARCH_H

#include "base/arena.h"
#include "base/error.h"
#include "pipeline/search_space.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEARCH_TRIALS_MAX = 10000, SEARCH_PARALLEL_MAX = 256, SEARCH_RUNGS_MAX = 32 };

enum search_method { SEARCH_RANDOM, SEARCH_HALVING };

struct search_plan {
    enum search_method method;
    size_t trials;   /* of random search, or of the first rung */
    size_t parallel; /* trials at a time; has no influence on results */
    uint64_t seed;
    const char *metric; /* for messages and the file, such as "test.auc" */
    bool maximize;
    size_t factor, min_epochs, max_epochs; /* of halving */
    const struct search_range *range;
    size_t ranges;
    const char *inputs; /* names everything else a value depends on; compared on resuming */
};

struct search_trial {
    size_t id, rung;
    size_t epochs; /* of this rung; 0: as the pipeline says */
    size_t slot;   /* 0 .. parallel - 1: trials that run at the same time have different ones */
    const struct search_value *value; /* [values] */
    size_t values;
};

struct search_result {
    size_t id, rung, epochs;
    bool failed;
    double value, seconds;
    const char *error;                    /* sentence of a failed trial, else NULL */
    const struct search_value *parameter; /* [plan->ranges] */
};

struct search_objective {
    void *context;
    /* Called from several threads at once. */
    bool (*run)(void *context, const struct search_trial *trial, double *value, struct error *err);
    /* Told of each finished trial, one at a time; may be NULL. */
    void (*report)(void *context, const struct search_result *result, size_t done, size_t total);
};

struct search_outcome {
    struct search_result *result; /* [count], best first: latest rung, then value, then id */
    size_t count;
    size_t resumed; /* of them, read from trials.json */
    struct arena memory;
};

/* The rungs of a plan: how many trials each has and with how many epochs. Random search has one. */
size_t search_rungs(const struct search_plan *plan, size_t trials[SEARCH_RUNGS_MAX],
                    size_t epochs[SEARCH_RUNGS_MAX]);

/*
 * Run what is missing. `path` is trials.json.
 *
 * ERR_DATA   trials.json belongs to another search or is damaged; the sentence says in what
 * ERR_CHECK  every trial failed
 */
MUST_CHECK bool search_run(const struct search_plan *plan, const struct search_objective *objective,
                           const char *path, struct search_outcome *outcome, struct error *err);
void search_outcome_clear(struct search_outcome *outcome);

#endif
