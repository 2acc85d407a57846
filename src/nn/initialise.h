/* initialise — starting weights, as Keras draws them; a function of (seed, stream) alone. */
#ifndef QUERN_NN_INITIALISE_H
#define QUERN_NN_INITIALISE_H

#include "nn/real.h"

#include <stddef.h>
#include <stdint.h>

/* Glorot uniform: uniform in +-sqrt(6 / (rows + columns)). w is [rows, columns]. */
void initialise_glorot(real *w, size_t rows, size_t columns, uint64_t seed, uint64_t stream);

/*
 * Orthogonal rows, rows <= columns: random normal numbers, made orthonormal by Gram-Schmidt, twice
 * so that rounding does not spoil it. w is [rows, columns].
 */
void initialise_orthogonal(real *w, size_t rows, size_t columns, uint64_t seed, uint64_t stream);

#endif
