#include "model/temporal_attention_internal.h"

#include <stdlib.h>
#include <string.h>

static const char *const aggregations[] = {"mlp", "fm", NULL};

#define SIZE(member, default_, min_, max_, help_)                                                  \
    CONFIG_SIZE(struct temporal_attention_config, member, default_, min_, max_, help_)
#define BOOL(member, default_, help_)                                                              \
    CONFIG_BOOL(struct temporal_attention_config, member, default_, help_)

const struct config_field temporal_attention_fields[] = {
    SIZE(dim_embedding_table, 64, 1, TEMPORAL_ATTENTION_WIDTH_MAX,
         "numbers that stand for a feature; an order is twice as wide"),
    SIZE(dim_attn_feedforward, 256, 1, TEMPORAL_ATTENTION_WIDTH_MAX,
         "hidden width of the attention layers and of each expert"),
    SIZE(num_heads, 1, 1, TEMPORAL_ATTENTION_HEADS_MAX,
         "attention heads, a divisor of dim_embedding_table"),
    SIZE(n_layers_order, 6, 1, TEMPORAL_ATTENTION_LAYERS_MAX, "attention layers over orders"),
    SIZE(n_layers_feature, 4, 1, TEMPORAL_ATTENTION_LAYERS_MAX,
         "attention layers over the features of the current order"),
    CONFIG_NUMBER(struct temporal_attention_config, dropout, 0.1, 0, 0.95,
                  "share of the numbers left out while training"),
    BOOL(use_mlp, false, "two more linear layers over the numeric features; of one sequence"),
    BOOL(emb_tbl_use_bias, true, "a learned bias for every feature"),
    BOOL(use_moe, false, "a mixture of experts in place of the feed-forward of each layer"),
    SIZE(num_experts, 5, 1, TEMPORAL_ATTENTION_EXPERTS_MAX, "experts, with use_moe at least 2"),
    BOOL(use_time_seq, true, "attention fades with the time between orders"),
    BOOL(return_seq, false, "compute the last layer for every order, so that it can be read"),
    CONFIG_CHOICE(struct temporal_attention_config, aggregation, TEMPORAL_ATTENTION_MLP,
                  aggregations,
                  "how the features of an order become one vector: an encoder (mlp) or a "
                  "factorisation machine (fm)"),
    CONFIG_END,
};

const struct config_field temporal_attention_data_fields[] = {
    SIZE(n_cat_features, 1, 1, TEMPORAL_ATTENTION_FEATURES_MAX, "categorical features of an order"),
    SIZE(n_num_features, 1, 1, TEMPORAL_ATTENTION_FEATURES_MAX, "numeric features of an order"),
    SIZE(n_classes, 2, 2, TEMPORAL_ATTENTION_CLASSES_MAX, "classes"),
    SIZE(n_embedding, 1, 1, TEMPORAL_ATTENTION_TABLE_MAX,
         "rows of the embedding table, without the two reserved ones"),
    SIZE(seq_len, 51, 1, TEMPORAL_ATTENTION_STEPS_MAX, "orders of a history, the current one too"),
    SIZE(n_engineered_num_features, 1, 1, TEMPORAL_ATTENTION_FEATURES_MAX,
         "engineered features of the current order"),
    BOOL(two_sequences, false, "two histories of every order"),
    CONFIG_END,
};

size_t temporal_attention_ensemble_width(const struct temporal_attention_config *config)
{
    return config->dim_embedding_table * (config->use_mlp ? 4 : 3);
}

/* Numbers of the weights and of a run, roughly: in double, so that nothing overflows. */
static double weights_size(const struct temporal_attention_config *c)
{
    const double E = (double)c->dim_embedding_table, hidden = (double)c->dim_attn_feedforward;
    const double copies = c->use_moe ? (double)c->num_experts : 1;
    const double sequences = c->two_sequences ? 2 : 1;
    const double order = 16 * E * E + copies * 4 * E * hidden;
    const double feature = 4 * E * E + copies * 2 * E * hidden;

    return ((double)c->n_embedding + 2) * (E + (c->two_sequences ? 16 : 0)) +
           (double)(c->n_engineered_num_features + 1) * E +
           sequences * order * (double)c->n_layers_order + feature * (double)c->n_layers_feature +
           sequences * (double)(c->n_cat_features * c->n_cat_features) +
           sequences * (double)(c->n_num_features * c->n_num_features);
}

