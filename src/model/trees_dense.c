#include "model/trees_dense.h"

#include "base/arena.h"
#include "nn/kernels.h"

#include <math.h>
#include <string.h>

/* A filled-up model may take this many times its own nodes, and this many numbers in all. */
enum { FILL_MAX = 16, NUMBERS_MAX = 1 << 26 };

extern const struct trees_kernels trees_kernels_baseline;
#ifdef __x86_64__
extern const struct trees_kernels trees_kernels_avx2, trees_kernels_avx512;
#endif

const struct trees_kernels *trees_kernels_at(size_t i)
{
    if (!kernels_at(i))
        return NULL;
#ifdef __x86_64__
    if (i > 0)
        return i == 1 ? &trees_kernels_avx2 : &trees_kernels_avx512;
#endif
    return &trees_kernels_baseline;
}

const struct trees_kernels *trees_kernels_best(void)
{
    for (size_t i = KERNELS_COUNT; i-- > 1;)
        if (trees_kernels_at(i))
            return trees_kernels_at(i);
    return trees_kernels_at(0);
}

/* The depth all trees are filled up to; 0 where the model does not fit. */
static size_t fitting_depth(const struct trees *trees)
{
    size_t depth = 1;

    if (trees->rows_of_leaves || trees->count == 0)
        return 0;
    for (size_t t = 0; t < trees->count; t++) {
        if (trees->tree[t].categorical || trees->tree[t].depth > DENSE_DEPTH_MAX)
            return 0;
        if (trees->tree[t].depth > depth)
            depth = trees->tree[t].depth;
    }
    const size_t numbers = trees->count << depth;

    return numbers <= NUMBERS_MAX && numbers / FILL_MAX <= trees->nodes ? depth : 0;
}

/* Number the (feature, side) pairs in use; slot_of [2 features]. */
static bool number_slots(struct trees_dense *dense, const struct trees *trees, uint16_t *slot_of)
{
    for (size_t i = 0; i < trees->nodes; i++)
        if (trees->node[i].kind == TREE_NUMERIC)
            slot_of[trees->node[i].feature] = 1;
    for (size_t i = 0; i < 2 * trees->features; i++)
        dense->slots += slot_of[i];
    if (dense->slots == 0 || dense->slots > DENSE_SLOTS_MAX)
        return false;
    dense->slot = memory_take(dense->slots, sizeof *dense->slot);
    for (size_t i = 0, slot = 0; i < 2 * trees->features; i++)
        if (slot_of[i]) {
            const bool left = i & TREES_DEFAULT_LEFT;

            dense->slot[slot] = (struct dense_slot){(uint32_t)(i / 2), left ? -INFINITY : NAN};
            slot_of[i] = (uint16_t)slot++;
        }
    return true;
}

static void fill_tree(struct trees_dense *dense, const struct trees *trees, size_t t,
                      const uint16_t *slot_of)
{
    const struct tree *tree = &trees->tree[t];
    const size_t size = (size_t)1 << dense->depth;
    const size_t own = tree->depth ? tree->depth : 1;
    const struct tree_node *at[2 << DENSE_DEPTH_MAX];

    at[1] = &trees->node[tree->root];
    for (size_t i = 1; i < size; i++) {
        const bool leaf = at[i]->kind == TREE_LEAF;

        dense->threshold[t * size + i] = leaf ? 0 : at[i]->value;
        dense->where[t * size + i] = leaf ? 0 : slot_of[at[i]->feature];
        at[2 * i] = leaf ? at[i] : &trees->node[at[i]->left];
        at[2 * i + 1] = leaf ? at[i] : &trees->node[at[i]->left + 1];
    }
    for (size_t i = 0; i < size; i++)
        dense->leaf[t * size + i] = at[size + i]->value;
    for (size_t i = 0; i < (size_t)1 << own; i++)
        dense->own_leaf[t * size + i] = at[((size_t)1 << own) + i]->value;
    dense->own_depth[t] = (uint8_t)own;
    dense->output[t] = tree->output;
}

