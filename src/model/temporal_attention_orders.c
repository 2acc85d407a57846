/* Order attention and feature attention: what stands below and around the layers. */
#include "model/temporal_attention_layers.h"

#include <math.h>
#include <stdio.h>

enum { ENCODER_LAYERS = 6 };

/* The first row of the table that belongs to a number. */
static size_t first_number(const struct temporal_layers *l)
{
    return l->config->n_embedding - l->config->n_num_features + 1;
}

/*
 * FeatureAggregation: layers of f, f/2, f/4, f/8, f/16, f/32 inputs and 1 output. With fewer than
 * 32 features the reference's last layers would have no inputs; here they have one.
 */
static void encoder_weights(struct temporal_layers *l, const char *module, size_t features,
                            size_t weights[2 * ENCODER_LAYERS])
{
    size_t in = features;

    for (size_t i = 0; i < ENCODER_LAYERS; i++) {
        const size_t halved = features >> (i + 1);
        const size_t out = i + 1 < ENCODER_LAYERS && halved ? halved : 1;
        const double bound = 1 / sqrt((double)in);
        const struct temporal_attention_piece piece = {.dims = 2,
                                                       .shape = {out, in},
                                                       .start = TEMPORAL_START_UNIFORM,
                                                       .low = -bound,
                                                       .high = bound};
        struct temporal_attention_piece bias = piece;
        bias.dims = 1;
        weights[2 * i] = temporal_weight(
            l, temporal_named(temporal_name_of("%s.encoder.%zu.weight", module, 2 * i), piece));
        weights[2 * i + 1] = temporal_weight(
            l, temporal_named(temporal_name_of("%s.encoder.%zu.bias", module, 2 * i), bias));
        in = out;
    }
}

/* The features of one kind to a vector an order: of categories, or of numbers. */
static size_t aggregate(struct temporal_layers *l, const struct temporal_order_attention *order,
                        bool numbers)
{
    const struct temporal_attention_config *c = l->config;
    struct graph_node given = {
        .op =
            c->aggregation == TEMPORAL_ATTENTION_FM ? &op_factor_machine : &op_feature_aggregation,
        .in = {numbers ? GRAPH_NONE : order->inputs->categorical, order->table,
               numbers ? order->inputs->numeric : GRAPH_NONE},
        .settings.order_features.first_row = first_number(l),
    };

    if (c->aggregation != TEMPORAL_ATTENTION_FM) {
        const struct temporal_name module =
            temporal_name_of("%s.feature_aggregation_%s", order->module, numbers ? "num" : "cat");
        encoder_weights(l, module.text, numbers ? c->n_num_features : c->n_cat_features,
                        given.in + 3);
    }
    return temporal_node(l, given);
}

/* The bias by feature of a table; it takes no part in order attention, but files hold it. */
static size_t table_bias(struct temporal_layers *l, struct temporal_name name, size_t rows,
                         size_t columns, bool unused)
{
    if (!l->config->emb_tbl_use_bias)
        return GRAPH_NONE;
    return temporal_weight(
        l, temporal_named(name, (struct temporal_attention_piece){.dims = 2,
                                                                  .shape = {rows, columns},
                                                                  .start = TEMPORAL_START_NORMAL,
                                                                  .unused = unused}));
}

/* Orders as steps: aggregated features side by side, normalised, the learned step behind them. */
static size_t order_steps(struct temporal_layers *l, const struct temporal_order_attention *order)
{
    const struct temporal_attention_config *c = l->config;
    const size_t width = 2 * order->embedding;
    const struct temporal_name feature_norm =
        temporal_name_of("%s.layer_norm_feature", order->module);
    const struct temporal_name norm = temporal_name_of("%s.layer_norm", order->module);
    const size_t dummy = temporal_weight(
        l, temporal_named(temporal_name_of("%s.dummy_order", order->module),
                          (struct temporal_attention_piece){.dims = 2,
                                                            .shape = {1, width},
                                                            .flat = true,
                                                            .start = TEMPORAL_START_UNIFORM,
                                                            .high = 1}));

    table_bias(l, temporal_name_of("%s.emb_tbl_bias", order->module),
               c->n_cat_features + c->n_num_features, order->embedding, true);
    const size_t categories = aggregate(l, order, false), numbers = aggregate(l, order, true);
    const size_t x =
        temporal_norm(l, feature_norm.text, width,
                      temporal_concatenate(l, categories, numbers, GRAPH_NONE), GRAPH_NONE);
    const size_t appended =
        temporal_node(l, (struct graph_node){.op = &op_append_step, .in = {x, dummy}});
    return temporal_norm(l, norm.text, width, appended, GRAPH_NONE);
}

struct temporal_order_result temporal_order_attention(struct temporal_layers *l,
                                                      const struct temporal_order_attention *order)
{
    struct temporal_order_result result = {0};
    size_t x = order_steps(l, order);

    for (size_t i = 0; i < order->layers; i++) {
        const bool final = i + 1 == order->layers;
        struct temporal_layer layer = {
            .module = temporal_name_of("%s.layer_stack.%zu", order->module, i),
            .width = 2 * order->embedding,
            .hidden = order->hidden,
            .heads = order->heads,
            .experts = order->experts,
            .time = order->time ? order->inputs->time : GRAPH_NONE,
            .final = final,
            .last = final && !order->all_steps,
        };
        x = temporal_post_norm(l, &layer, x);
        result.attention = layer.attention;
    }
    result.steps = order->all_steps ? x : GRAPH_NONE;
    result.last = order->all_steps ? temporal_last_step(l, x) : x;
    return result;
}

static size_t feature_tokens(struct temporal_layers *l, size_t table)
{
    const struct temporal_attention_config *c = l->config;
    const struct temporal_attention_net *net = l->net;
    const size_t columns = c->dim_embedding_table, engineered = c->n_engineered_num_features;
    const size_t table2 = temporal_table(l, "embedding_engineered.weight", engineered + 1, columns);
    const size_t bias = table_bias(l, temporal_name_of("feature_attention.emb_tbl_bias"),
                                   c->n_cat_features + c->n_num_features, columns, false);
    const size_t bias2 =
        table_bias(l, temporal_name_of("feature_attention.engineered_emb_tbl_bias"), engineered,
                   columns, false);

    temporal_alias(l, "feature_attention.embedding_engineered.weight",
                   "embedding_engineered.weight");
    return temporal_node(l,
                         (struct graph_node){
                             .op = &op_feature_tokens,
                             .in = {net->sequence[0].categorical, table, net->sequence[0].numeric,
                                    bias, net->engineered, table2, bias2},
                             .settings.order_features.first_row = first_number(l),
                         });
}

size_t temporal_feature_attention(struct temporal_layers *l, size_t table)
{
    const struct temporal_attention_config *c = l->config;
    const size_t columns = c->dim_embedding_table;
    size_t x = temporal_norm(l, "feature_attention.layer_norm_engineered", columns,
                             feature_tokens(l, table), GRAPH_NONE);

    for (size_t i = 0; i < c->n_layers_feature; i++) {
        struct temporal_layer layer = {
            .module = temporal_name_of("feature_attention.layer_stack_feature.%zu", i),
            .width = columns,
            .hidden = c->dim_attn_feedforward,
            .heads = c->num_heads,
            .experts = c->use_moe ? c->num_experts : 0,
            .last = i + 1 == c->n_layers_feature,
            .untold = true,
        };
        x = temporal_pre_norm(l, &layer, x);
    }
    return x;
}
