#include "model/trees_internal.h"

#include "model/trees_dense.h"

#include <string.h>

void trees_free(struct trees *trees)
{
    if (!trees)
        return;
    trees_dense_free(trees->dense);
    free(trees->base);
    free(trees->tree);
    free(trees->node);
    free(trees->leaf_row);
    free(trees->set);
    free(trees->category_bits);
    free(trees->splits);
    free(trees->total_gain);
    free(trees->total_cover);
    arena_clear(&trees->memory);
    free(trees);
}

size_t trees_features(const struct trees *trees)
{
    return trees->features;
}

size_t trees_outputs(const struct trees *trees)
{
    return trees->outputs;
}

size_t trees_answers(const struct trees *trees)
{
    return trees->objective->answer == ANSWER_CLASS ? 1 : trees->outputs;
}

size_t trees_count(const struct trees *trees)
{
    return trees->count;
}

const char *trees_objective(const struct trees *trees)
{
    return trees->objective->name;
}

const char *trees_feature_name(const struct trees *trees, size_t feature)
{
    return trees->name ? trees->name[feature] : NULL;
}

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

static void margin_of_row(const struct trees *trees, const float *x, float *out)
{
    memcpy(out, trees->base, trees->outputs * sizeof *out);
    for (size_t t = 0; t < trees->count; t++) {
        const struct tree_node *leaf = find_leaf(trees, &trees->tree[t], x);

        if (!trees->rows_of_leaves) {
            out[trees->tree[t].output] += leaf->value;
            continue;
        }
        for (size_t o = 0; o < trees->outputs; o++)
            out[o] += trees->leaf_row[leaf->row * trees->outputs + o];
    }
}

void trees_sparse_margin(const struct trees *trees, const float *x, size_t rows, float *out)
{
    for (size_t r = 0; r < rows; r++)
        margin_of_row(trees, x + r * trees->features, out + r * trees->outputs);
}

void trees_margin(const struct trees *trees, const float *x, size_t rows, float *out)
{
    if (trees->dense)
        trees_dense_margin(trees, trees_kernels_best(), x, rows, out);
    else
        trees_sparse_margin(trees, x, rows, out);
}

void trees_predict(const struct trees *trees, const float *x, size_t rows, float *out)
{
    enum { BLOCK = 1024 };

    if (trees_answers(trees) == trees->outputs) {
        trees_margin(trees, x, rows, out);
        objective_answer(trees->objective, out, rows, trees->outputs, out);
        return;
    }
    float *margin = memory_take(rows < BLOCK ? rows : BLOCK, trees->outputs * sizeof *margin);

    for (size_t r = 0; r < rows; r += BLOCK) {
        const size_t n = rows - r < BLOCK ? rows - r : BLOCK;

        trees_margin(trees, x + r * trees->features, n, margin);
        objective_answer(trees->objective, margin, n, trees->outputs, out + r);
    }
    free(margin);
}

void trees_importance(const struct trees *trees, enum trees_importance kind, double *out)
{
    const bool gain = kind == TREES_GAIN || kind == TREES_TOTAL_GAIN;
    const bool mean = kind == TREES_GAIN || kind == TREES_COVER;

    for (size_t i = 0; i < trees->features; i++) {
        const double total = gain ? trees->total_gain[i] : trees->total_cover[i];

        out[i] = kind == TREES_WEIGHT ? trees->splits[i] : total;
        if (mean && trees->splits[i] > 0)
            out[i] = total / trees->splits[i];
    }
}
