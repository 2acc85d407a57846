#include "model/journey_attention_net.h"

#include "base/error.h"
#include "nn/initialise.h"

#include <string.h>

/* Streams of random numbers; each use has its own. */
enum {
    STREAM_DROPOUT = 1,
    STREAM_RECURRENT_DROPOUT,
    STREAM_EMBEDDING,
    STREAM_KERNEL,
    STREAM_RECURRENT,
    STREAM_ATTENTION,
    STREAM_OUTPUT,
};

static size_t dropout_mask(struct graph *g, double rate, uint64_t stream, size_t width)
{
    return graph_add(g, (struct graph_node){
                            .op = &op_dropout_mask,
                            .settings.dropout = {.rate = rate, .stream = stream, .width = width},
                        });
}

static size_t dense(struct graph *g, size_t x, size_t kernel, size_t bias)
{
    return graph_add(g, (struct graph_node){.op = &op_dense, .in = {x, kernel, bias}});
}

void journey_attention_net_init(struct journey_attention_net *net,
                                const struct journey_attention_shape *shape, size_t rows)
{
    const size_t E = shape->embedding, U = shape->lstm;
    struct graph *g = graph_new(rows, shape->steps);

    *net = (struct journey_attention_net){.shape = *shape, .graph = g};
    net->token = graph_input_index(g, "token", SHAPE_STEPS(1));
    net->label = graph_input(g, "label", SHAPE_ROWS(1));
    net->weight = graph_input(g, "weight", SHAPE_ROWS(1));
    net->total_weight = graph_input(g, "total_weight", SHAPE_FIXED(1));

    const size_t table = graph_parameter(g, "embedding.kernel", SHAPE_FIXED(shape->vocabulary, E));
    const size_t table_bias = graph_parameter(g, "embedding.bias", SHAPE_FIXED(E));
    const size_t kernel = graph_parameter(g, "lstm.kernel", SHAPE_FIXED(E, 4 * U));
    const size_t recurrent = graph_parameter(g, "lstm.recurrent_kernel", SHAPE_FIXED(U, 4 * U));
    const size_t bias = graph_parameter(g, "lstm.bias", SHAPE_FIXED(4 * U));
    const size_t score_kernel = graph_parameter(g, "attention.kernel", SHAPE_FIXED(U, 1));
    const size_t score_bias = graph_parameter(g, "attention.bias", SHAPE_FIXED(1));
    const size_t output_kernel = graph_parameter(g, "output.kernel", SHAPE_FIXED(U, 1));
    const size_t output_bias = graph_parameter(g, "output.bias", SHAPE_FIXED(1));

    size_t x = graph_add(
        g, (struct graph_node){.op = &op_embedding, .in = {net->token, table, table_bias}});
    if (shape->dropout > 0) {
        const size_t mask = dropout_mask(g, shape->dropout, STREAM_DROPOUT, E);
        x = graph_add(g, (struct graph_node){.op = &op_mask_steps, .in = {x, mask}});
    }
    size_t state_mask = GRAPH_NONE;
    if (shape->recurrent_dropout > 0)
        state_mask = dropout_mask(g, shape->recurrent_dropout, STREAM_RECURRENT_DROPOUT, U);
    const size_t state = graph_add(
        g, (struct graph_node){.op = &op_lstm, .in = {x, kernel, recurrent, bias, state_mask}});
    const size_t score = graph_add(
        g, (struct graph_node){.op = &op_tanh, .in = {dense(g, state, score_kernel, score_bias)}});
    net->attention = graph_add(g, (struct graph_node){.op = &op_softmax_time, .in = {score}});
    const size_t context =
        graph_add(g, (struct graph_node){.op = &op_weighted_sum, .in = {net->attention, state}});
    net->logit = dense(g, context, output_kernel, output_bias);
    net->probability = graph_add(g, (struct graph_node){.op = &op_sigmoid, .in = {net->logit}});
    net->loss = graph_add(g, (struct graph_node){
                                 .op = &op_binary_cross_entropy,
                                 .in = {net->logit, net->label, net->weight, net->total_weight},
                             });
    graph_finish(g);
}

