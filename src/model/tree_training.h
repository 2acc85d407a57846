/*
 * tree_training — boosted trees trained by XGBoost's library (loaded when first used).
 *
 * The settings carry XGBoost's names and defaults; the same rows, settings and seed give the same
 * model at any number of threads. Scoring is trees.h.
 */
#ifndef QUERN_MODEL_TREE_TRAINING_H
#define QUERN_MODEL_TREE_TRAINING_H

#include "base/config.h"
#include "base/error.h"
#include "base/progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The keys of `model` besides `type: trees`: rounds, early_stopping_rounds, max_depth, eta, gamma,
 * min_child_weight, subsample, colsample_by*, lambda, alpha, scale_pos_weight, objective,
 * eval_metric, tree_method, max_bin, grow_policy, max_leaves, num_class, seed, ... */
struct tree_config {
    size_t rounds;
    size_t early_stopping_rounds; /* without a better value on the validation rows; 0: never */
    /* XGBoost's own, by their names; see tree_config.c. */
    const char *objective, *eval_metric, *tree_method, *grow_policy;
    size_t max_depth, max_leaves, max_bin, num_class, seed;
    double eta, gamma, min_child_weight, max_delta_step, subsample, colsample_bytree,
        colsample_bylevel, colsample_bynode, lambda, alpha, scale_pos_weight;
};

extern const struct config_field tree_fields[];

struct tree_rows {
    size_t rows, columns;
    const float *x;      /* [rows, columns]; NaN is missing */
    const float *label;  /* [rows] */
    const float *weight; /* [rows] or NULL */
};

/* The metric of each round, for the training curves; free with tree_history_clear(). */
struct tree_history {
    size_t rounds, best; /* best: the round the model is cut after, from 0 */
    double *train, *validation;
    char metric[32];
};
void tree_history_clear(struct tree_history *history);

/*
 * Train and write the model to `path` (.json or .ubj), whole or not at all. `validation` may be
 * NULL. The model holds rounds 0 .. best only. `names` [columns].
 *
 * ERR_LIBRARY  libxgboost is missing or refuses; its first line is in the sentence
 * ERR_DATA     labels do not fit the objective
 */
MUST_CHECK bool tree_training_run(const struct tree_config *config, const struct tree_rows *train,
                                  const struct tree_rows *validation, const char *const *names,
                                  size_t threads, const char *path, struct tree_history *history,
                                  struct error *err);

#endif
