/*
 * graph_place — values and gradients share memory where they do not meet, so that most of them stay
 * in the caches: each is needed between two nodes.
 */
#include "nn/graph_internal.h"

#include "base/arena.h"

#include <stdlib.h>

/* Numbers that are needed from node `first` to node `last`. */
struct span {
    size_t first, last, size, place;
};

struct spans {
    struct span *span;
    size_t count, size; /* size: of the memory they share */
};

/* The lowest place beside those of all spans that meet this one. */
static size_t free_place(const struct spans *spans, const struct span *span)
{
    size_t place = 0;

    for (size_t i = 0; i < spans->count; i++) {
        const struct span *other = &spans->span[i];
        if (other->first > span->last || span->first > other->last)
            continue;
        if (place < other->place + other->size && other->place < place + span->size) {
            place = other->place + other->size;
            i = (size_t)-1; /* from the start: it may meet one that was passed */
        }
    }
    return place;
}

static size_t put(struct spans *spans, struct span span)
{
    span.place = free_place(spans, &span);
    if (spans->size < span.place + span.size)
        spans->size = span.place + span.size;
    spans->span[spans->count++] = span;
    return span.place;
}

static size_t size_of(const struct graph *graph, const struct value *value)
{
    return graph_aligned(graph_lead_max(graph, &value->shape) * shape_width(&value->shape));
}

static bool reads(const struct node *node, size_t id, bool gradient)
{
    const struct graph_node *given = &node->given;

    if (!given->op)
        return node->narrow.gate == id;
    for (size_t j = 0; j < given->op->inputs; j++)
        if (given->in[j] == id && !(gradient && given->op->no_gradient >> j & 1))
            return true;
    return false;
}

/* The last node that reads a value, or passes a gradient to it; SIZE_MAX: none. */
static size_t last_reader(const struct graph *graph, size_t id, bool gradient)
{
    for (size_t i = graph->nodes; i-- > 0;)
        if (reads(&graph->node[i], id, gradient) && !(gradient && !graph->node[i].given.op))
            return i;
    return SIZE_MAX;
}

/*
 * While backward runs from the last node to the first, a gradient is written from the last node
 * that reads its value down to the node that makes it.
 */
void graph_place_gradients(struct graph *graph)
{
    struct spans spans = {.span = memory_take(graph->nodes + 1, sizeof *spans.span)};

    for (size_t i = graph->nodes; i-- > 0;) {
        struct value *value = &graph->value[graph->node[i].out];
        if (!graph->node[i].given.op || !value->gradient)
            continue;
        /* What nobody reads is a loss. */
        const size_t last = last_reader(graph, graph->node[i].out, true);
        value->d_place = put(&spans, (struct span){.first = i,
                                                   .last = last == SIZE_MAX ? graph->nodes : last,
                                                   .size = size_of(graph, value)});
    }
    graph->gradients_size = spans.size;
    free(spans.span);
}

/*
 * Without gradients a value is needed from the node that makes it to the last one that reads it,
 * where the graph says which are read after a run. Inputs stay as they are: a run may be repeated.
 */
void graph_place_values(struct graph *graph)
{
    struct spans spans = {.span = memory_take(graph->nodes + 1, sizeof *spans.span)};
    size_t inputs = 0;

    for (size_t id = 1; id < graph->values; id++) {
        struct value *value = &graph->value[id];
        value->lone = graph->holds ? inputs : value->place;
        if (value->kind == VALUE_INPUT)
            inputs += size_of(graph, value);
    }
    for (size_t i = 0; graph->holds && i < graph->nodes; i++) {
        struct value *value = &graph->value[graph->node[i].out];
        size_t last = last_reader(graph, graph->node[i].out, false);
        if (!graph->node[i].given.op)
            continue;
        if (value->held)
            last = graph->nodes;
        value->lone = inputs + put(&spans, (struct span){.first = i,
                                                         .last = last == SIZE_MAX ? i : last,
                                                         .size = size_of(graph, value)});
    }
    graph->lone_size = graph->holds ? inputs + spans.size : graph->values_size;
    free(spans.span);
}
