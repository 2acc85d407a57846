/* Hand-computed stumps, what a malformed model is told, and that every path gives the same bits. */
#include "support/test.h"

#include "base/arena.h"
#include "base/rng.h"
#include "base/text.h"
#include "model/trees.h"
#include "model/trees_dense.h"
#include "nn/kernels.h"

#include <math.h>

/*
 * Feature 1 below 2.5 (or missing): 10; else feature 0 of the categories {1, 33}: 30, or not: 20.
 * Gains 8 and 2, covers 5 and 3. Node 5 was deleted by pruning.
 */
static const char stump[] =
    "{\"learner\":{\"attributes\":{\"best_iteration\":\"0\"},\"feature_names\":[\"kind\",\"x\"],"
    "\"learner_model_param\":{\"base_score\":\"5E-1\",\"num_class\":\"0\",\"num_feature\":\"2\","
    "\"num_target\":\"1\"},\"objective\":{\"name\":\"reg:squarederror\"},"
    "\"gradient_booster\":{\"name\":\"gbtree\",\"model\":{\"gbtree_model_param\":"
    "{\"num_parallel_tree\":\"1\",\"num_trees\":\"1\"},\"iteration_indptr\":[0,1],\"tree_info\":[0]"
    ","
    "\"trees\":[{\"id\":0,\"tree_param\":{\"num_deleted\":\"1\",\"size_leaf_vector\":\"1\"},"
    "\"left_children\":[1,-1,3,-1,-1,-1],\"right_children\":[2,-1,4,-1,-1,-1],"
    "\"split_indices\":[1,0,0,0,0,2147483647],\"split_conditions\":[2.5E0,1E1,NaN,2E1,3E1,0E0],"
    "\"default_left\":[1,0,0,0,0,0],\"split_type\":[0,0,1,0,0,0],\"categories\":[1,33],"
    "\"categories_nodes\":[2],\"categories_segments\":[0],\"categories_sizes\":[2],"
    "\"loss_changes\":[8,0,2,0,0,0],\"sum_hessian\":[5,2,3,1,2,0]}]}}},\"version\":[1,7,4]}";

/* The stump with the first `from` replaced; free() it. */
static char *edited(const char *from, const char *to)
{
    struct text text = {0};
    const char *at = strstr(stump, from);

    EXPECT(at);
    text_add(&text, stump, (size_t)(at - stump));
    text_add(&text, to, strlen(to));
    text_add(&text, at + strlen(from), strlen(at + strlen(from)));
    return text.bytes;
}

TEST(trees_stump_by_hand)
{
    static const struct {
        float kind, x, want;
    } rows[] = {
        {1, 2.4f, 10.5f},     {1, 2.5f, 30.5f}, {33, 3, 30.5f},  {33.9f, 3, 30.5f},
        {32, 3, 20.5f},       {65, 3, 20.5f},   {0, 3, 20.5f},   {-1, 3, 20.5f},
        {1e9f, 3, 20.5f},     {NAN, 3, 30.5f},  {1, NAN, 10.5f}, {1, -INFINITY, 10.5f},
        {1, INFINITY, 30.5f},
    };
    struct trees *trees;
    struct error err = {0};
    double score[2];
    float got;

    EXPECT_OK(trees_parse(&trees, "stump", stump, strlen(stump), &err), &err);
    EXPECT_EQ(trees_features(trees), 2);
    EXPECT_EQ(trees_outputs(trees), 1);
    EXPECT_EQ(trees_answers(trees), 1);
    EXPECT_EQ(trees_count(trees), 1);
    EXPECT_STR(trees_feature_name(trees, 0), "kind");
    EACH_ROW(rows, r) {
        const float x[] = {r->kind, r->x};

        trees_margin(trees, x, 1, &got);
        EXPECT(got == r->want);
    }
    trees_importance(trees, TREES_TOTAL_GAIN, score);
    EXPECT(score[0] == 2 && score[1] == 8);
    trees_importance(trees, TREES_COVER, score);
    EXPECT(score[0] == 3 && score[1] == 5);
    trees_importance(trees, TREES_WEIGHT, score);
    EXPECT(score[0] == 1 && score[1] == 1);
    trees_free(trees);
}

