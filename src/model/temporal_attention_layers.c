#include "model/temporal_attention_layers.h"

#include "base/error.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* The package's: of its even share of a row's tokens an expert takes a quarter more. */
static const double expert_capacity = 1.25, expert_threshold = 0.2;

enum { ENCODER_LAYERS = 6 };

struct name {
    char text[GRAPH_NAME_MAX];
};

__attribute__((format(printf, 1, 2))) static struct name name_of(const char *format, ...)
{
    struct name name;
    va_list list;

    va_start(list, format);
    const int length = vsnprintf(name.text, sizeof name.text, format, list);
    va_end(list);
    BUG_ON(length < 0 || (size_t)length >= sizeof name.text);
    return name;
}

static struct temporal_attention_piece piece_of(struct name name,
                                                struct temporal_attention_piece piece)
{
    snprintf(piece.tensor, sizeof piece.tensor, "%s", name.text);
    return piece;
}

static size_t node(struct temporal_layers *l, struct graph_node given)
{
    return graph_add(l->g, given);
}

size_t temporal_dropout(struct temporal_layers *l, size_t x)
{
    if (!(l->config->dropout > 0))
        return x;
    return node(l, (struct graph_node){
                       .op = &op_dropout,
                       .in = {x},
                       .settings.dropout = {.rate = l->config->dropout, .stream = ++l->streams},
                   });
}

/* Rows first .. first+rows-1 of a weight [total, in] and bias [total], as a linear layer. */
struct part {
    struct name weight, bias;
    size_t in, total, first, rows;
    double weight_bound, bias_bound;
    bool rectify;
};

static size_t linear_part(struct temporal_layers *l, size_t x, const struct part *part)
{
    const size_t weight = temporal_weight(
        l,
        piece_of(part->weight, (struct temporal_attention_piece){.dims = 2,
                                                                 .shape = {part->total, part->in},
                                                                 .first = part->first,
                                                                 .rows = part->rows,
                                                                 .transposed = true,
                                                                 .start = TEMPORAL_START_UNIFORM,
                                                                 .low = -part->weight_bound,
                                                                 .high = part->weight_bound}));
    const size_t bias = temporal_weight(
        l, piece_of(part->bias, (struct temporal_attention_piece){.dims = 1,
                                                                  .shape = {part->total},
                                                                  .first = part->first,
                                                                  .rows = part->rows,
                                                                  .start = TEMPORAL_START_UNIFORM,
                                                                  .low = -part->bias_bound,
                                                                  .high = part->bias_bound}));
    return node(l, (struct graph_node){.op = &op_dense,
                                       .in = {x, weight, bias},
                                       .settings.dense.rectify = part->rectify});
}

size_t temporal_linear(struct temporal_layers *l, size_t x, struct temporal_linear linear)
{
    const double bound = 1 / sqrt((double)linear.in);

    return linear_part(l, x,
                       &(struct part){.weight = name_of("%s.weight", linear.module),
                                      .bias = name_of("%s.bias", linear.module),
                                      .in = linear.in,
                                      .total = linear.out,
                                      .rows = linear.out,
                                      .weight_bound = bound,
                                      .bias_bound = bound,
                                      .rectify = linear.rectify});
}

size_t temporal_norm(struct temporal_layers *l, const char *module, size_t width, size_t x,
                     size_t residual)
{
    const size_t gain =
        temporal_weight(l, piece_of(name_of("%s.weight", module),
                                    (struct temporal_attention_piece){
                                        .dims = 1, .shape = {width}, .start = TEMPORAL_START_ONE}));
    const size_t bias = temporal_weight(
        l, piece_of(name_of("%s.bias", module),
                    (struct temporal_attention_piece){.dims = 1, .shape = {width}}));

    return node(l, (struct graph_node){.op = &op_layer_norm, .in = {x, gain, bias, residual}});
}

size_t temporal_concatenate(struct temporal_layers *l, size_t a, size_t b, size_t c)
{
    return node(l, (struct graph_node){.op = &op_concatenate, .in = {a, b, c}});
}

static size_t last_step(struct temporal_layers *l, size_t x)
{
    return node(l, (struct graph_node){.op = &op_last_step, .in = {x}});
}

/* One attention layer; what it shares with the others of its stack. */
struct layer {
    struct name module;
    size_t width, hidden, heads, experts;
    size_t time;
    bool final; /* of its stack */
    bool last;  /* only the last step is wanted */
    struct temporal_attention_last attention;
};

/* Rows first .. first+rows-1 of the projection into attention. */
static size_t projection(struct temporal_layers *l, const struct layer *layer, size_t x,
                         size_t first, size_t rows)
{
    const size_t d = layer->width;

    return linear_part(l, x,
                       &(struct part){
                           .weight = name_of("%s.multi_attn.in_proj_weight", layer->module.text),
                           .bias = name_of("%s.multi_attn.in_proj_bias", layer->module.text),
                           .in = d,
                           .total = 3 * d,
                           .first = first,
                           .rows = rows,
                           .weight_bound = sqrt(6 / (4 * (double)d)), /* Xavier of [3d, d] */
                       });
}

