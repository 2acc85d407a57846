/*
 * trees_internal — the model in memory, shared by the loader (trees_load.c, trees_tree.c) and the
 * predictor (trees.c, trees_sparse.c and trees_dense.c).
 *
 * `node` holds every tree in breadth-first order, children side by side. It is the form any model
 * can be scored in; most are scored in the faster form of trees_dense.h, made from it.
 */
#ifndef QUERN_MODEL_TREES_INTERNAL_H
#define QUERN_MODEL_TREES_INTERNAL_H

#include "model/trees.h"

#include <stdint.h>

enum { TREES_DEFAULT_LEFT = 1 }; /* a bit of tree_node.feature, which holds the feature above it */

enum tree_node_kind { TREE_LEAF = 0, TREE_NUMERIC = 1, TREE_CATEGORICAL = 2 };

struct tree_node {
    union {
        float value;  /* threshold of a numeric node; of a leaf its number */
        uint32_t set; /* of a categorical node, an index into category_set */
        uint32_t row; /* of a leaf with a number per output, where they are: leaf_row[row] */
    };
    uint32_t feature; /* 2 feature + default left */
    uint32_t left;    /* in `node`; the right child follows it */
    uint32_t kind;
};

/* The categories that go right: bit c & 31 of word c >> 5; those beyond go left. */
struct category_set {
    size_t first, words; /* in category_bits */
};

struct tree {
    uint32_t root;
    uint32_t depth;  /* edges on the longest way to a leaf */
    uint32_t output; /* not used where leaves hold a number per output */
    bool categorical;
};

/* How the margin becomes an answer, and an answer the margin (of base_score). */
enum objective_link { LINK_NONE, LINK_LOGIT, LINK_LOG };
enum objective_answer {
    ANSWER_MARGIN,
    ANSWER_SIGMOID,
    ANSWER_EXP,
    ANSWER_SIGN,
    ANSWER_CLASS,
    ANSWER_SOFTMAX
};

struct objective {
    const char *name;
    enum objective_link base;
    enum objective_answer answer;
};

/* NULL when it is not known. */
const struct objective *objective_find(const char *name);
/* The margin of a base score; false where it has none. */
bool objective_base(const struct objective *objective, double score, float *margin);
/* Answers from margins [rows, outputs], in place or not; ANSWER_CLASS writes one number a row. */
void objective_answer(const struct objective *objective, const float *margin, size_t rows,
                      size_t outputs, float *out);

struct trees_dense;

struct trees {
    const struct objective *objective;
    size_t features, outputs, count;
    bool rows_of_leaves; /* leaves hold a number per output */
    float *base;         /* [outputs] */
    struct tree *tree;   /* [count] */
    struct tree_node *node;
    size_t nodes, node_room;
    float *leaf_row; /* [.., outputs] */
    size_t leaf_rows, leaf_room;
    struct category_set *set;
    size_t sets, set_room;
    uint32_t *category_bits;
    size_t words, word_room;
    const char **name;                         /* [features] or NULL */
    double *splits, *total_gain, *total_cover; /* [features] */
    struct trees_dense *dense;                 /* NULL where the model does not fit that form */
    struct arena memory;                       /* of name */
};

/* trees_margin() by descent through `node`, which any model can do. */
void trees_sparse_margin(const struct trees *trees, const float *x, size_t rows, float *out);

struct document_value;

/* Add tree `number` of the model, its leaves times `weight`. Its message does not name the tree. */
MUST_CHECK bool trees_add_tree(struct trees *trees, const struct document_value *document,
                               size_t number, double weight, struct error *err);

#endif
