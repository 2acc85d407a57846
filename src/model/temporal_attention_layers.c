#include "model/temporal_attention_layers.h"

#include "base/error.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* The package's: of its even share of a row's tokens an expert takes a quarter more. */
static const double expert_capacity = 1.25, expert_threshold = 0.2;

struct temporal_name temporal_name_of(const char *format, ...)
{
    struct temporal_name name;
    va_list list;

    va_start(list, format);
    const int length = vsnprintf(name.text, sizeof name.text, format, list);
    va_end(list);
    BUG_ON(length < 0 || (size_t)length >= sizeof name.text);
    return name;
}

struct temporal_attention_piece temporal_named(struct temporal_name name,
                                               struct temporal_attention_piece piece)
{
    snprintf(piece.tensor, sizeof piece.tensor, "%s", name.text);
    return piece;
}

size_t temporal_node(struct temporal_layers *l, struct graph_node given)
{
    return graph_add(l->g, given);
}

size_t temporal_dropout(struct temporal_layers *l, size_t x)
{
    if (!l->training || !(l->config->dropout > 0))
        return x;
    return temporal_node(
        l, (struct graph_node){
               .op = &op_dropout,
               .in = {x},
               .settings.dropout = {.rate = l->config->dropout, .stream = ++l->streams},
           });
}

/* Rows first .. first+rows-1 of a weight [total, in] and bias [total], as a linear layer. */
struct part {
    struct temporal_name weight, bias;
    size_t in, total, first, rows;
    double weight_bound, bias_bound;
    bool rectify, drop;
};

struct weights {
    size_t weight, bias;
};

static struct weights part_weights(struct temporal_layers *l, const struct part *part)
{
    const size_t weight = temporal_weight(
        l, temporal_named(part->weight,
                          (struct temporal_attention_piece){.dims = 2,
                                                            .shape = {part->total, part->in},
                                                            .first = part->first,
                                                            .rows = part->rows,
                                                            .transposed = true,
                                                            .start = TEMPORAL_START_UNIFORM,
                                                            .low = -part->weight_bound,
                                                            .high = part->weight_bound}));
    const size_t bias = temporal_weight(
        l, temporal_named(part->bias,
                          (struct temporal_attention_piece){.dims = 1,
                                                            .shape = {part->total},
                                                            .first = part->first,
                                                            .rows = part->rows,
                                                            .start = TEMPORAL_START_UNIFORM,
                                                            .low = -part->bias_bound,
                                                            .high = part->bias_bound}));

    return (struct weights){weight, bias};
}

/* What the part says but its weights, which may be others. */
static size_t linear_with(struct temporal_layers *l, size_t x, const struct part *part,
                          struct weights w)
{
    const bool drops = part->drop && l->training && l->config->dropout > 0;

    return temporal_node(l, (struct graph_node){.op = &op_dense,
                                                .in = {x, w.weight, w.bias},
                                                .settings.dense = {
                                                    .rectify = part->rectify,
                                                    .dropout = drops ? l->config->dropout : 0,
                                                    .stream = drops ? ++l->streams : 0,
                                                }});
}

static size_t linear_part(struct temporal_layers *l, size_t x, const struct part *part)
{
    return linear_with(l, x, part, part_weights(l, part));
}

size_t temporal_linear(struct temporal_layers *l, size_t x, struct temporal_linear linear)
{
    const double bound = 1 / sqrt((double)linear.in);

    return linear_part(l, x,
                       &(struct part){.weight = temporal_name_of("%s.weight", linear.module),
                                      .bias = temporal_name_of("%s.bias", linear.module),
                                      .in = linear.in,
                                      .total = linear.out,
                                      .rows = linear.out,
                                      .weight_bound = bound,
                                      .bias_bound = bound,
                                      .rectify = linear.rectify,
                                      .drop = linear.drop});
}

size_t temporal_norm(struct temporal_layers *l, const char *module, size_t width, size_t x,
                     size_t residual)
{
    const size_t gain = temporal_weight(
        l, temporal_named(temporal_name_of("%s.weight", module),
                          (struct temporal_attention_piece){
                              .dims = 1, .shape = {width}, .start = TEMPORAL_START_ONE}));
    const size_t bias = temporal_weight(
        l, temporal_named(temporal_name_of("%s.bias", module),
                          (struct temporal_attention_piece){.dims = 1, .shape = {width}}));

    return temporal_node(
        l, (struct graph_node){.op = &op_layer_norm, .in = {x, gain, bias, residual}});
}

size_t temporal_concatenate(struct temporal_layers *l, size_t a, size_t b, size_t c)
{
    return temporal_node(l, (struct graph_node){.op = &op_concatenate, .in = {a, b, c}});
}

size_t temporal_last_step(struct temporal_layers *l, size_t x)
{
    return temporal_node(l, (struct graph_node){.op = &op_last_step, .in = {x}});
}

