/*
 * gradient — an op's backward against central differences of its forward, in double precision.
 *
 * The output is projected on random numbers r, f = sum r y. For every number of every input with a
 * gradient, backward with dy = r must give (f(x + h) - f(x - h)) / 2h, h = 1e-6. Backward runs
 * twice on gradients that start at random values, so that a missing += shows.
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
    double low, high;               /* range of inputs; both 0: -1 .. 1 */
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
