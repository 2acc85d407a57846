#include "nn/graph.h"
#include "nn/graph_internal.h"

#include "base/arena.h"
#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct graph *graph_new(size_t rows, size_t steps)
{
    struct graph *graph = memory_take_zeroed(1, sizeof *graph);

    BUG_ON(!rows || !steps);
    graph->rows = rows;
    graph->steps = steps;
    graph->kernels = kernels_best();
    graph->values = 1;
    graph->value = memory_take_zeroed(1, sizeof *graph->value);
    return graph;
}

struct graph *graph_new_tracks(size_t rows, const size_t *steps, size_t count)
{
    struct graph *graph = graph_new(rows, 1);

    BUG_ON(!count || count > OP_TRACKS_MAX);
    graph->tracks = count;
    for (size_t k = 0; k < count; k++) {
        BUG_ON(!steps[k]);
        graph->track_steps[k] = steps[k];
    }
    return graph;
}

void graph_use_mixed(struct graph *graph)
{
    BUG_ON(graph->finished);
    graph->kernels = kernels_mixed();
}

void graph_free(struct graph *graph)
{
    if (!graph)
        return;
    free(graph->value);
    free(graph->node);
    free(graph->weight);
    free(graph->parameter);
    free(graph);
}

size_t graph_add_value(struct graph *graph, enum value_kind kind, const struct shape *shape)
{
    BUG_ON(graph->finished);
    BUG_ON(!shape->rank || shape->rank > SHAPE_RANK_MAX || !shape_width(shape));
    BUG_ON(shape->track && (shape->lead != SHAPE_LEAD_STEPS || shape->track >= graph->tracks));
    graph->value = memory_resize(graph->value, graph->values + 1, sizeof *graph->value);
    graph->value[graph->values] = (struct value){.kind = kind, .shape = *shape};
    return graph->values++;
}

size_t graph_parameter(struct graph *graph, const char *name, struct shape shape)
{
    const size_t id = graph_add_value(graph, VALUE_PARAMETER, &shape);
    struct value *value = &graph->value[id];

    BUG_ON(shape.lead != SHAPE_LEAD_FIXED || strlen(name) >= GRAPH_NAME_MAX);
    BUG_ON(graph_parameter_find(graph, name) != NULL);
    graph->parameter =
        memory_resize(graph->parameter, graph->parameters + 1, sizeof *graph->parameter);
    struct graph_parameter *parameter = &graph->parameter[graph->parameters];
    *parameter = (struct graph_parameter){
        .shape = shape,
        .count = shape_width(&shape),
        .offset = graph_take(&graph->parameters_size, shape_width(&shape)),
        .value = id,
    };
    snprintf(parameter->name, sizeof parameter->name, "%s", name);
    value->gradient = true;
    value->place = parameter->offset;
    value->which = graph->parameters++;
    return id;
}

size_t graph_input(struct graph *graph, const char *name, struct shape shape)
{
    const size_t id = graph_add_value(graph, VALUE_INPUT, &shape);

    (void)name;
    graph->value[id].place =
        graph_take(&graph->values_size, graph_lead_max(graph, &shape) * shape_width(&shape));
    return id;
}

size_t graph_input_index(struct graph *graph, const char *name, struct shape shape)
{
    const size_t id = graph_add_value(graph, VALUE_INDEX, &shape);

    (void)name;
    graph->value[id].place =
        graph_take(&graph->index_size, graph_lead_max(graph, &shape) * shape_width(&shape));
    return id;
}

/* What the op says about its inputs fits what they are. */
static void check_inputs(struct graph *graph, const struct graph_node *given)
{
    const struct op *op = given->op;

    for (size_t i = 0; i < OP_INPUTS_MAX; i++) {
        const size_t id = given->in[i];
        BUG_ON(id >= graph->values);
        BUG_ON(i >= op->inputs && id != GRAPH_NONE);
        BUG_ON(i < op->inputs && id == GRAPH_NONE && !(op->optional >> i & 1));
        if (id == GRAPH_NONE)
            continue;
        struct value *value = &graph->value[id];
        BUG_ON((value->kind == VALUE_INDEX) != (op->index >> i & 1));
        if (op->matrix >> i & 1) {
            BUG_ON(value->kind != VALUE_PARAMETER && value->kind != VALUE_WEIGHT);
            BUG_ON(value->shape.rank != 2 && value->shape.rank != 3);
            value->matrix = true;
        }
    }
}

bool graph_plan(struct graph *graph, const struct graph_node *given, struct op_plan *plan)
{
    bool gradient = false;

    *plan = (struct op_plan){.rows_max = graph->rows,
                             .steps_max = graph->steps,
                             .tracks = graph->tracks,
                             .settings = &given->settings};
    memcpy(plan->track_steps_max, graph->track_steps, sizeof plan->track_steps_max);
    check_inputs(graph, given);
    for (size_t i = 0; i < given->op->inputs; i++) {
        plan->present[i] = given->in[i] != GRAPH_NONE;
        if (plan->present[i]) {
            plan->in[i] = graph->value[given->in[i]].shape;
            gradient |= graph->value[given->in[i]].gradient && !(given->op->no_gradient >> i & 1);
        }
    }
    given->op->plan(plan);
    return gradient;
}

