#include "model/trees_internal.h"

#include "model/trees_document.h"

#include <math.h>
#include <string.h>

/* Categories are 24-bit: above, a float no longer tells one from the next. */
enum { CATEGORY_MAX = 1 << 24, CATEGORY_WORDS_MAX = 1 << 24 };

/* A tree as it stands in the file. */
struct source {
    struct trees *trees;
    struct error *err;
    size_t nodes, width; /* width: numbers of a leaf */
    const struct document_value *left, *right, *feature, *condition, *default_left;
    const struct document_value *split_type, *gain, *cover;
    const struct document_value *leaf_weights, *base_weights;
    const struct document_value *categories, *category_nodes, *category_segments, *category_sizes;
    uint32_t *set_of; /* [nodes] of categorical nodes, index into trees->set plus 1; else 0 */
    double weight;
};

/* A whole number from a list; false where it is none or outside. */
static bool whole(const struct document_value *list, size_t i, double low, double high,
                  int64_t *value)
{
    const double number = document_number(list, i);

    if (!(number >= low && number <= high) || number != floor(number))
        return false;
    *value = (int64_t)number;
    return true;
}

static bool find_list(const struct source *s, const struct document_value *tree, const char *key,
                      bool required, size_t count, const struct document_value **list)
{
    *list = document_get(tree, key);
    if (!*list)
        return !required || error_set(s->err, ERR_DATA, "'%s' is missing", key);
    if (!document_is_numbers(*list))
        return error_set(s->err, ERR_DATA, "'%s' is not a list of numbers", key);
    if (count != SIZE_MAX && (*list)->count != count)
        return error_set(s->err, ERR_DATA, "'%s' has %zu entries, not %zu", key, (*list)->count,
                         count);
    return true;
}

static bool find_lists(struct source *s, const struct document_value *tree)
{
    struct trees *trees = s->trees;

    if (!find_list(s, tree, "left_children", true, SIZE_MAX, &s->left))
        return false;
    s->nodes = s->left->count;
    if (s->nodes == 0)
        return error_set(s->err, ERR_DATA, "there is no node");
    if (s->nodes > TREES_NODES_MAX - trees->nodes)
        return error_set(s->err, ERR_LIMIT, "the model has more than %d nodes", TREES_NODES_MAX);
    if (!find_list(s, tree, "right_children", true, s->nodes, &s->right) ||
        !find_list(s, tree, "split_indices", true, s->nodes, &s->feature) ||
        !find_list(s, tree, "split_conditions", true, s->nodes, &s->condition) ||
        !find_list(s, tree, "default_left", true, s->nodes, &s->default_left) ||
        !find_list(s, tree, "loss_changes", false, s->nodes, &s->gain) ||
        !find_list(s, tree, "sum_hessian", false, s->nodes, &s->cover) ||
        !find_list(s, tree, "split_type", false, SIZE_MAX, &s->split_type) ||
        !find_list(s, tree, "leaf_weights", false, SIZE_MAX, &s->leaf_weights) ||
        !find_list(s, tree, "base_weights", false, SIZE_MAX, &s->base_weights))
        return false;
    if (s->split_type && s->split_type->count == 0)
        s->split_type = NULL;
    if (s->split_type && s->split_type->count != s->nodes)
        return error_set(s->err, ERR_DATA, "'split_type' has %zu entries, not %zu",
                         s->split_type->count, s->nodes);
    if (s->width > 1 && !s->leaf_weights &&
        (!s->base_weights || s->base_weights->count / s->width != s->nodes))
        return error_set(s->err, ERR_DATA, "'base_weights' has not %zu entries per node", s->width);
    return true;
}

static void add_set(struct trees *trees, size_t words)
{
    if (trees->sets == trees->set_room) {
        trees->set_room = trees->set_room * 2 + 16;
        trees->set = memory_resize(trees->set, trees->set_room, sizeof *trees->set);
    }
    if (trees->words + words > trees->word_room) {
        trees->word_room = (trees->words + words) * 2;
        trees->category_bits =
            memory_resize(trees->category_bits, trees->word_room, sizeof *trees->category_bits);
    }
    if (words > 0)
        memset(trees->category_bits + trees->words, 0, words * sizeof *trees->category_bits);
    trees->set[trees->sets++] = (struct category_set){trees->words, words};
    trees->words += words;
}

