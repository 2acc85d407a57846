/*
 * real — the number type of src/nn: float in the product, double in the library that the gradient
 * table links (-DQUERN_REAL_DOUBLE). Kernels and ops are written once over it.
 */
#ifndef QUERN_NN_REAL_H
#define QUERN_NN_REAL_H

#ifdef QUERN_REAL_DOUBLE
typedef double real;
#else
typedef float real;
#endif

#endif
