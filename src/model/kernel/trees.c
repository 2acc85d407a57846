/* The inner loops of trees_dense.h. */
#include "nn/kernel/vector.h"

#include "model/trees_dense.h"

#if KERNEL_BYTES > 16
#include <immintrin.h>
#endif

#if KERNEL_BYTES == 64
typedef __mmask16 choice;

INLINE choice is_less(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}

INLINE vec choose(choice mask, vec yes, vec no)
{
    return _mm512_mask_blend_ps(mask, no, yes);
}
#elif KERNEL_BYTES == 32
typedef __m256 choice;

INLINE choice is_less(vec a, vec b)
{
    return _mm256_cmp_ps(a, b, _CMP_LT_OQ);
}

INLINE vec choose(choice mask, vec yes, vec no)
{
    return _mm256_blendv_ps(no, yes, mask);
}
#else
typedef ivec choice;

INLINE choice is_less(vec a, vec b)
{
    return a < b;
}

INLINE vec choose(choice mask, vec yes, vec no)
{
    return vec_select(mask, yes, no);
}
#endif

/* Vectors of rows that share a broadcast: as many as the registers hold at depth 6. */
enum { WIDE = KERNEL_BYTES == 64 ? 4 : 2, STEP = WIDE * LANES };

/* One tree and where the rows in work begin in the block. */
struct view {
    const float *threshold, *leaf, *block;
    const uint16_t *where;
};

struct wide {
    vec v[WIDE];
};

INLINE vec broadcast(float x)
{
#if KERNEL_BYTES == 64
    return _mm512_set1_ps(x);
#elif KERNEL_BYTES == 32
    return _mm256_set1_ps(x);
#else
    return (vec){x, x, x, x};
#endif
}

/* What node i answers, given what its children answer. */
INLINE struct wide join(const struct view *t, size_t i, struct wide left, struct wide right)
{
    const float *x = t->block + (size_t)t->where[i] * DENSE_ROWS;
    const vec threshold = broadcast(t->threshold[i]);
    struct wide out;

    UNROLL
    for (int k = 0; k < WIDE; k++)
        out.v[k] = choose(is_less(vec_load(x + k * LANES), threshold), left.v[k], right.v[k]);
    return out;
}

INLINE struct wide leaf_of(const struct view *t, size_t leaf)
{
    const vec value = broadcast(t->leaf[leaf]);
    struct wide out;

    UNROLL
    for (int k = 0; k < WIDE; k++)
        out.v[k] = value;
    return out;
}

/* The subtree of this height at node i, whose first leaf is `leaf`. */
INLINE struct wide subtree_1(const struct view *t, size_t i, size_t leaf)
{
    return join(t, i, leaf_of(t, leaf), leaf_of(t, leaf + 1));
}

#define SUBTREE(height, lower)                                                                     \
    INLINE struct wide subtree_##height(const struct view *t, size_t i, size_t leaf)               \
    {                                                                                              \
        const struct wide left = subtree_##lower(t, 2 * i, leaf);                                  \
        const struct wide right =                                                                  \
            subtree_##lower(t, 2 * i + 1, leaf + ((size_t)1 << (height - 1)));                     \
                                                                                                   \
        return join(t, i, left, right);                                                            \
    }

SUBTREE(2, 1)
SUBTREE(3, 2)
SUBTREE(4, 3)
SUBTREE(5, 4)
SUBTREE(6, 5)

#define TREE(height)                                                                               \
    static void tree_##height(struct view t, float *sum)                                           \
    {                                                                                              \
        for (size_t r = 0; r < DENSE_ROWS; r += STEP, t.block += STEP) {                           \
            const struct wide out = subtree_##height(&t, 1, 0);                                    \
                                                                                                   \
            UNROLL                                                                                 \
            for (size_t k = 0; k < WIDE; k++)                                                      \
                vec_store(sum + r + k * LANES, vec_load(sum + r + k * LANES) + out.v[k]);          \
        }                                                                                          \
    }

TREE(1)
TREE(2)
TREE(3)
TREE(4)
TREE(5)
TREE(6)

static void add_block(const struct trees_dense *dense, const float *block, float *sum)
{
    static void (*const tree[DENSE_BLOCK_DEPTH + 1])(struct view, float *) = {
        NULL, tree_1, tree_2, tree_3, tree_4, tree_5, tree_6};
    const size_t size = (size_t)1 << dense->depth;

    for (size_t t = 0; t < dense->count; t++) {
        const struct view view = {dense->threshold + t * size, dense->own_leaf + t * size, block,
                                  dense->where + t * size};

        tree[dense->own_depth[t]](view, sum + (size_t)dense->output[t] * DENSE_ROWS);
    }
}

static void fill_block(const struct trees_dense *dense, const float *x, size_t stride, size_t rows,
                       float *block)
{
    for (size_t s = 0; s < dense->slots; s++, block += DENSE_ROWS) {
        const struct dense_slot slot = dense->slot[s];

        /* The slots of a feature are neighbours. */
        if (s > 0 && dense->slot[s - 1].feature == slot.feature) {
            memcpy(block, block - DENSE_ROWS, DENSE_ROWS * sizeof *block);
        } else {
            for (size_t r = 0; r < rows; r++)
                block[r] = x[r * stride + slot.feature];
            memset(block + rows, 0, (DENSE_ROWS - rows) * sizeof *block);
        }
        for (size_t r = 0; r < DENSE_ROWS; r++)
            block[r] = block[r] == block[r] ? block[r] : slot.missing;
    }
}

/* A group of trees step by step, so that the waits of each are filled by the others. */
INLINE void descend(const float *threshold, const uint16_t *where, const float *slots, int depth,
                    size_t *at)
{
    const size_t size = (size_t)1 << depth;

    UNROLL
    for (int k = 0; k < DENSE_GROUP; k++)
        at[k] = 1;
    UNROLL
    for (int level = 0; level < depth; level++) {
        UNROLL
        for (size_t k = 0; k < DENSE_GROUP; k++) {
            const size_t i = at[k] + k * size;

            at[k] = 2 * at[k] + !(slots[where[i]] < threshold[i]);
        }
    }
}

#define ROW(depth_)                                                                                \
    static void row_##depth_(const struct trees_dense *dense, const float *slots, float *out)      \
    {                                                                                              \
        const size_t size = (size_t)1 << depth_;                                                   \
                                                                                                   \
        for (size_t t = 0; t < dense->count; t += DENSE_GROUP) {                                   \
            const size_t left = dense->count - t, n = left < DENSE_GROUP ? left : DENSE_GROUP;     \
            size_t at[DENSE_GROUP];                                                                \
                                                                                                   \
            descend(dense->threshold + t * size, dense->where + t * size, slots, depth_, at);      \
            for (size_t k = 0; k < n; k++)                                                         \
                out[dense->output[t + k]] += dense->leaf[(t + k) * size + at[k] - size];           \
        }                                                                                          \
    }

ROW(1)
ROW(2)
ROW(3)
ROW(4)
ROW(5)
ROW(6)
ROW(7)
ROW(8)

static void add_row(const struct trees_dense *dense, const float *slots, float *out)
{
    static void (*const row[DENSE_DEPTH_MAX + 1])(const struct trees_dense *, const float *,
                                                  float *) = {NULL,  row_1, row_2, row_3, row_4,
                                                              row_5, row_6, row_7, row_8};

    row[dense->depth](dense, slots, out);
}

extern const struct trees_kernels KERNEL(trees_kernels);
const struct trees_kernels KERNEL(trees_kernels) = {add_row, fill_block, add_block};
