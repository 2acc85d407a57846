#include "model/temporal_attention_net.h"

#include "base/error.h"
#include "model/temporal_attention_layers.h"

#include <stdlib.h>
#include <string.h>

/* The gate's encoder has sizes of its own, whatever the settings. */
enum { GATE_EMBEDDING = 16, GATE_HIDDEN = 128, GATE_SCORE_HIDDEN = 256, GATE_HEADS = 1 };
enum { MLP_HIDDEN = 1024 };

static const double gate_threshold = 0.05, balance_coefficient = 1e-2;

static size_t node(struct temporal_layers *l, struct graph_node given)
{
    return graph_add(l->g, given);
}

/* Inputs of a sequence whose orders are in `track`. */
static struct temporal_attention_inputs sequence_inputs(struct temporal_layers *l, size_t track)
{
    const struct temporal_attention_config *c = l->config;

    return (struct temporal_attention_inputs){
        .categorical =
            graph_input_index(l->g, "categorical", SHAPE_TRACK(track, c->n_cat_features)),
        .numeric = graph_input(l->g, "numeric", SHAPE_TRACK(track, c->n_num_features)),
        .time = c->use_time_seq ? graph_input(l->g, "time", SHAPE_TRACK(track + 1, 1)) : GRAPH_NONE,
    };
}

static struct temporal_order_result encode_orders(struct temporal_layers *l, const char *module,
                                                  const struct temporal_attention_inputs *inputs,
                                                  size_t track, size_t table)
{
    const struct temporal_attention_config *c = l->config;

    return temporal_order_attention(
        l, &(struct temporal_order_attention){
               .module = module,
               .inputs = inputs,
               .table = table,
               .embedding = c->dim_embedding_table,
               .hidden = c->dim_attn_feedforward,
               .heads = c->num_heads,
               .layers = c->n_layers_order,
               .experts = c->use_moe ? c->num_experts : 0,
               .time = c->use_time_seq,
               .all_steps = c->return_seq && track == TEMPORAL_ATTENTION_TRACK,
           });
}

/* The gate's view of one sequence; both sequences share its weights. */
static size_t encode_for_gate(struct temporal_layers *l, size_t which, size_t table)
{
    return temporal_order_attention(l,
                                    &(struct temporal_order_attention){
                                        .module = "gate_emb",
                                        .inputs = &l->net->sequence[which],
                                        .table = table,
                                        .embedding = GATE_EMBEDDING,
                                        .hidden = GATE_HIDDEN,
                                        .heads = GATE_HEADS,
                                        .layers = 1,
                                    })
        .last;
}

/* The weights of the two sequences; afterwards the narrow tracks hold the second, or nothing. */
static void add_gate(struct temporal_layers *l)
{
    struct temporal_attention_net *net = l->net;
    const size_t table =
        temporal_table(l, "embedding_gate.weight", l->config->n_embedding + 2, GATE_EMBEDDING);
    const size_t width = 2 * GATE_EMBEDDING;

    temporal_alias(l, "gate_emb.embedding.weight", "embedding_gate.weight");
    const size_t first = encode_for_gate(l, 0, table), second = encode_for_gate(l, 1, table);
    const size_t hidden = temporal_linear(
        l, temporal_concatenate(l, first, second, GRAPH_NONE),
        (struct temporal_linear){"gate_score.0", 2 * width, GATE_SCORE_HIDDEN, true, true});
    const size_t score = temporal_linear(
        l, hidden, (struct temporal_linear){"gate_score.3", GATE_SCORE_HIDDEN, 2, false, false});
    const size_t share = node(l, (struct graph_node){.op = &op_softmax, .in = {score}});
    net->gate = node(l, (struct graph_node){
                            .op = &op_sequence_gate,
                            .in = {share},
                            .settings.sequence_gate = {.track = TEMPORAL_ATTENTION_TRACK_SECOND,
                                                       .threshold = gate_threshold},
                        });
    graph_narrow(l->g, (struct graph_narrow){
                           .from = TEMPORAL_ATTENTION_TRACK_SECOND,
                           .to = TEMPORAL_ATTENTION_TRACK_NARROW,
                           .gate = net->gate,
                           .column = 1,
                           .input_from = {net->sequence[1].categorical, net->sequence[1].numeric},
                           .input_to = {net->narrow.categorical, net->narrow.numeric},
                       });
    graph_narrow(l->g, (struct graph_narrow){.from = TEMPORAL_ATTENTION_TRACK_SECOND_APPENDED,
                                             .to = TEMPORAL_ATTENTION_TRACK_NARROW_APPENDED,
                                             .gate = net->gate,
                                             .column = 1,
                                             .input_from = {net->sequence[1].time},
                                             .input_to = {net->narrow.time}});
}

