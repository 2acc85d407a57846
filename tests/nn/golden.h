/*
 * golden — our models against reference vectors: weights, inputs, outputs and gradients that an
 * independent implementation computed, in one safetensors file.
 *
 *   param.NAME the weights   input.NAME   output.NAME   grad.NAME the gradient of the loss by NAME
 *
 * An output agrees within 1e-4 relative or 1e-5 absolute, a gradient within 1e-3 or 1e-5. So that
 * one figure says both, the relative error printed is that to the larger of the number and 0.1 (for
 * a gradient 0.01).
 */
#ifndef QUERN_TESTS_NN_GOLDEN_H
#define QUERN_TESTS_NN_GOLDEN_H

#include "nn/real.h"
#include "base/safetensors.h"

#include <stdbool.h>
#include <stdio.h>

/* Where results go: a line per tensor, unless `out` is NULL. */
struct golden {
    const struct safetensors *file;
    FILE *out;
    size_t tensors, failed;
};

/*
 * Run the model that the file is for and compare. True when every tensor agrees.
 *
 * ERR_DATA   the file is damaged, no model is known for it, or a tensor is missing
 * ERR_CHECK  a tensor disagrees; the message names the first
 */
bool golden_check(const char *path, FILE *out, struct error *err);

/*
 * Compare with the tensor `name` of `count` numbers; prints its line. A disagreement is counted in
 * `golden` and the first is set in `err`. False only when the tensor cannot be read.
 */
bool golden_compare(struct golden *golden, const char *name, const real *got, size_t count,
                    struct error *err);

/* One function per model, in golden_NAME.c. */
bool golden_journey_attention(struct golden *golden, struct error *err);
bool golden_temporal_attention(struct golden *golden, struct error *err);

#endif