TEST(trees_a_split_may_send_no_category_right)
{
    char *model = edited("\"categories_sizes\":[2]", "\"categories_sizes\":[0]");
    const float x[] = {1, 3};
    struct trees *trees;
    struct error err = {0};
    float got;

    EXPECT_OK(trees_parse(&trees, "empty set", model, strlen(model), &err), &err);
    trees_margin(trees, x, 1, &got);
    EXPECT(got == 20.5f);
    trees_free(trees);
    free(model);
}

TEST(trees_base_scores_in_every_form)
{
    static const struct {
        const char *text, *objective;
        double want; /* margin of the leaf 10 */
    } rows[] = {
        {"\"5E-1\"", "reg:squarederror", 10.5},
        {"0.5", "reg:squarederror", 10.5},
        {"\"[5E-1]\"", "reg:squarederror", 10.5},
        {"[0.5]", "reg:squarederror", 10.5},
        {"\"-2\"", "rank:ndcg", 8},
        {"\"2.5E-1\"", "binary:logistic", 10 - 1.0986122886681098}, /* log(1/3) */
        {"\"2.5E-1\"", "binary:logitraw", 10.25},
        {"\"2E0\"", "count:poisson", 10 + 0.6931471805599453},
    };
    struct error err = {0};

    EACH_ROW(rows, r) {
        const float x[] = {1, 2};
        char *first = edited("\"5E-1\"", r->text), *at = strstr(first, "reg:squarederror");
        struct text text = {0};
        struct trees *trees;
        float got;

        text_add(&text, first, (size_t)(at - first));
        text_add_format(&text, "%s%s", r->objective, at + strlen("reg:squarederror"));
        EXPECT_OK(trees_parse(&trees, "base", text.bytes, text.length, &err), &err);
        trees_margin(trees, x, 1, &got);
        EXPECT_NEAR(got, r->want, 1e-6);
        trees_free(trees);
        text_clear(&text);
        free(first);
    }
}

