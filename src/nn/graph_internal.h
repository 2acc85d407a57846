/* graph_internal — what graph.c (building) and graph_run.c (running) share. */
#ifndef QUERN_NN_GRAPH_INTERNAL_H
#define QUERN_NN_GRAPH_INTERNAL_H

#include "nn/graph.h"
#include "nn/kernels.h"

enum value_kind { VALUE_NONE, VALUE_PARAMETER, VALUE_INPUT, VALUE_INDEX, VALUE_NODE };

struct value {
    enum value_kind kind;
    struct shape shape;
    bool gradient;  /* has one: a parameter, or a node that depends on one */
    size_t place;   /* in the parameters, the values or the integers of a run */
    size_t d_place; /* of a node's gradient, in the gradients of a run */
    bool held;      /* read after a run */
    size_t lone;    /* like place, in a run without gradients */
    size_t which;   /* index of the parameter or node */
    bool matrix;    /* a parameter that is a factor of products */
    bool in_place;  /* not packed, only its transpose is */
    size_t packed, packed_transposed;
};

/* Matrices of weights in a parameter [k, n] or [e, k, n], and their sizes. */
static inline size_t value_matrices(const struct value *value)
{
    return value->shape.rank == 3 ? value->shape.d[0] : 1;
}

static inline size_t value_k(const struct value *value)
{
    return value->shape.d[value->shape.rank - 2];
}

static inline size_t value_n(const struct value *value)
{
    return value->shape.d[value->shape.rank - 1];
}

struct node {
    struct graph_node given; /* op NULL: the node narrows a track */
    struct graph_narrow narrow;
    size_t out;  /* value id */
    size_t keep; /* place in the run's kept numbers */
};

struct graph {
    size_t rows, steps;
    size_t tracks, track_steps[OP_TRACKS_MAX];
    const struct kernels *kernels;
    bool finished, holds; /* holds: some value is held, so others need not last */
    size_t values, nodes, parameters;
    struct value *value; /* [values]; 0 is GRAPH_NONE */
    struct node *node;
    struct graph_parameter *parameter;
    size_t parameters_size, packed_size;
    /* Sizes of a run, in numbers. */
    size_t values_size, gradients_size, index_size, keep_size, work_size;
    size_t lone_size, keep_most; /* of values without gradients; of one node */
};

/* Parts of buffers begin at multiples of GRAPH_ALIGN numbers. */
static inline size_t graph_aligned(size_t count)
{
    return (count + GRAPH_ALIGN - 1) / GRAPH_ALIGN * GRAPH_ALIGN;
}

/* Fill in value.d_place and .lone, and the sizes that follow (graph_place.c). */
void graph_place_gradients(struct graph *graph);
void graph_place_values(struct graph *graph);

/* Leading count of a shape, at most. */
static inline size_t graph_lead_max(const struct graph *graph, const struct shape *shape)
{
    switch (shape->lead) {
    case SHAPE_LEAD_ROWS:
        return graph->rows;
    case SHAPE_LEAD_STEPS:
        return graph->rows * (graph->tracks ? graph->track_steps[shape->track] : graph->steps);
    default:
        return 1;
    }
}

#endif