/* Rows first .. first+rows-1 of the projection into attention. */
static struct part projection(const struct temporal_layer *layer, size_t first, size_t rows)
{
    const size_t d = layer->width;

    return (struct part){
        .weight = temporal_name_of("%s.multi_attn.in_proj_weight", layer->module.text),
        .bias = temporal_name_of("%s.multi_attn.in_proj_bias", layer->module.text),
        .in = d,
        .total = 3 * d,
        .first = first,
        .rows = rows,
        .weight_bound = sqrt(6 / (4 * (double)d)), /* Xavier of [3d, d] */
    };
}

static size_t attention_node(struct temporal_layers *l, const struct temporal_layer *layer,
                             size_t from, size_t query)
{
    return temporal_node(l, (struct graph_node){.op = &op_temporal_attention,
                                                .in = {from, query, layer->time},
                                                .settings.attention.heads = layer->heads});
}

/* Of the last step alone, without keys and values. */
static size_t attention_untold(struct temporal_layers *l, const struct temporal_layer *layer,
                               size_t x)
{
    const size_t d = layer->width;
    const struct part from = projection(layer, d, 2 * d), query = projection(layer, 0, d);
    const struct weights w = part_weights(l, &from);
    const size_t q = linear_part(l, temporal_last_step(l, x), &query);

    return temporal_node(l, (struct graph_node){.op = &op_query_attention,
                                                .in = {x, q, w.weight, w.bias},
                                                .settings.attention.heads = layer->heads});
}

/* Of the last step alone, to be told by temporal_attention_net_read(). */
static size_t attention_last(struct temporal_layers *l, struct temporal_layer *layer, size_t x)
{
    const size_t d = layer->width;
    const struct part keys = projection(layer, d, 2 * d), queries = projection(layer, 0, d);
    const size_t from = linear_part(l, x, &keys);
    const size_t query = linear_part(l, temporal_last_step(l, x), &queries);

    layer->attention = (struct temporal_attention_last){.query = query,
                                                        .key = from,
                                                        .query_stride = d,
                                                        .key_stride = 2 * d,
                                                        .value_first = d,
                                                        .time = layer->time};
    return layer->attention.gathered = attention_node(l, layer, from, query);
}

static size_t attention_all(struct temporal_layers *l, struct temporal_layer *layer, size_t x)
{
    const size_t d = layer->width;
    const struct part all = projection(layer, 0, 3 * d);
    const size_t from = linear_part(l, x, &all);

    if (layer->final)
        layer->attention = (struct temporal_attention_last){.query = temporal_last_step(l, from),
                                                            .key = from,
                                                            .query_stride = 3 * d,
                                                            .key_stride = 3 * d,
                                                            .key_first = d,
                                                            .value_first = 2 * d,
                                                            .time = layer->time};
    return layer->attention.gathered = attention_node(l, layer, from, GRAPH_NONE);
}

/* The projection out of attention. */
static struct part projection_out(const struct temporal_layer *layer)
{
    const size_t d = layer->width;

    return (struct part){
        .weight = temporal_name_of("%s.multi_attn.out_proj.weight", layer->module.text),
        .bias = temporal_name_of("%s.multi_attn.out_proj.bias", layer->module.text),
        .in = d,
        .total = d,
        .rows = d,
        .weight_bound = 1 / sqrt((double)d),
        .drop = true,
    };
}

static size_t product(struct temporal_layers *l, size_t a, size_t b, size_t c,
                      struct op_weight_product_settings of)
{
    return graph_weight(l->g, (struct graph_node){.op = &op_weight_product,
                                                  .in = {a, b, c},
                                                  .settings.weight_product = of});
}

/*
 * With one head keys and values need no projection: q k[j] = (x Wq + bq) (x[j] Wk)' is
 * (x A + u) x[j]' for A = Wq Wk', u = bq Wk', but for what is equal for all keys and so nothing to
 * a softmax; and since weights sum to 1 the projections of values and of their sum are one, of Wv
 * Wo and bv Wo + bo.
 */
static size_t attention_one_head(struct temporal_layers *l, struct temporal_layer *layer, size_t x)
{
    const size_t d = layer->width, key = layer->last ? 0 : d; /* first column in `from` */
    /* Pieces of the projection in are those of a layer of several heads. */
    const struct part in = projection(layer, 0, layer->last ? d : 3 * d);
    const struct part keys = layer->last ? projection(layer, d, 2 * d) : in;
    const struct part out = projection_out(layer);
    const struct weights from = part_weights(l, &keys), q = part_weights(l, &in);
    const struct weights o = part_weights(l, &out);
    const struct op_weight_product_settings by_key = {
        .b_first = key, .transposed = true, .size = d};
    const struct op_weight_product_settings value = {.a_first = key + d};
    const size_t query =
        linear_with(l, layer->last ? temporal_last_step(l, x) : x, &in,
                    (struct weights){product(l, q.weight, from.weight, GRAPH_NONE, by_key),
                                     product(l, q.bias, from.weight, GRAPH_NONE, by_key)});

    if (layer->final && !layer->untold)
        layer->attention = (struct temporal_attention_last){
            .query = layer->last ? query : temporal_last_step(l, query),
            .key = x,
            .query_stride = d,
            .key_stride = d,
            .time = layer->time};
    layer->attention.gathered = attention_node(l, layer, x, query);
    return linear_with(l, layer->attention.gathered, &out,
                       (struct weights){product(l, from.weight, o.weight, GRAPH_NONE, value),
                                        product(l, from.bias, o.weight, o.bias, value)});
}