static size_t one_sequence(struct temporal_layers *l, size_t table)
{
    struct temporal_attention_net *net = l->net;
    const struct temporal_order_result order =
        encode_orders(l, "order_attention", &net->sequence[0], TEMPORAL_ATTENTION_TRACK, table);

    temporal_alias(l, "order_attention.embedding.weight", "embedding.weight");
    net->last[0] = order.attention;
    net->steps = order.steps;
    return order.last;
}

static size_t two_sequences(struct temporal_layers *l, size_t table)
{
    struct temporal_attention_net *net = l->net;

    net->sequence[1] = sequence_inputs(l, TEMPORAL_ATTENTION_TRACK_SECOND);
    net->narrow = sequence_inputs(l, TEMPORAL_ATTENTION_TRACK_NARROW);
    add_gate(l);
    const struct temporal_order_result first =
        encode_orders(l, "order_attention_cid", &net->sequence[0], TEMPORAL_ATTENTION_TRACK, table);
    const struct temporal_order_result second = encode_orders(
        l, "order_attention_ccid", &net->narrow, TEMPORAL_ATTENTION_TRACK_NARROW, table);
    temporal_alias(l, "order_attention_cid.embedding.weight", "embedding.weight");
    temporal_alias(l, "order_attention_ccid.embedding.weight", "embedding.weight");
    net->last[0] = first.attention;
    net->last[1] = second.attention;
    net->steps = first.steps;
    return node(l, (struct graph_node){.op = &op_mix, .in = {net->gate, first.last, second.last}});
}

/* The numbers of the last order and the engineered ones, through two linear layers. */
static size_t add_mlp(struct temporal_layers *l)
{
    const struct temporal_attention_config *c = l->config;
    const struct temporal_attention_net *net = l->net;
    const size_t in = c->n_num_features + c->n_engineered_num_features;
    const size_t E = c->dim_embedding_table;
    const size_t last =
        node(l, (struct graph_node){.op = &op_last_step, .in = {net->sequence[0].numeric}});
    const size_t x = temporal_concatenate(l, last, net->engineered, GRAPH_NONE);
    const size_t hidden = temporal_linear(
        l, x, (struct temporal_linear){"MLP.encoder.0", in, MLP_HIDDEN, true, true});
    const size_t y = temporal_linear(
        l, hidden, (struct temporal_linear){"MLP.encoder.3", MLP_HIDDEN, E, false, false});

    return temporal_norm(l, "layer_norm_engineered", E, y, GRAPH_NONE);
}

/* A layer norm that the reference has and never applies. */
static void unused_norm(struct temporal_layers *l, const char *weight, const char *bias)
{
    struct temporal_attention_piece piece = {.dims = 1,
                                             .shape = {2 * l->config->dim_embedding_table},
                                             .unused = true,
                                             .start = TEMPORAL_START_ONE};

    snprintf(piece.tensor, sizeof piece.tensor, "%s", weight);
    temporal_weight(l, piece);
    snprintf(piece.tensor, sizeof piece.tensor, "%s", bias);
    piece.start = TEMPORAL_START_ZERO;
    temporal_weight(l, piece);
}

static void add_classifier(struct temporal_layers *l, size_t table)
{
    const struct temporal_attention_config *c = l->config;
    struct temporal_attention_net *net = l->net;
    size_t order = c->two_sequences ? two_sequences(l, table) : one_sequence(l, table);

    if (c->two_sequences)
        order = temporal_norm(l, "layer_norm", 2 * c->dim_embedding_table, order, GRAPH_NONE);
    else
        unused_norm(l, "layer_norm.weight", "layer_norm.bias");
    const size_t feature = temporal_feature_attention(l, table);
    temporal_alias(l, "feature_attention.embedding.weight", "embedding.weight");
    unused_norm(l, "feature_attention.layer_norm.weight", "feature_attention.layer_norm.bias");
    const size_t mlp = c->use_mlp ? add_mlp(l) : GRAPH_NONE;
    net->ensemble = temporal_concatenate(l, order, feature, mlp);
    const size_t hidden =
        temporal_linear(l, net->ensemble,
                        (struct temporal_linear){"clf.0", temporal_attention_ensemble_width(c),
                                                 MLP_HIDDEN, true, true});
    net->logit = temporal_linear(
        l, hidden, (struct temporal_linear){"clf.3", MLP_HIDDEN, c->n_classes, false, false});
    net->score = node(l, (struct graph_node){.op = &op_softmax, .in = {net->logit}});
}

