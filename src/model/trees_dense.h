/*
 * trees_dense — the fast form of a model of shallow trees with thresholds only.
 *
 * Every tree is filled up to a complete one of the model's depth D: node i has the children 2i and
 * 2i + 1, the root is 1, a leaf above the bottom is repeated below. So a descent has no branch, no
 * child to load and always D steps; and a block of rows can be compared with all nodes of a small
 * tree, broadcast one by one, and choose leaves from the bottom up without a gather.
 *
 * Columns become slots: one for each (feature, default side) that occurs. In a slot that sends
 * missing values left NaN is replaced by -infinity, in one that sends them right it stays, so
 * "right unless x < threshold" is the whole rule.
 *
 * Sums go in the order of the trees on every path, instruction set and block size.
 */
#ifndef QUERN_MODEL_TREES_DENSE_H
#define QUERN_MODEL_TREES_DENSE_H

#include "model/trees_internal.h"

enum {
    DENSE_DEPTH_MAX = 8,
    DENSE_BLOCK_DEPTH = 6, /* the deepest tree whose nodes are all compared */
    DENSE_SLOTS_MAX = 4096,
    DENSE_ROWS = 64, /* of a block */
    DENSE_GROUP = 8, /* trees descended side by side; their number is filled up to this */
};

struct dense_slot {
    uint32_t feature;
    float missing; /* what stands for NaN: -infinity, or NaN */
};

struct trees_dense {
    size_t depth, slots, count; /* count: trees */
    struct dense_slot *slot;
    float *threshold; /* [count, 2^depth]; entry 0 of a tree is not used */
    uint16_t *where;  /* [count, 2^depth]: slots */
    float *leaf;      /* [count, 2^depth] */
    float *own_leaf; /* [count, 2^depth]: the leaves at the tree's own depth, 2^own_depth of them */
    uint8_t *own_depth; /* [count], from 1 */
    uint32_t *output;   /* [count] */
};

/* The inner loops, once per instruction set (nn/kernels.h). */
struct trees_kernels {
    /* out [outputs] += every tree for the slots of one row. */
    void (*row)(const struct trees_dense *dense, const float *slots, float *out);
    /* block [slots, DENSE_ROWS] from rows of `stride` numbers; `rows` of them, the others are 0. */
    void (*fill)(const struct trees_dense *dense, const float *x, size_t stride, size_t rows,
                 float *block);
    /* sum [outputs, DENSE_ROWS] += every tree; no tree is deeper than DENSE_BLOCK_DEPTH. */
    void (*block)(const struct trees_dense *dense, const float *block, float *sum);
};

/* As kernels_at() and kernels_best(). */
const struct trees_kernels *trees_kernels_at(size_t i);
const struct trees_kernels *trees_kernels_best(void);

/* NULL where the model does not fit. */
struct trees_dense *trees_dense_new(const struct trees *trees);
void trees_dense_free(struct trees_dense *dense);

/* trees_margin() on given kernels. */
void trees_dense_margin(const struct trees *trees, const struct trees_kernels *kernels,
                        const float *x, size_t rows, float *out);

#endif