static double run_size(const struct temporal_attention_config *c)
{
    const double E = (double)c->dim_embedding_table, hidden = (double)c->dim_attn_feedforward;
    const double heads = (double)c->num_heads, steps = (double)c->seq_len + 17;
    const double tokens =
        17 + (double)(c->n_cat_features + c->n_num_features) + (double)c->n_engineered_num_features;
    const double copies = c->use_moe ? 3 : 1;

    return 2 * (double)c->n_layers_order * (steps * steps * heads + steps * copies * 24 * E) +
           2 * (double)c->n_layers_order * steps * copies * hidden +
           (double)c->n_layers_feature *
               (tokens * tokens * heads + tokens * copies * (12 * E + hidden)) +
           steps * 2 * (double)(c->n_cat_features + c->n_num_features) * (E + 16);
}

bool temporal_attention_check(const struct temporal_attention_config *config, struct error *err)
{
    if (config->dim_embedding_table % config->num_heads != 0)
        return error_set(err, ERR_CONFIG,
                         "temporal_attention: dim_embedding_table %zu is not a multiple of "
                         "num_heads %zu",
                         config->dim_embedding_table, config->num_heads);
    if (config->use_moe && config->num_experts < 2)
        return error_set(err, ERR_CONFIG,
                         "temporal_attention: use_moe needs at least 2 num_experts");
    if (config->use_mlp && config->two_sequences)
        return error_set(err, ERR_CONFIG,
                         "temporal_attention: use_mlp is of the model of one sequence");
    if (config->n_embedding < config->n_num_features)
        return error_set(err, ERR_CONFIG,
                         "temporal_attention: n_embedding %zu has no row for each of %zu numeric "
                         "features",
                         config->n_embedding, config->n_num_features);
    if (weights_size(config) > (double)TEMPORAL_ATTENTION_NUMBERS_MAX)
        return error_set(err, ERR_LIMIT, "temporal_attention: weights above %zu numbers",
                         TEMPORAL_ATTENTION_NUMBERS_MAX);
    if (run_size(config) > (double)TEMPORAL_ATTENTION_RUN_MAX)
        return error_set(err, ERR_LIMIT, "temporal_attention: a row takes above %zu numbers",
                         TEMPORAL_ATTENTION_RUN_MAX);
    return true;
}

struct temporal_attention *temporal_attention_plan(const struct temporal_attention_config *config)
{
    struct temporal_attention *model = memory_take_zeroed(1, sizeof *model);

    model->arena.large_pages = true;
    model->config = *config;
    model->rows = temporal_attention_net_rows(config, false);
    temporal_attention_net_init(&model->net, config, model->rows, NULL);
    return model;
}

void temporal_attention_take(struct temporal_attention *model)
{
    const struct graph *graph = model->net.graph;

    model->parameters = ARENA_ZERO(&model->arena, real, graph_parameters_size(graph));
    model->packed = ARENA_ZERO(&model->arena, real, graph_packed_size(graph));
}

void temporal_attention_seal(struct temporal_attention *model)
{
    graph_pack(model->net.graph, model->parameters, model->packed);
}

struct temporal_attention *temporal_attention_new(const struct temporal_attention_config *config,
                                                  uint64_t seed)
{
    struct temporal_attention *model = temporal_attention_plan(config);

    temporal_attention_take(model);
    temporal_attention_net_start(&model->net, seed, model->parameters);
    temporal_attention_seal(model);
    return model;
}

void temporal_attention_free(struct temporal_attention *model)
{
    if (!model)
        return;
    temporal_attention_net_clear(&model->net);
    arena_clear(&model->arena);
    free(model);
}

const struct temporal_attention_config *
temporal_attention_settings(const struct temporal_attention *model)
{
    return &model->config;
}

void temporal_attention_set_weights(struct temporal_attention *model, const float *weights)
{
    const size_t size = graph_parameters_size(model->net.graph);

    for (size_t i = 0; i < size; i++)
        model->parameters[i] = (real)weights[i];
    temporal_attention_seal(model);
}
