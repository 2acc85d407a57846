/*
 * class_loss — what the losses of one class against the others have in common.
 *
 *   loss = 1/S sum_b w[b] f(p[b])          p[b] = softmax(z[b])[y[b]], the class that is right
 *
 *   in   z [B,C]   y [B], integers below C   w [B], no gradient   S [1], no gradient
 *   out  loss [1]
 *   grad dz[b,c] = dloss w[b] / S * p f'(p) ((c == y) - softmax(z[b])[c])
 *   work [C]
 *
 * S is the sum of the weights of the whole batch, not of this slice, so that the losses and the
 * gradients of the slices of a batch add up to those of the batch. An op of this family gives f and
 * p f'(p) of one row; q = 1 - p and log p are computed without cancellation, so that rows that are
 * all but certain keep their digits.
 */
#ifndef QUERN_NN_OP_CLASS_LOSS_H
#define QUERN_NN_OP_CLASS_LOSS_H

#include "nn/op.h"

struct class_loss_row {
    size_t label;
    real p, q, log_p;
};

struct class_loss_value {
    real loss, slope; /* f(p) and p f'(p) */
};

typedef struct class_loss_value (*class_loss_curve)(const struct op_call *call,
                                                    const struct class_loss_row *row);

void class_loss_plan(struct op_plan *plan);
void class_loss_forward(struct op_call *call, class_loss_curve curve);
void class_loss_backward(struct op_call *call, class_loss_curve curve);

/* x^power for x from 0 to 2 by the kernels' exp and log; 0^0 is 1. */
real class_loss_power(const struct op_call *call, real x, double power);

#endif
