/*
 * tree_training — boosted trees trained by XGBoost's library (loaded when first used).
 *
 * The settings carry XGBoost's names and defaults; the same rows, settings and seed give the same
 * model at any number of threads, given the same library. Scoring is trees.h.
 */
#ifndef QUERN_MODEL_TREE_TRAINING_H
#define QUERN_MODEL_TREE_TRAINING_H

#include "base/config.h"
#include "base/error.h"
#include "base/progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tree_booster { TREE_BOOSTER_GBTREE, TREE_BOOSTER_DART };

/* The keys of `model` besides `type: trees`; what they mean is in tree_config.c. */
struct tree_config {
    size_t rounds;
    size_t early_stopping_rounds; /* without a better value on the validation rows; 0: never */
    const char *objective;
    const char *eval_metric;      /* NULL: the objective's own */
    int booster;                  /* enum tree_booster */
    int tree_method, grow_policy; /* indices of the words in tree_config.c */
    size_t max_depth, max_leaves, max_bin, num_class, num_parallel_tree, seed;
    double eta, gamma, min_child_weight, max_delta_step, subsample, colsample_bytree,
        colsample_bylevel, colsample_bynode, lambda, alpha, scale_pos_weight, base_score;
    const char *monotone_constraints, *interaction_constraints; /* NULL: none */
    int sample_type, normalize_type;                            /* of dart */
    double rate_drop, skip_drop;
    bool one_drop;
    double tweedie_variance_power, huber_slope;
};

extern const struct config_field tree_fields[];

struct tree_rows {
    size_t rows, columns;
    const float *x;      /* [rows, columns]; NaN is missing */
    const float *label;  /* [rows] */
    const float *weight; /* [rows] or NULL */
};

/*
 * The metric of each round as XGBoost prints it (six digits), for the training curves; free with
 * tree_history_clear().
 */
struct tree_history {
    size_t rounds, best;        /* best: the round the model is cut after, from 0 */
    double *train, *validation; /* [rounds]; validation is NULL without such rows */
    char metric[32];
    bool maximize; /* whether more of the metric is better */
    /* Set by the caller, or NULL: updated after each round; called after it with its number from 0.
     */
    struct progress *progress;
    void (*on_round)(void *context, const struct tree_history *history, size_t round);
    void *context;
};
void tree_history_clear(struct tree_history *history);

/*
 * Train and write the model to `path` (.json or .ubj), whole or not at all. `validation` may be
 * NULL; early stopping asks for it. The model holds rounds 0 .. best only: with early stopping the
 * best on the validation rows, the earliest of equals; else the last. `names` [columns] or NULL.
 * `history` comes zeroed, but for what the caller sets.
 *
 * ERR_CONFIG   settings that contradict each other
 * ERR_DATA     a label or weight does not fit; the sentence names its row, from 0
 * ERR_LIBRARY  libxgboost is missing or refuses; its first line is in the sentence
 */
MUST_CHECK bool tree_training_run(const struct tree_config *config, const struct tree_rows *train,
                                  const struct tree_rows *validation, const char *const *names,
                                  size_t threads, const char *path, struct tree_history *history,
                                  struct error *err);

#endif
