/*
 * graph_weight — weights that are computed from others: once before the slices of a step run, and
 * their gradients once after the turns of a slice. They lie beside the packed copies.
 */
#include "nn/graph_internal.h"

#include "base/arena.h"
#include "base/error.h"

size_t graph_weight(struct graph *graph, struct graph_node given)
{
    struct op_plan plan;

    for (size_t i = 0; i < given.op->inputs; i++) {
        const enum value_kind kind = graph->value[given.in[i]].kind;
        BUG_ON(given.in[i] != GRAPH_NONE && kind != VALUE_PARAMETER && kind != VALUE_WEIGHT);
    }
    graph_plan(graph, &given, &plan);
    BUG_ON(plan.out.lead != SHAPE_LEAD_FIXED || plan.keep || !given.op->backward);
    const size_t id = graph_add_value(graph, VALUE_WEIGHT, &plan.out);
    struct value *value = &graph->value[id];
    value->gradient = true;
    value->place = graph_take(&graph->packed_size, shape_width(&plan.out));
    value->d_place = graph_take(&graph->weights_size, shape_width(&plan.out));
    value->which = graph->weights;
    graph->weight = memory_resize(graph->weight, graph->weights + 1, sizeof *graph->weight);
    graph->weight[graph->weights++] = (struct node){.given = given, .out = id};
    if (graph->weights_work < plan.work)
        graph->weights_work = plan.work;
    return id;
}

/* Without gradients. */
static struct op_operand operand(const struct graph *graph, const real *parameters,
                                 const real *packed, size_t id)
{
    const struct value *value = &graph->value[id];

    return (struct op_operand){
        .x = graph_weight_at(value, parameters, packed),
        .shape = value->shape,
        .count = 1,
        .width = shape_width(&value->shape),
    };
}

static struct op_call call_of(const struct graph *graph, const real *parameters, const real *packed,
                              const struct node *node)
{
    struct op_call call = {
        .out = operand(graph, parameters, packed, node->out),
        .settings = &node->given.settings,
        .kernels = kernels_best(), /* float32 even where the products of a batch are mixed */
    };

    for (size_t i = 0; i < node->given.op->inputs; i++)
        if (node->given.in[i] != GRAPH_NONE)
            call.in[i] = operand(graph, parameters, packed, node->given.in[i]);
    return call;
}

void graph_weights_forward(const struct graph *graph, const real *parameters, real *packed)
{
    for (size_t i = 0; i < graph->weights; i++) {
        const struct node *node = &graph->weight[i];
        struct op_call call = call_of(graph, parameters, packed, node);
        call.result = packed + graph->value[node->out].place;
        call.work = packed + graph->packed_work;
        node->given.op->forward(&call);
    }
}

static real *gradient_at(const struct graph *graph, const struct graph_weights_back *back,
                         size_t id)
{
    const struct value *value = &graph->value[id];

    if (value->kind == VALUE_PARAMETER)
        return back->gradients + value->place;
    return back->d_weights + value->d_place;
}

void graph_weights_backward(const struct graph *graph, const real *parameters, const real *packed,
                            const struct graph_weights_back *back)
{
    for (size_t i = graph->weights; i-- > 0;) {
        const struct node *node = &graph->weight[i];
        struct op_call call = call_of(graph, parameters, packed, node);
        call.out.d = gradient_at(graph, back, node->out);
        call.work = back->work;
        for (size_t j = 0; j < node->given.op->inputs; j++)
            if (call.in[j].x && !(node->given.op->no_gradient >> j & 1))
                call.in[j].d = gradient_at(graph, back, node->given.in[j]);
        node->given.op->backward(&call);
    }
}
