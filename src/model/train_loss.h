/* train_loss — the losses of a `train` section, and what classes weigh in them. */
#ifndef QUERN_MODEL_TRAIN_LOSS_H
#define QUERN_MODEL_TRAIN_LOSS_H

#include "base/error.h"
#include "model/train_config.h"
#include "nn/op.h"

/*
 * The op of the loss for `classes` classes and its settings.
 *
 * ERR_CONFIG  a loss for two classes only, or an alpha with more
 */
MUST_CHECK bool train_loss_op(const struct train_config *train, size_t classes,
                              const struct op **op, union op_settings *settings, struct error *err);

/*
 * The share of the confident rows in epoch `epoch` (from 0) of the cyclical focal loss: 1 in the
 * first, 0 after 1 / factor of the epochs, 1 again in the last (Smith, 2022, equation 4, where
 * epochs are counted so that the last is the whole).
 */
double train_loss_share(const struct train_config *train, size_t epoch);

/*
 * weight [classes] from `class_weights`; count [classes] is how often each is among the training
 * rows. Balanced: rows / (classes * count), as scikit-learn has it.
 *
 * ERR_CONFIG  not "none", "balanced" or `classes` numbers above 0
 * ERR_DATA    balanced, and there is no row of a class
 */
MUST_CHECK bool train_loss_weights(const struct train_config *train, const size_t *count,
                                   size_t classes, double *weight, struct error *err);

#endif