void journey_attention_net_clear(struct journey_attention_net *net)
{
    graph_free(net->graph);
    *net = (struct journey_attention_net){0};
}

static real *part(const struct journey_attention_net *net, real *parameters, const char *name)
{
    return parameters + graph_parameter_find(net->graph, name)->offset;
}

void journey_attention_net_start(const struct journey_attention_net *net, uint64_t seed,
                                 real *parameters)
{
    const size_t E = net->shape.embedding, U = net->shape.lstm, V = net->shape.vocabulary;
    real *bias = part(net, parameters, "lstm.bias");

    memset(parameters, 0, graph_parameters_size(net->graph) * sizeof *parameters);
    initialise_glorot(part(net, parameters, "embedding.kernel"), V, E, seed, STREAM_EMBEDDING);
    initialise_glorot(part(net, parameters, "lstm.kernel"), E, 4 * U, seed, STREAM_KERNEL);
    initialise_orthogonal(part(net, parameters, "lstm.recurrent_kernel"), U, 4 * U, seed,
                          STREAM_RECURRENT);
    initialise_glorot(part(net, parameters, "attention.kernel"), U, 1, seed, STREAM_ATTENTION);
    initialise_glorot(part(net, parameters, "output.kernel"), U, 1, seed, STREAM_OUTPUT);
    for (size_t u = 0; u < U; u++)
        bias[U + u] = 1;
}

/* Rows by length, longest first, ties in the slice's order: a counting sort. */
static void sort_by_length(const struct journey_attention_slice *slice, size_t steps, size_t *order)
{
    size_t next = 0;

    for (size_t length = steps; length > 0; length--)
        for (size_t i = 0; i < slice->rows; i++)
            if (slice->length[i] == length)
                order[next++] = i;
    BUG_ON(next != slice->rows);
}

void journey_attention_net_fill(const struct journey_attention_net *net, struct graph_run *run,
                                const struct journey_attention_slice *slice, size_t *order)
{
    size_t length[JOURNEY_ATTENTION_ROWS_MAX];

    BUG_ON(slice->rows > JOURNEY_ATTENTION_ROWS_MAX);
    sort_by_length(slice, net->shape.steps, order);
    for (size_t b = 0; b < slice->rows; b++)
        length[b] = slice->length[order[b]];
    graph_run_begin(run, &(struct graph_batch){
                             .rows = slice->rows,
                             .length = net->shape.mask ? length : NULL,
                             .training = slice->training,
                             .seed = slice->seed,
                             .first_row = slice->first_row,
                         });

    const struct op_batch *batch = graph_run_batch(run);
    int32_t *token = graph_run_index(run, net->token);
    real *label = graph_run_input(run, net->label), *weight = graph_run_input(run, net->weight);
    for (size_t t = 0; t < batch->steps; t++)
        for (size_t b = 0; b < batch->active[t]; b++)
            token[batch->start[t] + b] = t < length[b] ? slice->token[order[b]][t] : -1;
    for (size_t b = 0; b < slice->rows; b++) {
        label[b] = slice->label ? slice->label[order[b]] : 0;
        weight[b] = slice->weight ? slice->weight[order[b]] : 1;
    }
    graph_run_input(run, net->total_weight)[0] = slice->label ? (real)slice->total_weight : 1;
}

void journey_attention_net_read(const struct journey_attention_net *net,
                                const struct graph_run *run, const size_t *order,
                                float *probability, float *attention)
{
    const struct op_batch *batch = graph_run_batch(run);
    const real *p = graph_run_value(run, net->probability);
    const real *a = graph_run_value(run, net->attention);
    const size_t steps = net->shape.steps;

    for (size_t b = 0; b < batch->rows; b++)
        for (size_t t = 0; attention && t < steps; t++)
            attention[order[b] * steps + t] =
                t < batch->steps && b < batch->active[t] ? (float)a[batch->start[t] + b] : 0;
    for (size_t b = 0; probability && b < batch->rows; b++)
        probability[order[b]] = (float)p[b];
}
