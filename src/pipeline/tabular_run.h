/*
 * tabular_run — the stages of the tabular system (`type: trees`), and what they hand on.
 *
 *   prepare   source -> data.json: rows, labels, hash of everything read
 *   train     rows -> model/: transform.json, model.ubj; training.json
 *   evaluate  rows, model -> decision.json, evaluation.json, reference.json
 *   bundle    all of these -> bundle/
 *   report    all of these -> report.json, report.html, pipeline.yaml
 *
 * Each stage function finds its outputs up to date or makes them, and leaves the folder that holds
 * them in the struct. The rows are read again only when a stage needs them.
 */
#ifndef QUERN_PIPELINE_TABULAR_RUN_H
#define QUERN_PIPELINE_TABULAR_RUN_H

#include "base/json.h"
#include "pipeline/config.h"
#include "pipeline/decision.h"
#include "pipeline/run.h"
#include "pipeline/scorer.h"
#include "pipeline/tabular_data.h"
#include "pipeline/workspace.h"

enum { TABULAR_FOLDS_MAX = 100 };

struct tabular_run {
    const struct pipeline_config *config;
    const struct run_options *options;
    struct workspace *space;

    /* Filled in by the stages, in order. */
    char *prepare, *train, *evaluate, *bundle; /* folders that hold their outputs */
    uint64_t train_key, evaluate_key, bundle_key;
    char data_hash[17];       /* after prepare */
    bool loaded;              /* `data` holds the rows */
    struct tabular_data data; /* see tabular_run_load() */
    struct transform *transform;
    struct trees *trees; /* both after tabular_run_open_model() */
};

MUST_CHECK bool tabular_run_prepare(struct tabular_run *run, struct error *err);
MUST_CHECK bool tabular_run_train(struct tabular_run *run, struct error *err);
MUST_CHECK bool tabular_run_evaluate(struct tabular_run *run, struct error *err);
MUST_CHECK bool tabular_run_bundle(struct tabular_run *run, struct error *err);
MUST_CHECK bool tabular_run_report(struct tabular_run *run, struct error *err);

/* No-op on a zeroed struct. */
void tabular_run_clear(struct tabular_run *run);

/* Read the rows, unless that has been done. */
MUST_CHECK bool tabular_run_load(struct tabular_run *run, struct error *err);
/* Load what the train stage wrote, unless that has been done. */
MUST_CHECK bool tabular_run_open_model(struct tabular_run *run, struct error *err);

/* Fit on run->data; training.json and model/ go below `folder`. `summary` [room] for a person. */
MUST_CHECK bool tabular_run_fit(struct tabular_run *run, const char *folder, char *summary,
                                size_t room, struct error *err);

/*
 * Calibrator, threshold and labels from `scores` of the validation rows, which are calibrated in
 * place. Lives in `memory`.
 */
MUST_CHECK bool tabular_run_decide(const struct tabular_run *run, double *scores,
                                   struct decision *decision, struct arena *memory,
                                   struct error *err);

/*
 * The document of evaluation.json over options->folds folds, of TABULAR_BINARY: every row is scored
 * by a model that was fitted, stopped and calibrated on the other folds and has never seen it.
 * Calls are made at `threshold`. What the models are written to lies below `folder` meanwhile.
 */
MUST_CHECK bool tabular_run_folds(const struct tabular_run *run, const char *folder,
                                  double threshold, json_t **document, struct error *err);

/* "KEY" as 16 hexadecimal digits. */
void tabular_hash_text(uint64_t hash, char text[17]);

/*
 * Numbers of the model [rows, scorer_outputs()] for rows of a table; free() them. ERR_DATA: a row
 * cannot be transformed; the sentence names it.
 */
MUST_CHECK bool tabular_scores(const struct scorer *scorer, const struct tabular_table *table,
                               const struct schema *schema, double **scores, struct error *err);

/* What the training column values were, and what the input's and scores' distributions are: the
 * document of reference.json (docs/bundle-format.md). `scores` [validation rows] may be NULL. */
json_t *tabular_reference(const struct tabular_data *data, const double *scores);

#endif