static void add_loss(struct temporal_layers *l, const struct temporal_attention_loss *loss)
{
    struct temporal_attention_net *net = l->net;

    net->label = graph_input_index(l->g, "label", SHAPE_ROWS(1));
    net->weight = graph_input(l->g, "weight", SHAPE_ROWS(1));
    net->total_weight = graph_input(l->g, "total_weight", SHAPE_FIXED(1));
    if (loss->op->inputs > 4)
        net->share = graph_input(l->g, "share", SHAPE_FIXED(1));
    net->loss = node(l, (struct graph_node){.op = loss->op,
                                            .in = {net->logit, net->label, net->weight,
                                                   net->total_weight, net->share},
                                            .settings = loss->settings});
    if (l->balanced)
        net->batch_rows = graph_input(l->g, "batch_rows", SHAPE_FIXED(1));
    for (size_t i = 0; i < l->balanced; i++)
        net->loss = node(l, (struct graph_node){
                                .op = &op_expert_balance,
                                .in = {l->likely[i], net->loss, net->batch_rows},
                                .settings.expert_balance.coefficient = balance_coefficient,
                            });
}

/* What temporal_attention_net_read() reads. */
static void hold(const struct temporal_attention_net *net)
{
    graph_hold(net->graph, net->score);
    graph_hold(net->graph, net->logit);
    graph_hold(net->graph, net->ensemble);
    if (net->steps != GRAPH_NONE)
        graph_hold(net->graph, net->steps);
    for (size_t s = 0; s < (net->config.two_sequences ? 2 : 1); s++) {
        graph_hold(net->graph, net->last[s].query);
        graph_hold(net->graph, net->last[s].key);
    }
}

void temporal_attention_net_init(struct temporal_attention_net *net,
                                 const struct temporal_attention_config *config, size_t rows,
                                 const struct temporal_attention_loss *loss)
{
    size_t steps[TEMPORAL_ATTENTION_TRACKS];

    BUG_ON(rows > TEMPORAL_ATTENTION_ROWS_MAX);
    for (size_t k = 0; k < TEMPORAL_ATTENTION_TRACKS; k++)
        steps[k] = config->seq_len + k % 2;
    *net = (struct temporal_attention_net){.config = *config};
    net->graph =
        graph_new_tracks(rows, steps, config->two_sequences ? TEMPORAL_ATTENTION_TRACKS : 2);
    if (config->mixed || (loss && loss->mixed))
        graph_use_mixed(net->graph);
    struct temporal_layers l = {
        .net = net, .g = net->graph, .config = &net->config, .training = loss != NULL};
    net->sequence[0] = sequence_inputs(&l, TEMPORAL_ATTENTION_TRACK);
    net->engineered =
        graph_input(net->graph, "engineered", SHAPE_ROWS(config->n_engineered_num_features));
    const size_t table = temporal_table(&l, "embedding.weight", config->n_embedding + 2,
                                        config->dim_embedding_table);
    add_classifier(&l, table);
    if (loss)
        add_loss(&l, loss);
    hold(net);
    graph_finish(net->graph);
}

void temporal_attention_net_clear(struct temporal_attention_net *net)
{
    graph_free(net->graph);
    free(net->piece);
    *net = (struct temporal_attention_net){0};
}

size_t temporal_attention_net_rows(const struct temporal_attention_config *config, bool training)
{
    /* Numbers that fit a core's second-level cache beside the weights of a layer. */
    enum { NUMBERS = 1 << 16, ROWS = 16, PAIR = 1 << 19 };
    const size_t E = config->dim_embedding_table, hidden = config->dim_attn_feedforward;
    const size_t tokens =
        config->n_cat_features + config->n_num_features + config->n_engineered_num_features + 1;
    const size_t row = (config->seq_len + 1) * 2 * (6 * E + hidden) + tokens * (6 * E + 2 * hidden);
    const size_t rows = NUMBERS / row;

    if (rows < 2)
        return training && row <= PAIR ? 2 : 1;
    return rows < ROWS ? rows : ROWS;
}
