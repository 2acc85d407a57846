#include "nn/graph.h"
#include "nn/graph_internal.h"

#include "base/arena.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

struct graph_run {
    const struct graph *graph;
    bool with_gradients;
    struct arena memory; /* everything below */
    struct op_batch batch;
    size_t *active, *start;
    size_t *begin[OP_TRACKS_MAX];
    real *values, *d_values, *keep, *work, *gradients, *d_weights;
    int32_t *index;
    bool *reached; /* [values]: the loss depends on it */
};

struct graph_run *graph_run_new(const struct graph *graph, bool gradients)
{
    struct graph_run *run = memory_take_zeroed(1, sizeof *run);
    struct arena *memory = &run->memory;

    BUG_ON(!graph->finished);
    memory->large_pages = true;
    run->graph = graph;
    run->with_gradients = gradients;
    run->active = ARENA_ZERO(memory, size_t, graph->steps + 1);
    run->start = ARENA_ZERO(memory, size_t, graph->steps + 1);
    run->reached = ARENA_ZERO(memory, bool, graph->values);
    run->values =
        ARENA_ZERO(memory, real, (gradients ? graph->values_size : graph->lone_size) + GRAPH_ALIGN);
    run->index = ARENA_ZERO(memory, int32_t, graph->index_size + GRAPH_ALIGN);
    run->keep =
        ARENA_ZERO(memory, real, (gradients ? graph->keep_size : graph->keep_most) + GRAPH_ALIGN);
    run->work = ARENA_ZERO(memory, real, graph->work_size + GRAPH_ALIGN);
    if (gradients) {
        run->d_values = ARENA_ZERO(memory, real, graph->gradients_size + GRAPH_ALIGN);
        run->gradients = ARENA_ZERO(memory, real, graph->parameters_size + GRAPH_ALIGN);
        run->d_weights = ARENA_ZERO(memory, real, graph->weights_size + GRAPH_ALIGN);
    }
    run->batch = (struct op_batch){
        .rows_max = graph->rows,
        .steps_max = graph->steps,
        .active = run->active,
        .start = run->start,
        .tracks = graph->tracks,
    };
    for (size_t k = 0; k < graph->tracks; k++) {
        run->begin[k] = ARENA_ZERO(memory, size_t, graph->rows + 1);
        run->batch.track[k] =
            (struct op_track){.steps_max = graph->track_steps[k], .begin = run->begin[k]};
    }
    return run;
}

void graph_run_free(struct graph_run *run)
{
    if (!run)
        return;
    arena_clear(&run->memory);
    free(run);
}

static void begin_tracks(struct graph_run *run, const struct graph_batch *given)
{
    struct op_batch *batch = &run->batch;

    batch->steps = batch->tokens = 0;
    for (size_t k = 0; k < batch->tracks; k++) {
        struct op_track *track = &batch->track[k];
        const size_t *length = given->track_length[k];
        track->tokens = 0;
        for (size_t b = 0; b < given->rows; b++) {
            BUG_ON(length && length[b] > track->steps_max);
            run->begin[k][b] = track->tokens;
            track->tokens += length ? length[b] : 0;
        }
        run->begin[k][given->rows] = track->tokens;
    }
}

void graph_run_begin(struct graph_run *run, const struct graph_batch *given)
{
    struct op_batch *batch = &run->batch;

    BUG_ON(given->rows > batch->rows_max);
    batch->rows = given->rows;
    batch->training = given->training;
    batch->seed = given->seed;
    batch->first_row = given->first_row;
    if (batch->tracks) {
        begin_tracks(run, given);
        return;
    }
    batch->steps = given->rows ? batch->steps_max : 0;
    if (given->length && given->rows)
        batch->steps = given->length[0];
    BUG_ON(batch->steps > batch->steps_max);
    size_t active = given->rows;
    batch->tokens = 0;
    for (size_t t = 0; t < batch->steps_max; t++) {
        if (t >= batch->steps)
            active = 0;
        while (active && given->length && given->length[active - 1] <= t)
            active--;
        run->active[t] = active;
        run->start[t] = batch->tokens;
        batch->tokens += active;
    }
    run->start[batch->steps_max] = batch->tokens;
    for (size_t b = 0; given->length && b < given->rows; b++)
        BUG_ON(!given->length[b] || (b && given->length[b] > given->length[b - 1]));
}