TEST(trees_malformed_models_are_refused)
{
    static const struct {
        const char *from, *to, *says;
    } rows[] = {
        {"{\"learner\"", "", "neither XGBoost's JSON nor its UBJSON"},
        {"\"learner\"", "\"teacher\"", "'learner' is missing"},
        {"\"learner\":{", "\"learner\":[", "is expected"},
        {"\"version\":[1,7,4]}", "\"version\":[1,7,4]}}", "there is more after the model"},
        {"\"version\":[1,7,4]}", "\"version\":[1,7", "',' or the end of the list"},
        {"\"kind\"", "\"ki\\u0000nd\"", "not allowed"},
        {"\"kind\"", "\"ki\\xnd\"", "unknown escape"},
        {"\"kind\",\"x\"", "\"kind\"", "1 feature names for 2 features"},
        {"reg:squarederror", "reg:cubederror", "the objective 'reg:cubederror' is not known"},
        {"\"5E-1\"", "\"five\"", "the base score 'five' is not a number"},
        {"\"5E-1\"", "\"[1,2]\"", "more base scores than the 1 outputs"},
        {"\"5E-1\"", "\"[]\"", "is not a number"},
        {"\"5E-1\"", "{}", "'base_score' is not a number"},
        {"\"5E-1\"", "\"1E99\"", "does not fit the objective"},
        {"\"num_feature\":\"2\"", "\"num_feature\":\"x\"", "'num_feature' is not a number"},
        {"\"num_feature\":\"2\"", "\"num_feature\":\"1e9\"", "'num_feature' must be from 0 to"},
        {"\"num_class\":\"0\"", "\"num_class\":\"1e9\"", "'num_class' must be from 0 to"},
        {"\"gbtree\"", "\"gblinear\"", "it is a linear model (gblinear)"},
        {"\"gbtree\"", "\"forest\"", "the booster 'forest' is not known"},
        {"\"gbtree\"", "\"dart\"", "'weight_drop' is missing"},
        {"\"tree_info\":[0]", "\"tree_info\":[]", "'tree_info' does not have a number per tree"},
        {"\"tree_info\":[0]", "\"tree_info\":[1]", "tree 0: it is of output 1, there are 1"},
        {"\"size_leaf_vector\":\"1\"", "\"size_leaf_vector\":\"3\"", "tree 0: its leaves have 3"},
        {"\"left_children\"", "\"left\"", "tree 0: 'left_children' is missing"},
        {"[1,-1,3,-1,-1,-1]", "[]", "tree 0: there is no node"},
        {"[1,-1,3,-1,-1,-1]", "\"none\"", "tree 0: 'left_children' is not a list of numbers"},
        {"[2,-1,4,-1,-1,-1]", "[2,-1,4]", "tree 0: 'right_children' has 3 entries, not 6"},
        {"[1,-1,3,-1,-1,-1]", "[1,-1,9,-1,-1,-1]", "tree 0: node 2: its child 9 is not a node"},
        {"[1,-1,3,-1,-1,-1]", "[1,-1,-2,-1,-1,-1]", "tree 0: node 2: its child -2 is not a node"},
        {"[1,-1,3,-1,-1,-1]", "[1,-1,3.5,-1,-1,-1]", "node 2: its child 4 is not a node"},
        {"[1,-1,3,-1,-1,-1]", "[1,-1,NaN,-1,-1,-1]", "node 2: its child nan is not a node"},
        {"[1,-1,3,-1,-1,-1]", "[1,-1,0,-1,-1,-1]", "tree 0: node 2: its child 0 is reached twice"},
        {"[1,-1,3,-1,-1,-1]", "[1,-1,2,-1,-1,-1]", "tree 0: node 2: its child 2 is reached twice"},
        {"[2,-1,4,-1,-1,-1]", "[1,-1,4,-1,-1,-1]", "tree 0: node 0: its child 1 is reached twice"},
        {"[1,0,0,0,0,2147483647]", "[2,0,0,0,0,0]",
         "tree 0: node 0: 2 is not a feature, there are"},
        {"[1,0,0,0,0,2147483647]", "[-1,0,0,0,0,0]", "tree 0: node 0: -1 is not a feature"},
        {"[2.5E0,", "[NaN,", "tree 0: node 0: its threshold is not a finite number"},
        {"[2.5E0,", "[1E300,", "tree 0: node 0: its threshold is not a finite number"},
        {"2.5E0,1E1,", "2.5E0,Infinity,", "tree 0: node 1: its leaf is not a finite number"},
        {"[0,0,1,0,0,0]", "[0,0,2,0,0,0]", "tree 0: node 2: its 'split_type' is neither 0 nor 1"},
        {"[0,0,1,0,0,0]", "[0,0,1]", "tree 0: 'split_type' has 3 entries, not 6"},
        {"[0,0,1,0,0,0]", "[1,0,1,0,0,0]", "tree 0: node 0: its categories are missing"},
        {"\"categories_nodes\":[2]", "\"categories_nodes\":[6]", "is not a node of its own"},
        {"\"categories_nodes\":[2]", "\"categories_nodes\":[]", "has 1 entries, not 0"},
        {"\"categories_segments\":[0]", "\"categories_segments\":[1]", "not within 'categories'"},
        {"\"categories_sizes\":[2]", "\"categories_sizes\":[-1]", "not within 'categories'"},
        {"\"categories\":[1,33]", "\"categories\":[1,-3]", "tree 0: node 2: -3 is not a category"},
        {"\"categories\":[1,33]", "\"categories\":[1,2E9]", "node 2: 2e+09 is not a category"},
        {"\"loss_changes\":[8,", "\"loss_changes\":[", "tree 0: 'loss_changes' has 5 entries"},
        {"\"trees\":[{", "\"trees\":[[[[", "is expected"},
    };

    EACH_ROW(rows, r) {
        char *text = edited(r->from, r->to);
        struct trees *trees;
        struct error err = {0};

        EXPECT_ERROR(trees_parse(&trees, "bad.json", text, strlen(text), &err), &err, ERR_DATA,
                     r->says);
        EXPECT_HAS(err.text, "model 'bad.json': ");
        free(text);
    }
}

