#include "model/trees_internal.h"

#include <string.h>

/* Rows of a block, which visit each tree together, and rows that descend side by side. */
enum { BLOCK = 64, SIDE = 8 };

/* Whether the category of x is in the set; a category is a number cut to a whole one. */
static bool in_set(const struct trees *trees, uint32_t set, float x)
{
    if (!(x >= 0 && x < 16777216.0f))
        return false;
    const uint32_t category = (uint32_t)x;
    const struct category_set *s = &trees->set[set];

    return category / 32 < s->words &&
           (trees->category_bits[s->first + category / 32] >> (category & 31) & 1);
}

static bool goes_right(const struct trees *trees, const struct tree_node *node, float x)
{
    if (x != x)
        return !(node->feature & TREES_DEFAULT_LEFT);
    if (node->kind == TREE_CATEGORICAL)
        return in_set(trees, node->set, x);
    return !(x < node->value);
}

static const struct tree_node *find_leaf(const struct trees *trees, const struct tree *tree,
                                         const float *x)
{
    const struct tree_node *node = &trees->node[tree->root];

    while (node->kind != TREE_LEAF)
        node = &trees->node[node->left + goes_right(trees, node, x[node->feature >> 1])];
    return node;
}

static void add_leaf(const struct trees *trees, const struct tree *tree,
                     const struct tree_node *leaf, float *out)
{
    if (!trees->rows_of_leaves) {
        out[tree->output] += leaf->value;
        return;
    }
    for (size_t o = 0; o < trees->outputs; o++)
        out[o] += trees->leaf_row[leaf->row * trees->outputs + o];
}

/*
 * Several rows step by step, so that the waits of each are filled by the others. A row that has
 * reached its leaf, whose `left` is itself, stays there until all have.
 */
static void descend(const struct trees *trees, const struct tree *tree, const float *x,
                    const struct tree_node **leaf)
{
    uint32_t at[SIDE], moved;

    for (size_t k = 0; k < SIDE; k++)
        at[k] = tree->root;
    do {
        moved = 0;
        for (size_t k = 0; k < SIDE; k++) {
            const struct tree_node *node = &trees->node[at[k]];
            const float value = x[k * trees->features + (node->feature >> 1)];
            const uint32_t missing = value != value, less = value < node->value;
            const uint32_t left = less | (missing & node->feature & TREES_DEFAULT_LEFT);

            at[k] = node->left + ((left ^ 1) & node->kind);
            moved |= node->kind;
        }
    } while (moved);
    for (size_t k = 0; k < SIDE; k++)
        leaf[k] = &trees->node[at[k]];
}

static void add_tree(const struct trees *trees, const struct tree *tree, const float *x,
                     size_t rows, float *out)
{
    const struct tree_node *leaf[SIDE];
    size_t r = 0;

    for (; !tree->categorical && tree->depth > 0 && r + SIDE <= rows; r += SIDE) {
        descend(trees, tree, x + r * trees->features, leaf);
        for (size_t k = 0; k < SIDE; k++)
            add_leaf(trees, tree, leaf[k], out + (r + k) * trees->outputs);
    }
    for (; r < rows; r++)
        add_leaf(trees, tree, find_leaf(trees, tree, x + r * trees->features),
                 out + r * trees->outputs);
}

void trees_sparse_margin(const struct trees *trees, const float *x, size_t rows, float *out)
{
    for (size_t r = 0; r < rows; r++)
        memcpy(out + r * trees->outputs, trees->base, trees->outputs * sizeof *out);
    for (size_t r = 0; r < rows; r += BLOCK)
        for (size_t t = 0; t < trees->count; t++)
            add_tree(trees, &trees->tree[t], x + r * trees->features,
                     rows - r < BLOCK ? rows - r : BLOCK, out + r * trees->outputs);
}
