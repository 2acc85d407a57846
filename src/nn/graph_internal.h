/* graph_internal — what graph.c (building), graph_run.c (running) and graph_weight.c share. */
#ifndef QUERN_NN_GRAPH_INTERNAL_H
#define QUERN_NN_GRAPH_INTERNAL_H

#include "nn/graph.h"
#include "nn/kernels.h"

enum value_kind {
    VALUE_NONE,
    VALUE_PARAMETER,
    VALUE_WEIGHT, /* computed from parameters once a step */
    VALUE_INPUT,
    VALUE_INDEX,
    VALUE_NODE
};

struct value {
    enum value_kind kind;
    struct shape shape;
    bool gradient;  /* has one: a parameter, or a node that depends on one */
    size_t place;   /* in the parameters, the packed copies, the values or integers of a run */
    size_t d_place; /* of the gradient of a node or weight, in those of a run */
    bool held;      /* read after a run */
    size_t lone;    /* like place, in a run without gradients */
    size_t which;   /* index of the parameter, weight or node */
    bool matrix;    /* a parameter or weight that is a factor of products */
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
    size_t weights;
    struct node *weight; /* [weights]: nodes of parameters alone, in order */
    size_t parameters_size, packed_size, weights_size;
    size_t weights_work, packed_work; /* size of their scratch, and its place when packing */
    /* Sizes of a run, in numbers. */
    size_t values_size, gradients_size, index_size, keep_size, work_size;
    size_t lone_size, keep_most; /* of values without gradients; of one node */
};

/* Parts of buffers begin at multiples of GRAPH_ALIGN numbers. */
static inline size_t graph_aligned(size_t count)
{
    return (count + GRAPH_ALIGN - 1) / GRAPH_ALIGN * GRAPH_ALIGN;
}

/* Reserve `count` numbers at the end of a buffer; its place. */
static inline size_t graph_take(size_t *size, size_t count)
{
    const size_t place = *size;

    *size += graph_aligned(count);
    return place;
}

/* The numbers of a parameter or weight. */
static inline const real *graph_weight_at(const struct value *value, const real *parameters,
                                          const real *packed)
{
    return (value->kind == VALUE_WEIGHT ? packed : parameters) + value->place;
}

/* Building: a new value; the plan of a node, true if a gradient passes it. */
size_t graph_add_value(struct graph *graph, enum value_kind kind, const struct shape *shape);
bool graph_plan(struct graph *graph, const struct graph_node *given, struct op_plan *plan);

/* Compute all weights; pass their gradients on (graph_weight.c). */
struct graph_weights_back {
    real *gradients, *d_weights, *work;
};
void graph_weights_forward(const struct graph *graph, const real *parameters, real *packed);
void graph_weights_backward(const struct graph *graph, const real *parameters, const real *packed,
                            const struct graph_weights_back *back);

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