static size_t attention(struct temporal_layers *l, struct layer *layer, size_t x)
{
    const size_t d = layer->width;
    size_t from = GRAPH_NONE, query = GRAPH_NONE;

    if (layer->last) {
        from = projection(l, layer, x, d, 2 * d);
        query = projection(l, layer, last_step(l, x), 0, d);
        layer->attention = (struct temporal_attention_last){query, from, d, 2 * d, 0, layer->time};
    } else {
        from = projection(l, layer, x, 0, 3 * d);
        if (layer->final)
            layer->attention = (struct temporal_attention_last){
                last_step(l, from), from, 3 * d, 3 * d, d, layer->time};
    }
    const size_t y = node(l, (struct graph_node){.op = &op_temporal_attention,
                                                 .in = {from, query, layer->time},
                                                 .settings.attention.heads = layer->heads});
    return linear_part(l, y,
                       &(struct part){
                           .weight = name_of("%s.multi_attn.out_proj.weight", layer->module.text),
                           .bias = name_of("%s.multi_attn.out_proj.bias", layer->module.text),
                           .in = d,
                           .total = d,
                           .rows = d,
                           .weight_bound = 1 / sqrt((double)d),
                       });
}

/* Weights of all experts, [experts, in, out]. */
static size_t expert_weight(struct temporal_layers *l, const struct layer *layer, const char *name,
                            size_t in, size_t out)
{
    const double bound = 1 / sqrt((double)out); /* the package's, by the last dimension */

    return temporal_weight(l,
                           piece_of(name_of("%s.feedforward.experts.%s", layer->module.text, name),
                                    (struct temporal_attention_piece){
                                        .dims = 3,
                                        .shape = {layer->experts, in, out},
                                        .start = TEMPORAL_START_UNIFORM,
                                        .low = -bound,
                                        .high = bound,
                                    }));
}

static size_t experts(struct temporal_layers *l, const struct layer *layer, size_t x)
{
    const size_t gating = temporal_weight(
        l, piece_of(name_of("%s.feedforward.gate.w_gating", layer->module.text),
                    (struct temporal_attention_piece){.dims = 2,
                                                      .shape = {layer->width, layer->experts},
                                                      .start = TEMPORAL_START_NORMAL}));
    const size_t logit = node(l, (struct graph_node){.op = &op_dense, .in = {x, gating}});
    const size_t likely = node(l, (struct graph_node){.op = &op_softmax, .in = {logit}});
    const size_t w1 = expert_weight(l, layer, "w1", layer->width, layer->hidden);
    const size_t w2 = expert_weight(l, layer, "w2", layer->hidden, layer->width);

    /* A row has one token in a last layer: there is no use to balance. */
    if (!layer->last) {
        BUG_ON(l->balanced == TEMPORAL_BALANCED_MAX);
        l->likely[l->balanced++] = likely;
    }
    return node(l, (struct graph_node){.op = &op_experts,
                                       .in = {x, likely, w1, w2},
                                       .settings.experts = {.capacity = expert_capacity,
                                                            .threshold = expert_threshold,
                                                            .stream = ++l->streams}});
}

static size_t feedforward(struct temporal_layers *l, const struct layer *layer, size_t x)
{
    if (layer->experts)
        return temporal_dropout(l, experts(l, layer, x));
    const struct name first = name_of("%s.feedforward.0", layer->module.text);
    const struct name second = name_of("%s.feedforward.3", layer->module.text);
    const size_t hidden = temporal_linear(
        l, x, (struct temporal_linear){first.text, layer->width, layer->hidden, true});
    return temporal_dropout(l, temporal_linear(l, temporal_dropout(l, hidden),
                                               (struct temporal_linear){second.text, layer->hidden,
                                                                        layer->width, false}));
}

static size_t layer_norm(struct temporal_layers *l, const struct layer *layer, int which, size_t x,
                         size_t residual)
{
    const struct name module = name_of("%s.layer_norm%d", layer->module.text, which);

    return temporal_norm(l, module.text, layer->width, x, residual);
}

/* AttentionLayer: x = norm1(x + attention(x)), norm2(x + feedforward(x)) */
static size_t post_norm(struct temporal_layers *l, struct layer *layer, size_t x)
{
    const size_t a = temporal_dropout(l, attention(l, layer, x));
    const size_t y = layer_norm(l, layer, 1, a, layer->last ? last_step(l, x) : x);

    return layer_norm(l, layer, 2, feedforward(l, layer, y), y);
}

