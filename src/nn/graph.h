/*
 * graph — a network as a list of ops with static shapes, and runs of it over slices of a batch.
 *
 *   struct graph *g = graph_new(32, 10);                    slices of up to 32 rows of 10 steps
 *   size_t x = graph_input(g, "x", SHAPE_ROWS(5));
 *   size_t w = graph_parameter(g, "output.kernel", SHAPE_FIXED(5, 1));
 *   size_t b = graph_parameter(g, "output.bias", SHAPE_FIXED(1));
 *   size_t y = graph_add(g, (struct graph_node){.op = &op_dense, .in = {x, w, b}});
 *   graph_finish(g);
 *
 * A value is known by its id (0 is GRAPH_NONE). A finished graph is immutable: a plan that any
 * number of threads share. Its weights are one vector, `const real *parameters`, and so are the
 * gradients, in the same layout; named parts of it are listed by graph_parameter_at(). Every part
 * starts at a multiple of 16 numbers; the gaps are never read and their gradient stays 0.
 *
 * One training step:
 *   1. graph_pack() once, by each thread for itself: weight matrices in kernel layout, and those
 *      weights that are computed from others
 *   2. each slice, by one thread at a time, in its own graph_run:
 *      graph_run_begin(), fill the inputs, graph_forward(), zero the gradients, graph_backward();
 *      more turns may follow and add to the gradients; graph_backward_weights() after the last
 *   3. add the gradient vectors of the slices in fixed order
 * Steps 1 and 2 allocate nothing, and the result does not depend on the number of threads.
 *
 * A graph of rows with several sequences each has tracks (shape.h):
 *
 *   struct graph *g = graph_new_tracks(8, (size_t[]){51, 52}, 2);
 *   size_t x = graph_input(g, "x", SHAPE_TRACK(0, 5));
 *
 * The lengths of a track are given to graph_run_begin(), or computed on the way: after
 * graph_narrow() a track holds the steps of another, but none of the rows whose gate is 0, so that
 * all ops on it do nothing for these rows.
 *
 * Mistakes in building a graph are bugs of this program and end in BUG(); sizes that come from
 * outside are checked before (see journey_attention_net.h).
 */
#ifndef QUERN_NN_GRAPH_H
#define QUERN_NN_GRAPH_H

#include "nn/op.h"
#include "nn/real.h"
#include "nn/shape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GRAPH_NONE = 0, GRAPH_NAME_MAX = 96, GRAPH_ALIGN = 16 };

struct graph;

struct graph_node {
    const struct op *op;
    size_t in[OP_INPUTS_MAX]; /* value ids; GRAPH_NONE for an absent optional input */
    union op_settings settings;
};

struct graph_parameter {
    char name[GRAPH_NAME_MAX];
    struct shape shape;
    size_t offset, count; /* in the vector of parameters */
    size_t value;         /* id */
};

/* Slices have at most `rows` rows of at most `steps` steps (1 for a model without time). */
struct graph *graph_new(size_t rows, size_t steps);
/* Row-major, `count` tracks of at most steps[k] steps a row. */
struct graph *graph_new_tracks(size_t rows, const size_t *steps, size_t count);
/* Products round their factors to bf16 (kernels_mixed()); all else, the weights too, is float32. */
void graph_use_mixed(struct graph *graph);
void graph_free(struct graph *graph);

/* Building. Each returns the id of the new value. */
size_t graph_parameter(struct graph *graph, const char *name, struct shape shape);
size_t graph_input(struct graph *graph, const char *name, struct shape shape);
size_t graph_input_index(struct graph *graph, const char *name, struct shape shape);
size_t graph_add(struct graph *graph, struct graph_node node);

/*
 * A weight computed from others, parameters or such weights: in graph_pack(), once for all slices,
 * and in float32 even in a mixed graph.
 */
size_t graph_weight(struct graph *graph, struct graph_node node);

/*
 * Nodes added after this find in track `to` the steps of track `from`, but none of the rows where
 * number `column` of the value `gate` (of rows) is not above 0. Inputs in track `to` are copied
 * from inputs in track `from`; nobody else fills them. No gradient passes.
 */
enum { GRAPH_NARROW_INPUTS_MAX = 4 };
struct graph_narrow {
    size_t from, to;
    size_t gate, column;
    size_t input_from[GRAPH_NARROW_INPUTS_MAX], input_to[GRAPH_NARROW_INPUTS_MAX];
};
void graph_narrow(struct graph *graph, struct graph_narrow narrow);

/*
 * What will be read after a run, beside inputs. Unless this is called, that is every value; in runs
 * with gradients it always is. What else a run without gradients computes shares memory.
 */
void graph_hold(struct graph *graph, size_t value);

/* No more nodes: lay out the buffers. */
void graph_finish(struct graph *graph);

size_t graph_parameter_count(const struct graph *graph);
const struct graph_parameter *graph_parameter_at(const struct graph *graph, size_t i);
/* NULL if there is none of this name. */
const struct graph_parameter *graph_parameter_find(const struct graph *graph, const char *name);

/* Numbers in the vector of parameters and in the packed copies. */
size_t graph_parameters_size(const struct graph *graph);
size_t graph_packed_size(const struct graph *graph);

/*
 * Write the packed copies (allocate graph_packed_size() numbers, aligned to 64 bytes: arena_take()
 * does) before a slice runs.
 */
void graph_pack(const struct graph *graph, const real *parameters, real *packed);

/* The buffers of one slice; owned by one thread at a time. */
struct graph_run;

/* `gradients` false: a run for prediction only, without backward buffers. */
struct graph_run *graph_run_new(const struct graph *graph, bool gradients);
void graph_run_free(struct graph_run *run);

struct graph_batch {
    size_t rows; /* at most those of the graph; 0 is fine */
    /* [rows], each 1 to the graph's steps, longest first. NULL: every row has all of them. */
    const size_t *length;
    /* With tracks: [rows] each, 0 to the steps of the track, in any order; NULL: all 0. */
    const size_t *track_length[OP_TRACKS_MAX];
    bool training;
    uint64_t seed;    /* of this training step: seeds the dropout */
    size_t first_row; /* number of row 0 within the whole batch, so slices draw different masks */
};

/*
 * What the next slice holds; afterwards inputs may be filled at the places start[t] + b, or
 * track[k].begin[b] + t.
 */
void graph_run_begin(struct graph_run *run, const struct graph_batch *batch);
const struct op_batch *graph_run_batch(const struct graph_run *run);

/* Where to write an input of this run. */
real *graph_run_input(struct graph_run *run, size_t value);
int32_t *graph_run_index(struct graph_run *run, size_t value);
/* A computed value; see graph_hold(). */
const real *graph_run_value(const struct graph_run *run, size_t value);

void graph_forward(struct graph_run *run, const real *parameters, const real *packed);

/*
 * Add the gradient of `loss` (a value of shape SHAPE_FIXED(1)) by every parameter to
 * graph_run_gradients(), a vector in the layout of the parameters that the caller zeroes. What
 * belongs to weights of graph_weight() is only there after graph_backward_weights(), to be called
 * once for any number of graph_backward().
 */
void graph_backward(struct graph_run *run, const real *parameters, const real *packed, size_t loss);
void graph_backward_weights(struct graph_run *run, const real *parameters, const real *packed);
real *graph_run_gradients(struct graph_run *run);

#endif
