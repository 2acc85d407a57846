#include "model/trees_internal.h"

#include "model/trees_dense.h"

#include <stdlib.h>

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

size_t trees_depth(const struct trees *trees)
{
    size_t depth = 0;

    for (size_t t = 0; t < trees->count; t++)
        if (trees->tree[t].depth > depth)
            depth = trees->tree[t].depth;
    return depth;
}

const char *trees_objective(const struct trees *trees)
{
    return trees->objective->name;
}

const char *trees_feature_name(const struct trees *trees, size_t feature)
{
    return trees->name ? trees->name[feature] : NULL;
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
