/*
 * gradient — an op's backward against central differences of its forward, in double precision.
 *
 * The output is projected on random numbers r, f = sum r y. For every number of every input with a
 * gradient, backward with dy = r must give (f(x + h) - f(x - h)) / 2h, h = 1e-6. Backward runs
 * twice on gradients that start at random values, so that a missing += shows.
 *
 * A case with `tracks` runs the op as a graph with tracks does: rows of several sequences,
 * row-major. Input shapes are then SHAPE_TRACK(k, ...), and row b of track k has track_length[k][b]
 * steps, 0 included:
 *
 *   CASE(append_step, 3, 1, IN(SHAPE_TRACK(0, 5), SHAPE_FIXED(5)),
 *        .tracks = 2, .track_length = {{3, 0, 1}, {4, 0, 2}})
 *
 * track_steps_max[k] is what buffers are made for; 0: the longest row. A weight matrix may be of
 * rank 3, [e, k, n]: e matrices, panels_next apart. An input of integers holds -1 to one past the
 * rows of in[1], or values from `index_from` below `index_below` if that is given.
 *
 * Only for programs compiled with -DQUERN_REAL_DOUBLE.
 */
#ifndef QUERN_TESTS_NN_GRADIENT_H
#define QUERN_TESTS_NN_GRADIENT_H

#include "nn/kernels.h"
#include "nn/op.h"

struct gradient_case {
    const struct op *op;
    struct shape in[OP_INPUTS_MAX]; /* rank 0: absent */
    size_t rows, steps;             /* what buffers are made for */
    size_t length[8];               /* of the rows, longest first; all 0: every row has all steps */
    size_t tracks;                  /* 0: time-major, `length` */
    size_t track_length[OP_TRACKS_MAX][8];
    size_t track_steps_max[OP_TRACKS_MAX];
    size_t index_from, index_below;
    double low, high; /* range of inputs; both 0: -1 .. 1 */
    union op_settings settings;
    bool training;
    double tolerance; /* relative; 0: 1e-7 */
};

/*
 * The largest disagreement, relative to the larger of the two and at least 0.1; infinite if
 * backward does not add. An op without backward gives 0 if no input could have a gradient.
 */
double gradient_error(const struct gradient_case *c, const struct kernels *kernels);

#endif
