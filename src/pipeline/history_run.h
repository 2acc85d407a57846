/*
 * history_run — the stages of `type: temporal_attention`, and what they hand on.
 *
 *   prepare   source -> data.json: orders, parts, hash of all that is used; history.json
 *   train     orders -> model/model.safetensors, training.json; a checkpoint now and then
 *   evaluate  orders, model -> calibration.json, evaluation.json, attention.json, and inputs/ where
 *             `output.inputs` says so
 *   bundle    all of these -> bundle/
 *   report    all of these -> report.json, report.html, pipeline.yaml
 *
 * Each stage function finds its outputs up to date or makes them, and leaves the folder that holds
 * them in the struct. The orders are read again only when a stage needs them.
 *
 * Several processes (`options->ranks`) train together: rank 0 runs the stages, the others call
 * history_run_assist() and write nothing.
 */
#ifndef QUERN_PIPELINE_HISTORY_RUN_H
#define QUERN_PIPELINE_HISTORY_RUN_H

#include "base/json.h"
#include "base/pool.h"
#include "model/temporal_attention.h"
#include "pipeline/config.h"
#include "pipeline/history_answer.h"
#include "pipeline/run.h"
#include "pipeline/workspace.h"
#include "sequence/history.h"

struct history_run {
    const struct pipeline_config *config;
    const struct run_options *options;
    struct workspace *space;
    struct pool *pool;

    /* Filled in by the stages, in order. */
    char *prepare, *train, *evaluate, *bundle; /* folders that hold their outputs */
    uint64_t data_key, train_key, evaluate_key, bundle_key;
    char data_hash[17]; /* after prepare */

    bool loaded; /* the next four, by history_run_load() */
    struct history_orders orders;
    struct history_rows part[HISTORY_PARTS];
    struct history_fitted fitted;
    struct history_set set;
    struct temporal_attention *model; /* after history_run_open_model() */
};

MUST_CHECK bool history_run_prepare(struct history_run *run, struct error *err);
MUST_CHECK bool history_run_train(struct history_run *run, struct error *err);
MUST_CHECK bool history_run_evaluate(struct history_run *run, struct error *err);
MUST_CHECK bool history_run_bundle(struct history_run *run, struct error *err);
MUST_CHECK bool history_run_report(struct history_run *run, struct error *err);

/* What a process that is not rank 0 does: help to train, if there is anything to train. */
MUST_CHECK bool history_run_assist(struct history_run *run, struct error *err);

/* No-op on a zeroed struct. */
void history_run_clear(struct history_run *run);

/* Read the orders and fit what history.json holds, unless that has been done. */
MUST_CHECK bool history_run_load(struct history_run *run, struct error *err);
/* Load what the train stage wrote, unless that has been done. */
MUST_CHECK bool history_run_open_model(struct history_run *run, struct error *err);

/* Rows whose scores make percentiles and probabilities: calibration, else validation. */
const struct history_rows *history_run_calibration(const struct history_run *run);

/* Orders of a set that have an outcome and their scores, for evaluation.json. */
struct history_scores {
    size_t count;
    uint8_t *truth;        /* [count] */
    double *score;         /* [count] as the model gives them */
    double *probability;   /* [count] */
    int64_t *day, *entity; /* [count] */
};
/* Score rows of a set; `entity` is a column held as text, or NULL. */
void history_scores_fill(struct history_scores *scores, const struct temporal_attention *model,
                         const struct history_set *set, const struct history_rows *rows,
                         const struct history_column *entity, struct pool *pool);
void history_scores_clear(struct history_scores *scores);

/*
 * evaluation.json of scores. AUC and all else that ranks is of the scores themselves; probabilities
 * decide where calls and calibration are measured.
 */
MUST_CHECK bool history_evaluation(json_t **document, const struct history_scores *scores,
                                   const struct history_output *output, struct error *err);

/* inputs/PART.parquet: engineered features as the model is given them, `order_time`, `outcome`. */
MUST_CHECK bool history_inputs_write(const struct history_run *run, const char *folder,
                                     struct error *err);

/* attention.json: how much the last query looks at orders, by their place and by their age. */
json_t *history_attention_json(const struct temporal_attention *model,
                               const struct history_set *set, const struct history_rows *rows,
                               struct pool *pool);

#endif