struct trees_dense *trees_dense_new(const struct trees *trees)
{
    const size_t depth = fitting_depth(trees);

    if (depth == 0)
        return NULL;
    struct trees_dense *dense = memory_take_zeroed(1, sizeof *dense);
    uint16_t *slot_of = memory_take_zeroed(2 * trees->features, sizeof *slot_of);

    dense->depth = depth;
    dense->count = trees->count;
    if (!number_slots(dense, trees, slot_of)) {
        free(slot_of);
        trees_dense_free(dense);
        return NULL;
    }
    const size_t size = (size_t)1 << depth;
    const size_t filled = (dense->count + DENSE_GROUP - 1) / DENSE_GROUP * DENSE_GROUP;

    dense->threshold = memory_take_zeroed(filled, size * sizeof *dense->threshold);
    dense->where = memory_take_zeroed(filled, size * sizeof *dense->where);
    dense->leaf = memory_take_zeroed(filled, size * sizeof *dense->leaf);
    dense->own_leaf = memory_take_zeroed(filled, size * sizeof *dense->own_leaf);
    dense->own_depth = memory_take_zeroed(filled, 1);
    dense->output = memory_take_zeroed(filled, sizeof *dense->output);
    for (size_t t = 0; t < dense->count; t++)
        fill_tree(dense, trees, t, slot_of);
    free(slot_of);
    return dense;
}

void trees_dense_free(struct trees_dense *dense)
{
    if (!dense)
        return;
    free(dense->slot);
    free(dense->threshold);
    free(dense->where);
    free(dense->leaf);
    free(dense->own_leaf);
    free(dense->own_depth);
    free(dense->output);
    free(dense);
}

static void margin_of_row(const struct trees *trees, const struct trees_kernels *kernels,
                          const float *x, float *out)
{
    const struct trees_dense *dense = trees->dense;
    float slots[DENSE_SLOTS_MAX];

    for (size_t s = 0; s < dense->slots; s++) {
        const float value = x[dense->slot[s].feature];

        slots[s] = value == value ? value : dense->slot[s].missing;
    }
    memcpy(out, trees->base, trees->outputs * sizeof *out);
    kernels->row(dense, slots, out);
}

/* `memory` [slots + outputs, DENSE_ROWS]. */
static void margin_of_block(const struct trees *trees, const struct trees_kernels *kernels,
                            const float *x, size_t rows, float *memory, float *out)
{
    float *sum = memory + trees->dense->slots * DENSE_ROWS;

    kernels->fill(trees->dense, x, trees->features, rows, memory);
    for (size_t i = 0; i < trees->outputs * DENSE_ROWS; i++)
        sum[i] = trees->base[i / DENSE_ROWS];
    kernels->block(trees->dense, memory, sum);
    for (size_t r = 0; r < rows; r++)
        for (size_t o = 0; o < trees->outputs; o++)
            out[r * trees->outputs + o] = sum[o * DENSE_ROWS + r];
}

void trees_dense_margin(const struct trees *trees, const struct trees_kernels *kernels,
                        const float *x, size_t rows, float *out)
{
    /* A block costs as much as this many single rows. */
    enum { WORTH_A_BLOCK = 24 };
    const bool blocks = rows >= WORTH_A_BLOCK && trees->dense->depth <= DENSE_BLOCK_DEPTH;
    float *memory = NULL;
    size_t r = 0;

    if (blocks)
        memory = memory_take(trees->dense->slots + trees->outputs, DENSE_ROWS * sizeof *memory);
    while (blocks && rows - r >= WORTH_A_BLOCK) {
        const size_t n = rows - r < DENSE_ROWS ? rows - r : DENSE_ROWS;

        margin_of_block(trees, kernels, x + r * trees->features, n, memory,
                        out + r * trees->outputs);
        r += n;
    }
    for (; r < rows; r++)
        margin_of_row(trees, kernels, x + r * trees->features, out + r * trees->outputs);
    free(memory);
}