size_t graph_add(struct graph *graph, struct graph_node given)
{
    struct op_plan plan;
    const bool gradient = graph_plan(graph, &given, &plan);

    const size_t id = graph_add_value(graph, VALUE_NODE, &plan.out);
    const size_t size = graph_lead_max(graph, &plan.out) * shape_width(&plan.out);
    struct value *value = &graph->value[id];
    BUG_ON(gradient && !given.op->backward);
    value->gradient = gradient;
    value->place = graph_take(&graph->values_size, size);
    value->which = graph->nodes;
    graph->node = memory_resize(graph->node, graph->nodes + 1, sizeof *graph->node);
    graph->node[graph->nodes++] = (struct node){
        .given = given,
        .out = id,
        .keep = graph_take(&graph->keep_size, plan.keep),
    };
    if (graph->keep_most < plan.keep)
        graph->keep_most = plan.keep;
    if (graph->work_size < plan.work)
        graph->work_size = plan.work;
    return id;
}

void graph_narrow(struct graph *graph, struct graph_narrow narrow)
{
    const struct value *gate = &graph->value[narrow.gate];

    BUG_ON(graph->finished || narrow.gate >= graph->values);
    BUG_ON(narrow.from >= graph->tracks || narrow.to >= graph->tracks || narrow.from == narrow.to);
    BUG_ON(graph->track_steps[narrow.to] < graph->track_steps[narrow.from]);
    BUG_ON(gate->shape.lead != SHAPE_LEAD_ROWS || narrow.column >= shape_width(&gate->shape));
    for (size_t i = 0; i < GRAPH_NARROW_INPUTS_MAX; i++) {
        const struct value *from = &graph->value[narrow.input_from[i]];
        const struct value *to = &graph->value[narrow.input_to[i]];
        if (narrow.input_from[i] == GRAPH_NONE)
            continue;
        BUG_ON(from->kind != to->kind || (to->kind != VALUE_INPUT && to->kind != VALUE_INDEX));
        BUG_ON(from->shape.lead != SHAPE_LEAD_STEPS || to->shape.lead != SHAPE_LEAD_STEPS);
        BUG_ON(from->shape.track != narrow.from || to->shape.track != narrow.to);
        BUG_ON(shape_width(&from->shape) != shape_width(&to->shape));
    }
    graph->node = memory_resize(graph->node, graph->nodes + 1, sizeof *graph->node);
    graph->node[graph->nodes++] = (struct node){.narrow = narrow};
}

void graph_hold(struct graph *graph, size_t value)
{
    BUG_ON(graph->finished || value >= graph->values);
    graph->value[value].held = true;
    graph->holds = true;
}

/*
 * Time-major slices are small, so packing costs as much as a good part of the products with it.
 * Rows further apart than this would fall into the same few sets of the first-level cache. With
 * tracks many turns, each of few steps, read what was packed once.
 */
static bool fits_in_place(const struct graph *graph, const struct value *value)
{
    enum { ROW_MAX = 256 };
    const size_t n = value_n(value);

    return !graph->kernels->mixed && !graph->tracks && n % graph->kernels->panel == 0 &&
           n <= ROW_MAX;
}

void graph_finish(struct graph *graph)
{
    BUG_ON(graph->finished);
    graph_place_gradients(graph);
    graph_place_values(graph);
    for (size_t id = 1; id < graph->values; id++) {
        struct value *value = &graph->value[id];
        if (!value->matrix)
            continue;
        const size_t k = value_k(value), n = value_n(value), count = value_matrices(value);
        value->in_place = fits_in_place(graph, value);
        if (!value->in_place)
            value->packed =
                graph_take(&graph->packed_size, count * kernels_packed_size(graph->kernels, k, n));
        value->packed_transposed =
            graph_take(&graph->packed_size, count * kernels_packed_size(graph->kernels, n, k));
    }
    graph->packed_work = graph_take(&graph->packed_size, graph->weights_work);
    if (graph->work_size < graph->weights_work)
        graph->work_size = graph->weights_work;
    graph->finished = true;
}

/* Matrix `which` of a parameter or weight, unless products read it where it is, and its transpose.
 */
static void pack_matrix(const struct graph *graph, const struct value *value, size_t which,
                        const real *parameters, real *packed)
{
    const struct kernels *kernels = graph->kernels;
    const size_t k = value_k(value), n = value_n(value);
    const real *matrix = graph_weight_at(value, parameters, packed) + which * k * n;

    if (!value->in_place)
        kernels->pack(packed + value->packed + which * kernels_packed_size(kernels, k, n), matrix,
                      k, n, 0, kernels_panels(kernels, n));
    kernels->pack_transposed(packed + value->packed_transposed +
                                 which * kernels_packed_size(kernels, n, k),
                             matrix, k, n, 0, kernels_panels(kernels, k));
}

void graph_pack(const struct graph *graph, const real *parameters, real *packed)
{
    graph_weights_forward(graph, parameters, packed);
    for (size_t id = 1; id < graph->values; id++) {
        const struct value *value = &graph->value[id];
        for (size_t m = 0; value->matrix && m < value_matrices(value); m++)
            pack_matrix(graph, value, m, parameters, packed);
    }
}

size_t graph_parameter_count(const struct graph *graph)
{
    return graph->parameters;
}

const struct graph_parameter *graph_parameter_at(const struct graph *graph, size_t i)
{
    BUG_ON(i >= graph->parameters);
    return &graph->parameter[i];
}

const struct graph_parameter *graph_parameter_find(const struct graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->parameters; i++)
        if (strcmp(graph->parameter[i].name, name) == 0)
            return &graph->parameter[i];
    return NULL;
}

size_t graph_parameters_size(const struct graph *graph)
{
    return graph->parameters_size;
}

size_t graph_packed_size(const struct graph *graph)
{
    return graph->packed_size;
}