/* AttentionLayerPreNorm: x = x + attention(norm1(x)), x + feedforward(norm2(x)) */
static size_t pre_norm(struct temporal_layers *l, struct layer *layer, size_t x)
{
    const size_t a =
        temporal_dropout(l, attention(l, layer, layer_norm(l, layer, 1, x, GRAPH_NONE)));
    const size_t y =
        node(l, (struct graph_node){.op = &op_add, .in = {layer->last ? last_step(l, x) : x, a}});
    const size_t f = feedforward(l, layer, layer_norm(l, layer, 2, y, GRAPH_NONE));

    return node(l, (struct graph_node){.op = &op_add, .in = {y, f}});
}

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
        weights[2 * i] =
            temporal_weight(l, piece_of(name_of("%s.encoder.%zu.weight", module, 2 * i), piece));
        weights[2 * i + 1] =
            temporal_weight(l, piece_of(name_of("%s.encoder.%zu.bias", module, 2 * i), bias));
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
        const struct name module =
            name_of("%s.feature_aggregation_%s", order->module, numbers ? "num" : "cat");
        encoder_weights(l, module.text, numbers ? c->n_num_features : c->n_cat_features,
                        given.in + 3);
    }
    return node(l, given);
}

/* The bias by feature of a table; it takes no part in order attention, but files hold it. */
static size_t table_bias(struct temporal_layers *l, struct name name, size_t rows, size_t columns,
                         bool unused)
{
    if (!l->config->emb_tbl_use_bias)
        return GRAPH_NONE;
    return temporal_weight(
        l, piece_of(name, (struct temporal_attention_piece){.dims = 2,
                                                            .shape = {rows, columns},
                                                            .start = TEMPORAL_START_NORMAL,
                                                            .unused = unused}));
}

/* Orders as steps: aggregated features side by side, normalised, the learned step behind them. */
static size_t order_steps(struct temporal_layers *l, const struct temporal_order_attention *order)
{
    const struct temporal_attention_config *c = l->config;
    const size_t width = 2 * order->embedding;
    const struct name feature_norm = name_of("%s.layer_norm_feature", order->module);
    const struct name norm = name_of("%s.layer_norm", order->module);
    const size_t dummy = temporal_weight(
        l, piece_of(name_of("%s.dummy_order", order->module),
                    (struct temporal_attention_piece){.dims = 2,
                                                      .shape = {1, width},
                                                      .flat = true,
                                                      .start = TEMPORAL_START_UNIFORM,
                                                      .high = 1}));

    table_bias(l, name_of("%s.emb_tbl_bias", order->module), c->n_cat_features + c->n_num_features,
               order->embedding, true);
    const size_t categories = aggregate(l, order, false), numbers = aggregate(l, order, true);
    const size_t x =
        temporal_norm(l, feature_norm.text, width,
                      temporal_concatenate(l, categories, numbers, GRAPH_NONE), GRAPH_NONE);
    const size_t appended = node(l, (struct graph_node){.op = &op_append_step, .in = {x, dummy}});
    return temporal_norm(l, norm.text, width, appended, GRAPH_NONE);
}

struct temporal_order_result temporal_order_attention(struct temporal_layers *l,
                                                      const struct temporal_order_attention *order)
{
    struct temporal_order_result result = {0};
    size_t x = order_steps(l, order);

    for (size_t i = 0; i < order->layers; i++) {
        const bool final = i + 1 == order->layers;
        struct layer layer = {
            .module = name_of("%s.layer_stack.%zu", order->module, i),
            .width = 2 * order->embedding,
            .hidden = order->hidden,
            .heads = order->heads,
            .experts = order->experts,
            .time = order->time ? order->inputs->time : GRAPH_NONE,
            .final = final,
            .last = final && !order->all_steps,
        };
        x = post_norm(l, &layer, x);
        result.attention = layer.attention;
    }
    result.steps = order->all_steps ? x : GRAPH_NONE;
    result.last = order->all_steps ? last_step(l, x) : x;
    return result;
}

static size_t feature_tokens(struct temporal_layers *l, size_t table)
{
    const struct temporal_attention_config *c = l->config;
    const struct temporal_attention_net *net = l->net;
    const size_t columns = c->dim_embedding_table, engineered = c->n_engineered_num_features;
    const size_t table2 = temporal_table(l, "embedding_engineered.weight", engineered + 1, columns);
    const size_t bias = table_bias(l, name_of("feature_attention.emb_tbl_bias"),
                                   c->n_cat_features + c->n_num_features, columns, false);
    const size_t bias2 = table_bias(l, name_of("feature_attention.engineered_emb_tbl_bias"),
                                    engineered, columns, false);

    temporal_alias(l, "feature_attention.embedding_engineered.weight",
                   "embedding_engineered.weight");
    return node(l, (struct graph_node){
                       .op = &op_feature_tokens,
                       .in = {net->sequence[0].categorical, table, net->sequence[0].numeric, bias,
                              net->engineered, table2, bias2},
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
        struct layer layer = {
            .module = name_of("feature_attention.layer_stack_feature.%zu", i),
            .width = columns,
            .hidden = c->dim_attn_feedforward,
            .heads = c->num_heads,
            .experts = c->use_moe ? c->num_experts : 0,
            .last = i + 1 == c->n_layers_feature,
        };
        x = pre_norm(l, &layer, x);
    }
    return x;
}