const struct op_batch *graph_run_batch(const struct graph_run *run)
{
    return &run->batch;
}

/* Where a run has an input or what a node makes. */
static real *value_at(const struct graph_run *run, size_t id)
{
    const struct value *value = &run->graph->value[id];

    return run->values + (run->with_gradients ? value->place : value->lone);
}

real *graph_run_input(struct graph_run *run, size_t value)
{
    BUG_ON(value >= run->graph->values || run->graph->value[value].kind != VALUE_INPUT);
    return value_at(run, value);
}

int32_t *graph_run_index(struct graph_run *run, size_t value)
{
    BUG_ON(value >= run->graph->values || run->graph->value[value].kind != VALUE_INDEX);
    return run->index + run->graph->value[value].place;
}

const real *graph_run_value(const struct graph_run *run, size_t value)
{
    BUG_ON(value >= run->graph->values);
    BUG_ON(run->graph->value[value].kind != VALUE_NODE &&
           run->graph->value[value].kind != VALUE_INPUT);
    BUG_ON(run->graph->holds && !run->with_gradients &&
           run->graph->value[value].kind == VALUE_NODE && !run->graph->value[value].held);
    return value_at(run, value);
}

real *graph_run_gradients(struct graph_run *run)
{
    BUG_ON(!run->with_gradients);
    return run->gradients;
}

static struct op_operand operand(struct graph_run *run, const real *parameters, const real *packed,
                                 size_t id)
{
    const struct value *value = &run->graph->value[id];
    struct op_operand o = {
        .shape = value->shape,
        .count = op_lead(&run->batch, &value->shape),
        .width = shape_width(&value->shape),
    };

    if (value->kind == VALUE_INDEX)
        o.index = run->index + value->place;
    else if (value->kind == VALUE_PARAMETER || value->kind == VALUE_WEIGHT)
        o.x = graph_weight_at(value, parameters, packed);
    else
        o.x = value_at(run, id);
    if (value->matrix) {
        const struct kernels *kernels = run->graph->kernels;
        const size_t k = value_k(value), n = value_n(value);
        o.panels = value->in_place ? panels_in_place(kernels, o.x, n)
                                   : panels_packed(kernels, packed + value->packed, k);
        o.panels_transposed = panels_packed(kernels, packed + value->packed_transposed, n);
        o.panels_next = value->in_place ? k * n : kernels_packed_size(kernels, k, n);
        o.panels_transposed_next = kernels_packed_size(kernels, n, k);
    }
    if (value->gradient && run->with_gradients)
        o.d = value->kind == VALUE_PARAMETER ? run->gradients + value->place
              : value->kind == VALUE_WEIGHT  ? run->d_weights + value->d_place
                                             : run->d_values + value->d_place;
    return o;
}

static struct op_call call_of(struct graph_run *run, const real *parameters, const real *packed,
                              const struct node *node)
{
    const struct op *op = node->given.op;
    struct op_call call = {
        .out = operand(run, parameters, packed, node->out),
        .result = value_at(run, node->out),
        .keep = run->keep + (run->with_gradients ? node->keep : 0),
        .work = run->work,
        .settings = &node->given.settings,
        .batch = &run->batch,
        .kernels = run->graph->kernels,
    };

    for (size_t i = 0; i < op->inputs; i++)
        if (node->given.in[i] != GRAPH_NONE) {
            call.in[i] = operand(run, parameters, packed, node->given.in[i]);
            if (op->no_gradient >> i & 1)
                call.in[i].d = NULL;
        }
    return call;
}