/* Cut anywhere, a model is refused or, where only the last brace's line break is lost, read. */
TEST(trees_cut_models_are_refused)
{
    const size_t size = strlen(stump);

    for (size_t cut = 0; cut < size; cut++) {
        char *part = memory_take(cut, 1);
        struct trees *trees;
        struct error err = {0};

        memcpy(part, stump, cut);
        EXPECT(!trees_parse(&trees, "cut", part, cut, &err));
        EXPECT(err.code == ERR_DATA);
        free(part);
    }
}

TEST(trees_ubjson_is_bounded)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *says;
    } rows[] = {
        {"{", 1, "the file ends in the middle"},
        {"{L\0\0\0\0\0\0\0\007lea", 13, "a length of 7 is more than the rest of the file"},
        {"{L\377\377\377\377\377\377\377\377", 10, "a length of -1 is more than the rest"},
        {"{i\001a[$d#L\0\0\0\1\0\0\0\0", 17, "a length of 4294967296 is more than the rest"},
        {"{i\001a[$Z#i\001}", 10, "a typed list is not of counted numbers"},
        {"{i\001a[$d@i\001}", 10, "a typed list is not of counted numbers"},
        {"{i\001a[#i\005Z}", 9, "a length of 5 is more than the rest"},
        {"{i\001a[#Zi", 8, "a length is expected"},
        {"{i\001a?}", 6, "0x3f is not a type of value"},
        {"{i\003a\0bZ}", 8, "a text holds a zero byte"},
        {"{i\001aZ}x", 7, "there is more after the model"},
        {"{i\001aZ}", 6, "'learner' is missing"},
        {"{i\001a[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 76,
         "nested more than 64 deep"},
    };

    EACH_ROW(rows, r) {
        char *copy = memory_take(r->size, 1); /* so that a sanitizer sees a read beyond the end */
        struct trees *trees;
        struct error err = {0};

        memcpy(copy, r->bytes, r->size);
        EXPECT_ERROR(trees_parse(&trees, "bad.ubj", copy, r->size, &err), &err, ERR_DATA, r->says);
        free(copy);
    }
}

enum { FEATURES = 9, DEEPEST = 9 };

/* Node `i` of a random tree, and those below it, into five growing lists. */
static void add_node(struct text *list, struct rng *rng, size_t *nodes, size_t depth)
{
    const bool leaf = depth == 0 || rng_uniform(rng) < 0.1;
    const size_t left = *nodes + 1;

    *nodes += leaf ? 0 : 2;
    text_add_format(&list[0], "%d,", leaf ? -1 : (int)left);
    text_add_format(&list[1], "%d,", leaf ? -1 : (int)left + 1);
    text_add_format(&list[2], "%d,", (int)rng_below(rng, FEATURES));
    text_add_format(&list[3], "%.9g,", rng_normal(rng) * (leaf ? 0.1 : 1));
    text_add_format(&list[4], "%d,", (int)rng_below(rng, 2));
}

