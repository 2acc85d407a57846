/*
 * trees — boosted trees: XGBoost models loaded, checked once, and scored by our own predictor.
 *
 *   margin[r, o] = base[o] + sum over the trees of output o, in their order, of the leaf of row r
 *
 * A row goes left at a node when x < threshold; a missing value (NaN) goes the node's default way;
 * a categorical node goes right for the categories of its set. Sums are float32 in tree order, as
 * XGBoost adds them, so a score does not depend on how many rows are scored together or on the
 * instruction set.
 *
 * Read: XGBoost's JSON and UBJSON models, of old and new versions (docs/trees.md). Loading proves
 * every child, feature, category range and the absence of cycles, so scoring checks nothing.
 */
#ifndef QUERN_MODEL_TREES_H
#define QUERN_MODEL_TREES_H

#include "base/arena.h"
#include "base/error.h"

#include <stddef.h>

enum {
    TREES_FILE_MAX = 1 << 30,
    TREES_FEATURES_MAX = 100000,
    TREES_OUTPUTS_MAX = 10000,
    TREES_NODES_MAX = 1 << 28,
};

struct trees;

/* The format is told by the content. ERR_DATA: not a model; the sentence names tree and node. */
MUST_CHECK bool trees_load(struct trees **trees, const char *path, struct error *err);
/* `name` is for messages. */
MUST_CHECK bool trees_parse(struct trees **trees, const char *name, const char *bytes, size_t size,
                            struct error *err);
void trees_free(struct trees *trees);

size_t trees_features(const struct trees *trees);
/* Numbers per row: 1, or one per class or target. */
size_t trees_outputs(const struct trees *trees);
/* Numbers per row of trees_predict(): the outputs, or 1 where the answer is a class. */
size_t trees_answers(const struct trees *trees);
size_t trees_count(const struct trees *trees);
/* Edges on the longest way from a root to a leaf, of all trees. */
size_t trees_depth(const struct trees *trees);
const char *trees_objective(const struct trees *trees);
/* NULL when the model has no names. */
const char *trees_feature_name(const struct trees *trees, size_t feature);

/* x [rows, features] row-major, out [rows, outputs]. Thread-safe. */
void trees_margin(const struct trees *trees, const float *x, size_t rows, float *out);
/* out [rows, answers]: probabilities for logistic and softprob, the class for softmax, exp of the
 * margin for count, gamma and survival, the margin itself for other regressions and ranking. */
void trees_predict(const struct trees *trees, const float *x, size_t rows, float *out);

/* XGBoost's importances. Total gain, gain and cover are those stored in the model. */
enum trees_importance {
    TREES_WEIGHT,
    TREES_GAIN,
    TREES_COVER,
    TREES_TOTAL_GAIN,
    TREES_TOTAL_COVER
};
/* out [features]; 0 for features no tree uses. */
void trees_importance(const struct trees *trees, enum trees_importance kind, double *out);

#endif