/* The categories of entry `i` of categories_nodes. */
static bool read_set(struct source *s, size_t i)
{
    struct trees *trees = s->trees;
    int64_t node, first, size, category, highest = 0;

    if (!whole(s->category_nodes, i, 0, (double)s->nodes - 1, &node) || s->set_of[node])
        return error_set(s->err, ERR_DATA,
                         "entry %zu of 'categories_nodes' is not a node of its own", i);
    if (!whole(s->category_segments, i, 0, (double)s->categories->count, &first) ||
        !whole(s->category_sizes, i, 0, (double)s->categories->count - (double)first, &size))
        return error_set(s->err, ERR_DATA, "node %lld: its categories are not within 'categories'",
                         (long long)node);
    for (int64_t c = first; c < first + size; c++) {
        if (!whole(s->categories, (size_t)c, 0, CATEGORY_MAX - 1, &category))
            return error_set(s->err, ERR_DATA, "node %lld: %g is not a category", (long long)node,
                             document_number(s->categories, (size_t)c));
        if (category > highest)
            highest = category;
    }
    /* A set costs as many words as its highest category asks for, however small the file is. */
    if (trees->words + (size_t)highest / 32 + 1 > CATEGORY_WORDS_MAX)
        return error_set(s->err, ERR_LIMIT, "the sets of categories are too large");
    add_set(trees, size ? (size_t)highest / 32 + 1 : 0);
    for (int64_t c = first; c < first + size; c++) {
        const size_t bit = (size_t)document_number(s->categories, (size_t)c);

        trees->category_bits[trees->set[trees->sets - 1].first + bit / 32] |= 1u << (bit & 31);
    }
    s->set_of[node] = (uint32_t)trees->sets;
    return true;
}

static bool read_sets(struct source *s, const struct document_value *tree)
{
    bool any = false;

    for (size_t i = 0; s->split_type && i < s->nodes && !any; i++)
        any = document_number(s->split_type, i) != 0;
    if (!any)
        return true;
    if (!find_list(s, tree, "categories", true, SIZE_MAX, &s->categories) ||
        !find_list(s, tree, "categories_nodes", true, SIZE_MAX, &s->category_nodes) ||
        !find_list(s, tree, "categories_segments", true, s->category_nodes->count,
                   &s->category_segments) ||
        !find_list(s, tree, "categories_sizes", true, s->category_nodes->count, &s->category_sizes))
        return false;
    s->set_of = memory_take_zeroed(s->nodes, sizeof *s->set_of);
    for (size_t i = 0; i < s->category_nodes->count; i++)
        if (!read_set(s, i))
            return false;
    return true;
}

static bool read_leaf_row(struct source *s, size_t from, struct tree_node *node)
{
    struct trees *trees = s->trees;
    const struct document_value *list = s->leaf_weights ? s->leaf_weights : s->base_weights;
    int64_t at = (int64_t)from;

    /* With leaf_weights, the right child of a leaf says which of their rows is the leaf's. */
    if (s->leaf_weights && !whole(s->right, from, 0, (double)(list->count / s->width) - 1, &at))
        return error_set(s->err, ERR_DATA, "node %zu: its leaf is not within 'leaf_weights'", from);
    if (trees->leaf_rows == trees->leaf_room) {
        trees->leaf_room = trees->leaf_room * 2 + 64;
        trees->leaf_row =
            memory_resize(trees->leaf_row, trees->leaf_room, s->width * sizeof *trees->leaf_row);
    }
    float *row = trees->leaf_row + trees->leaf_rows * s->width;

    for (size_t o = 0; o < s->width; o++) {
        row[o] = (float)(document_number(list, (size_t)at * s->width + o) * s->weight);
        if (!isfinite(row[o]))
            return error_set(s->err, ERR_DATA, "node %zu: its leaf is not a finite number", from);
    }
    node->row = (uint32_t)trees->leaf_rows++;
    return true;
}

static bool read_leaf(struct source *s, size_t from, struct tree_node *node)
{
    node->kind = TREE_LEAF;
    if (s->width > 1)
        return read_leaf_row(s, from, node);
    node->value = (float)document_number(s->condition, from) * (float)s->weight;
    return isfinite(node->value) ||
           error_set(s->err, ERR_DATA, "node %zu: its leaf is not a finite number", from);
}

static void count_importance(const struct source *s, size_t from, size_t feature)
{
    struct trees *trees = s->trees;

    trees->splits[feature]++;
    trees->total_gain[feature] += s->gain ? document_number(s->gain, from) : 0;
    trees->total_cover[feature] += s->cover ? document_number(s->cover, from) : 0;
}

