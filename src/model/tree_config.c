#include "model/tree_training.h"

#include "model/tree_config_words.h"

const char *const tree_boosters[] = {"gbtree", "dart", NULL};
const char *const tree_methods[] = {"auto", "exact", "approx", "hist", NULL};
const char *const tree_grow_policies[] = {"depthwise", "lossguide", NULL};
const char *const tree_sample_types[] = {"uniform", "weighted", NULL};
const char *const tree_normalize_types[] = {"tree", "forest", NULL};

#define SIZE(name, start, low, high, help)                                                         \
    CONFIG_SIZE(struct tree_config, name, start, low, high, help)
#define NUMBER(name, start, low, high, help)                                                       \
    CONFIG_NUMBER(struct tree_config, name, start, low, high, help)
#define CHOICE(name, words, help) CONFIG_CHOICE(struct tree_config, name, 0, words, help)
#define TEXT(name, start, help) CONFIG_TEXT(struct tree_config, name, start, help)

const struct config_field tree_fields[] = {
    SIZE(rounds, 100, 1, 100000, "rounds of boosting"),
    SIZE(early_stopping_rounds, 0, 0, 100000,
         "rounds without a better value on the validation part before training ends and the model "
         "is cut after its best round; 0: never"),
    TEXT(objective, "binary:logistic", "what is learned, by XGBoost's names"),
    TEXT(eval_metric, NULL, "what is measured each round; else the objective's own metric"),
    SIZE(seed, 0, 0, 2147483647, "drawing of rows and columns"),
    NUMBER(eta, 0.3, 0, 1, "step size: each tree counts this much"),
    NUMBER(gamma, 0, 0, 1e30, "smallest gain of a split"),
    SIZE(max_depth, 6, 0, 1000, "deepest tree; 0: no limit (not with tree_method exact)"),
    NUMBER(min_child_weight, 1, 0, 1e30, "smallest sum of second derivatives in a leaf"),
    NUMBER(max_delta_step, 0, 0, 1e30,
           "largest step of a leaf; 0: no limit, with count:poisson 0.7"),
    NUMBER(subsample, 1, 1e-6, 1, "share of the rows drawn for each tree"),
    NUMBER(colsample_bytree, 1, 1e-6, 1, "share of the columns drawn for each tree"),
    NUMBER(colsample_bylevel, 1, 1e-6, 1, "share of those drawn for each level"),
    NUMBER(colsample_bynode, 1, 1e-6, 1, "share of those drawn for each split"),
    NUMBER(lambda, 1, 0, 1e30, "pull of leaves towards 0, squared (L2)"),
    NUMBER(alpha, 0, 0, 1e30, "pull of leaves towards 0, absolute (L1)"),
    NUMBER(scale_pos_weight, 1, 0, 1e30, "weight of positive rows"),
    NUMBER(base_score, 0.5, 0, 0, "answer before the first tree"),
    CHOICE(tree_method, tree_methods, "how splits are searched"),
    SIZE(max_bin, 256, 2, 65536, "bins of a column, of tree_method hist and approx"),
    CHOICE(grow_policy, tree_grow_policies,
           "split the shallowest node first, or that with the largest gain"),
    SIZE(max_leaves, 0, 0, 1000000, "most leaves of a tree; 0: no limit"),
    SIZE(num_parallel_tree, 1, 1, 10000, "trees grown in each round"),
    SIZE(num_class, 0, 0, 10000, "classes, of multi:softmax and multi:softprob"),
    TEXT(monotone_constraints, NULL, "such as (1,0,-1): the direction each column may act in"),
    TEXT(interaction_constraints, NULL, "such as [[0,1],[2,3]]: columns that may meet in a branch"),
    CHOICE(booster, tree_boosters, "dart leaves trees out while it trains"),
    CHOICE(sample_type, tree_sample_types, "dart: how trees to leave out are drawn"),
    CHOICE(normalize_type, tree_normalize_types, "dart: how a new tree is weighed"),
    NUMBER(rate_drop, 0, 0, 1, "dart: share of the trees left out"),
    NUMBER(skip_drop, 0, 0, 1, "dart: share of the rounds that leave none out"),
    CONFIG_BOOL(struct tree_config, one_drop, false, "dart: leave out at least one tree"),
    NUMBER(tweedie_variance_power, 1.5, 1, 2, "of reg:tweedie, between 1 and 2"),
    NUMBER(huber_slope, 1, 1e-9, 1e30, "of reg:pseudohubererror"),
    CONFIG_END,
};