/* The inputs of row b, of `count` steps, from one track to another. */
static void narrow_inputs(struct graph_run *run, const struct graph_narrow *narrow, size_t b,
                          size_t count)
{
    const size_t from = run->begin[narrow->from][b], to = run->begin[narrow->to][b];

    for (size_t i = 0; i < GRAPH_NARROW_INPUTS_MAX; i++) {
        const struct value *source = &run->graph->value[narrow->input_from[i]];
        const struct value *target = &run->graph->value[narrow->input_to[i]];
        const size_t width = shape_width(&source->shape);
        if (source->kind == VALUE_INDEX)
            memcpy(run->index + target->place + to * width,
                   run->index + source->place + from * width, count * width * sizeof *run->index);
        else if (source->kind == VALUE_INPUT)
            memcpy(value_at(run, narrow->input_to[i]) + to * width,
                   value_at(run, narrow->input_from[i]) + from * width,
                   count * width * sizeof(real));
    }
}

static void narrow_track(struct graph_run *run, const struct graph_narrow *narrow)
{
    const struct value *gate = &run->graph->value[narrow->gate];
    const real *open = value_at(run, narrow->gate) + narrow->column;
    const size_t *from = run->begin[narrow->from], width = shape_width(&gate->shape);
    size_t tokens = 0;

    for (size_t b = 0; b < run->batch.rows; b++) {
        const size_t count = open[b * width] > 0 ? from[b + 1] - from[b] : 0;
        run->begin[narrow->to][b] = tokens;
        narrow_inputs(run, narrow, b, count);
        tokens += count;
    }
    run->begin[narrow->to][run->batch.rows] = tokens;
    run->batch.track[narrow->to].tokens = tokens;
}

void graph_forward(struct graph_run *run, const real *parameters, const real *packed)
{
    const struct graph *graph = run->graph;

    for (size_t i = 0; i < graph->nodes; i++) {
        if (!graph->node[i].given.op) {
            narrow_track(run, &graph->node[i].narrow);
            continue;
        }
        struct op_call call = call_of(run, parameters, packed, &graph->node[i]);
        graph->node[i].given.op->forward(&call);
    }
}

/*
 * Mark what the output of a node depends on. A value's gradient is zeroed when the first op is
 * about to add to it, so that both find it in the same cache.
 */
static void reach(struct graph_run *run, const struct node *node)
{
    for (size_t j = 0; j < node->given.op->inputs; j++) {
        const size_t id = node->given.in[j];
        const struct value *value = &run->graph->value[id];
        if (node->given.op->no_gradient >> j & 1 || run->reached[id])
            continue;
        run->reached[id] = true;
        if (value->kind == VALUE_NODE && value->gradient)
            memset(run->d_values + value->d_place, 0,
                   op_lead(&run->batch, &value->shape) * shape_width(&value->shape) * sizeof(real));
    }
}

void graph_backward(struct graph_run *run, const real *parameters, const real *packed, size_t loss)
{
    const struct graph *graph = run->graph;

    BUG_ON(!run->with_gradients || loss >= graph->values);
    BUG_ON(graph->value[loss].kind != VALUE_NODE || !graph->value[loss].gradient);
    BUG_ON(!shape_equal(&graph->value[loss].shape, &SHAPE_FIXED(1)));
    memset(run->reached, 0, graph->values * sizeof *run->reached);
    run->reached[loss] = true;
    run->d_values[graph->value[loss].d_place] = 1;
    for (size_t i = graph->nodes; i-- > 0;) {
        const struct node *node = &graph->node[i];
        if (!node->given.op || !run->reached[node->out] || !graph->value[node->out].gradient)
            continue;
        reach(run, node);
        struct op_call call = call_of(run, parameters, packed, node);
        node->given.op->backward(&call);
    }
}

void graph_backward_weights(struct graph_run *run, const real *parameters, const real *packed)
{
    BUG_ON(!run->with_gradients);
    graph_weights_backward(run->graph, parameters, packed,
                           &(struct graph_weights_back){.gradients = run->gradients,
                                                        .d_weights = run->d_weights,
                                                        .work = run->work});
    memset(run->d_weights, 0, run->graph->weights_size * sizeof *run->d_weights);
}