/* Everything of an inner node but its place. */
static bool read_split(struct source *s, size_t from, struct tree_node *node)
{
    int64_t feature, type = 0;

    if (!whole(s->feature, from, 0, (double)s->trees->features - 1, &feature))
        return error_set(s->err, ERR_DATA, "node %zu: %.0f is not a feature, there are %zu", from,
                         document_number(s->feature, from), s->trees->features);
    if (s->split_type && !whole(s->split_type, from, 0, 1, &type))
        return error_set(s->err, ERR_DATA, "node %zu: its 'split_type' is neither 0 nor 1", from);
    node->feature = (uint32_t)feature << 1 |
                    (document_number(s->default_left, from) != 0 ? TREES_DEFAULT_LEFT : 0);
    count_importance(s, from, (size_t)feature);
    if (type) {
        if (!s->set_of[from])
            return error_set(s->err, ERR_DATA, "node %zu: its categories are missing", from);
        node->kind = TREE_CATEGORICAL;
        node->set = s->set_of[from] - 1;
        return true;
    }
    node->kind = TREE_NUMERIC;
    node->value = (float)document_number(s->condition, from);
    return isfinite(node->value) ||
           error_set(s->err, ERR_DATA, "node %zu: its threshold is not a finite number", from);
}

static bool push(const struct source *s, uint32_t *order, uint32_t *level, size_t *queued,
                 unsigned char *seen, size_t from, const struct document_value *children)
{
    int64_t child;

    if (!whole(children, from, 0, (double)s->nodes - 1, &child))
        return error_set(s->err, ERR_DATA, "node %zu: its child %.0f is not a node of the tree",
                         from, document_number(children, from));
    if (seen[child])
        return error_set(s->err, ERR_DATA, "node %zu: its child %lld is reached twice", from,
                         (long long)child);
    seen[child] = 1;
    order[*queued] = (uint32_t)child;
    level[(*queued)++] = 0;
    return true;
}

/*
 * Number the nodes that the root reaches breadth-first. Each is reached once, so there is no cycle;
 * nodes that pruning has deleted are not reached and not kept.
 */
static bool number_nodes(struct source *s, struct tree *tree, uint32_t *order, uint32_t *level,
                         unsigned char *seen)
{
    struct trees *trees = s->trees;
    size_t queued = 1;

    order[0] = level[0] = 0;
    seen[0] = 1;
    for (size_t i = 0; i < queued; i++) {
        const size_t from = order[i];
        struct tree_node *node = &trees->node[trees->nodes + i];
        const bool leaf = document_number(s->left, from) == -1;

        *node = (struct tree_node){.left = (uint32_t)(trees->nodes + i)};
        if (level[i] > tree->depth)
            tree->depth = level[i];
        if (leaf && !read_leaf(s, from, node))
            return false;
        if (leaf)
            continue;
        node->left = (uint32_t)(trees->nodes + queued);
        if (!read_split(s, from, node) || !push(s, order, level, &queued, seen, from, s->left) ||
            !push(s, order, level, &queued, seen, from, s->right))
            return false;
        level[queued - 1] = level[queued - 2] = level[i] + 1;
        tree->categorical |= node->kind == TREE_CATEGORICAL;
    }
    trees->nodes += queued;
    return true;
}

bool trees_add_tree(struct trees *trees, const struct document_value *document, size_t number,
                    double weight, struct error *err)
{
    struct source s = {.trees = trees,
                       .err = err,
                       .weight = weight,
                       .width = trees->rows_of_leaves ? trees->outputs : 1};
    struct tree *tree = &trees->tree[number];

    tree->root = (uint32_t)trees->nodes;
    if (!find_lists(&s, document))
        return false;
    if (trees->nodes + s.nodes > trees->node_room) {
        trees->node_room = trees->node_room + trees->node_room / 2 + s.nodes;
        trees->node = memory_resize(trees->node, trees->node_room, sizeof *trees->node);
    }
    uint32_t *order = memory_take(s.nodes, 2 * sizeof *order);
    unsigned char *seen = memory_take_zeroed(s.nodes, 1);
    const bool ok = read_sets(&s, document) && number_nodes(&s, tree, order, order + s.nodes, seen);

    free(s.set_of);
    free(seen);
    free(order);
    return ok;
}