static size_t attention(struct temporal_layers *l, struct temporal_layer *layer, size_t x)
{
    const struct part out = projection_out(layer);

    if (layer->heads == 1)
        return attention_one_head(l, layer, x);
    return linear_part(l,
                       !layer->last    ? attention_all(l, layer, x)
                       : layer->untold ? attention_untold(l, layer, x)
                                       : attention_last(l, layer, x),
                       &out);
}

/* Weights of all experts, [experts, in, out]. */
static size_t expert_weight(struct temporal_layers *l, const struct temporal_layer *layer,
                            const char *name, size_t in, size_t out)
{
    const double bound = 1 / sqrt((double)out); /* the package's, by the last dimension */

    return temporal_weight(
        l, temporal_named(temporal_name_of("%s.feedforward.experts.%s", layer->module.text, name),
                          (struct temporal_attention_piece){
                              .dims = 3,
                              .shape = {layer->experts, in, out},
                              .start = TEMPORAL_START_UNIFORM,
                              .low = -bound,
                              .high = bound,
                          }));
}

static size_t experts(struct temporal_layers *l, const struct temporal_layer *layer, size_t x)
{
    const size_t gating = temporal_weight(
        l, temporal_named(temporal_name_of("%s.feedforward.gate.w_gating", layer->module.text),
                          (struct temporal_attention_piece){.dims = 2,
                                                            .shape = {layer->width, layer->experts},
                                                            .start = TEMPORAL_START_NORMAL}));
    const size_t logit = temporal_node(l, (struct graph_node){.op = &op_dense, .in = {x, gating}});
    const size_t likely = temporal_node(l, (struct graph_node){.op = &op_softmax, .in = {logit}});
    const size_t w1 = expert_weight(l, layer, "w1", layer->width, layer->hidden);
    const size_t w2 = expert_weight(l, layer, "w2", layer->hidden, layer->width);

    /* A row has one token in a last layer: there is no use to balance. */
    if (!layer->last) {
        BUG_ON(l->balanced == TEMPORAL_BALANCED_MAX);
        l->likely[l->balanced++] = likely;
    }
    return temporal_node(l, (struct graph_node){.op = &op_experts,
                                                .in = {x, likely, w1, w2},
                                                .settings.experts = {.capacity = expert_capacity,
                                                                     .threshold = expert_threshold,
                                                                     .stream = ++l->streams}});
}

static size_t feedforward(struct temporal_layers *l, const struct temporal_layer *layer, size_t x)
{
    if (layer->experts)
        return temporal_dropout(l, experts(l, layer, x));
    const struct temporal_name first = temporal_name_of("%s.feedforward.0", layer->module.text);
    const struct temporal_name second = temporal_name_of("%s.feedforward.3", layer->module.text);
    const size_t hidden = temporal_linear(
        l, x, (struct temporal_linear){first.text, layer->width, layer->hidden, true, true});
    return temporal_linear(
        l, hidden,
        (struct temporal_linear){second.text, layer->hidden, layer->width, .drop = true});
}

static size_t layer_norm(struct temporal_layers *l, const struct temporal_layer *layer, int which,
                         size_t x, size_t residual)
{
    const struct temporal_name module =
        temporal_name_of("%s.layer_norm%d", layer->module.text, which);

    return temporal_norm(l, module.text, layer->width, x, residual);
}

size_t temporal_post_norm(struct temporal_layers *l, struct temporal_layer *layer, size_t x)
{
    const size_t a = attention(l, layer, x);
    const size_t y = layer_norm(l, layer, 1, a, layer->last ? temporal_last_step(l, x) : x);

    return layer_norm(l, layer, 2, feedforward(l, layer, y), y);
}

size_t temporal_pre_norm(struct temporal_layers *l, struct temporal_layer *layer, size_t x)
{
    const size_t a = attention(l, layer, layer_norm(l, layer, 1, x, GRAPH_NONE));
    const size_t y = temporal_node(
        l,
        (struct graph_node){.op = &op_add, .in = {layer->last ? temporal_last_step(l, x) : x, a}});
    const size_t f = feedforward(l, layer, layer_norm(l, layer, 2, y, GRAPH_NONE));

    return temporal_node(l, (struct graph_node){.op = &op_add, .in = {y, f}});
}