/* Breadth-first, so that a node's children are the next two numbers not yet given. */
static void add_tree(struct text *out, struct rng *rng, size_t depth)
{
    static const char *const keys[] = {"left_children", "right_children", "split_indices",
                                       "split_conditions", "default_left"};
    struct text list[5] = {0};
    size_t nodes = 0, level[2 << DEEPEST] = {depth};

    for (size_t i = 0; i <= nodes; i++) {
        const size_t before = nodes;

        add_node(list, rng, &nodes, level[i]);
        if (nodes > before)
            level[nodes] = level[nodes - 1] = level[i] - 1;
    }
    text_add(out, "{\"tree_param\":{}", 16);
    for (size_t k = 0; k < 5; k++) {
        list[k].bytes[list[k].length - 1] = '\0'; /* the last comma */
        text_add_format(out, ",\"%s\":[%s]", keys[k], list[k].bytes);
        text_clear(&list[k]);
    }
    text_add(out, "},", 2);
}

static struct trees *random_trees(struct rng *rng, size_t count, size_t depth, size_t outputs)
{
    struct text text = {0};
    struct trees *trees;
    struct error err = {0};

    text_add_format(&text,
                    "{\"learner\":{\"learner_model_param\":{\"base_score\":\"3E-1\",\"num_class\":"
                    "\"%zu\",\"num_feature\":\"%d\"},\"objective\":{\"name\":\"multi:softprob\"},"
                    "\"gradient_booster\":{\"name\":\"gbtree\",\"model\":{\"tree_info\":[0",
                    outputs, FEATURES);
    for (size_t i = 1; i < count; i++)
        text_add_format(&text, ",%zu", i % outputs);
    text_add(&text, "],\"trees\":[", 11);
    for (size_t i = 0; i < count; i++)
        add_tree(&text, rng, i % 3 ? depth : depth / 2 + 1);
    text.bytes[text.length - 1] = ']';
    text_add(&text, "}}}}", 4);
    EXPECT_OK(trees_parse(&trees, "random", text.bytes, text.length, &err), &err);
    text_clear(&text);
    return trees;
}

static float random_cell(struct rng *rng)
{
    const double kind = rng_uniform(rng);

    if (kind < 0.1)
        return NAN;
    if (kind < 0.12)
        return kind < 0.11 ? INFINITY : -INFINITY;
    return (float)rng_normal(rng);
}

TEST(trees_give_the_same_bits_on_every_path)
{
    static const struct {
        size_t count, depth, outputs, rows;
        bool dense;
    } rows[] = {
        {1, 1, 1, 70, true},   {7, 2, 1, 64, true},   {9, 3, 1, 65, true},
        {20, 4, 2, 100, true}, {33, 5, 1, 200, true}, {16, 6, 3, 90, true},
        {11, 7, 1, 80, true},  {10, 8, 2, 80, true},  {5, 9, 1, 60, false},
    };
    struct rng rng = rng_new(3, 0);

    EACH_ROW(rows, r) {
        struct trees *trees = random_trees(&rng, r->count, r->depth, r->outputs);
        const size_t numbers = r->rows * r->outputs;
        float *x = memory_take(r->rows * FEATURES, sizeof *x);
        float *want = memory_take(numbers, sizeof *want), *got = memory_take(numbers, sizeof *got);

        EXPECT_EQ(trees->dense != NULL, r->dense);
        for (size_t i = 0; i < r->rows * FEATURES; i++)
            x[i] = random_cell(&rng);
        trees_sparse_margin(trees, x, r->rows, want);
        trees_margin(trees, x, r->rows, got);
        EXPECT(memcmp(got, want, numbers * sizeof *got) == 0);
        for (size_t k = 0; trees->dense && k < KERNELS_COUNT; k++)
            for (size_t block = 1; trees_kernels_at(k) && block <= r->rows;
                 block += 1 + block / 3) {
                for (size_t i = 0; i < r->rows; i += block)
                    trees_dense_margin(trees, trees_kernels_at(k), x + i * FEATURES,
                                       r->rows - i < block ? r->rows - i : block,
                                       got + i * r->outputs);
                EXPECT(memcmp(got, want, numbers * sizeof *got) == 0);
            }
        free(x);
        free(want);
        free(got);
        trees_free(trees);
    }
}
