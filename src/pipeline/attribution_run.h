/*
 * attribution_run — the stages of the attribution system, and what they hand on.
 *
 *   features     source -> feature_store/, journeys.bin
 *   incremental  source -> incremental/summary.json, incremental/journey_credit.parquet
 *   train        journeys -> model/, training.json
 *   evaluate     journeys, model -> evaluation.json, of the test split or over K folds
 *   attribution  journeys, model, incremental -> attention_report/, attribution.*, Markov tables
 *   report       everything -> report.json, report.html, pipeline.yaml
 *
 * Each stage function finds its outputs up to date or makes them, and leaves the folder that holds
 * them in the struct. run.c calls them in order.
 */
#ifndef QUERN_PIPELINE_ATTRIBUTION_RUN_H
#define QUERN_PIPELINE_ATTRIBUTION_RUN_H

#include "base/json.h"
#include "base/pool.h"
#include "model/journey_attention.h"
#include "pipeline/config.h"
#include "pipeline/run.h"
#include "pipeline/workspace.h"
#include "sequence/journey_file.h"
#include "sequence/journeys.h"

struct attribution_run {
    const struct pipeline_config *config;
    const struct run_options *options;
    struct workspace *space;
    struct pool *pool;
    bool features_only; /* no later stage will read the journeys: they are not opened */

    /* Filled in by the stages, in order. */
    char *features, *incremental, *train, *evaluate, *credit; /* folders that hold their outputs */
    json_t *caused;           /* incremental/summary.json; NULL: there is none */
    uint64_t incremental_key; /* hash of that file; 0 */
    uint64_t data_key;        /* hash of journeys.bin */
    uint64_t train_key, evaluate_key, credit_key;
    struct journey_file journeys;    /* open after features */
    struct journey_attention *model; /* loaded after train */
};

MUST_CHECK bool attribution_run_features(struct attribution_run *run, struct error *err);
MUST_CHECK bool attribution_run_incremental(struct attribution_run *run, struct error *err);
MUST_CHECK bool attribution_run_train(struct attribution_run *run, struct error *err);
MUST_CHECK bool attribution_run_evaluate(struct attribution_run *run, struct error *err);
MUST_CHECK bool attribution_run_credit(struct attribution_run *run, struct error *err);
MUST_CHECK bool attribution_run_report(struct attribution_run *run, struct error *err);

/* No-op on a zeroed struct. */
void attribution_run_clear(struct attribution_run *run);

/* Scores of the model on some rows, with the truth; the owner frees both arrays. */
struct attribution_scores {
    size_t count;
    uint8_t *truth;
    double *score;
};
void attribution_scores_fill(struct attribution_scores *scores,
                             const struct journey_attention *model, const struct journey_set *set,
                             struct journey_rows rows, struct pool *pool);
void attribution_scores_clear(struct attribution_scores *scores);

/* The rows of one split, ascending; free() them. */
struct journey_rows attribution_split_rows(const struct journey_set *set, enum split split);

#endif
