/* kernel_vector — vectors of KERNEL_BYTES, for the files that are compiled once per instruction set
 * (kernel.h). */
#ifndef QUERN_INCREMENTAL_KERNEL_VECTOR_H
#define QUERN_INCREMENTAL_KERNEL_VECTOR_H

#include "incremental/kernel.h"

#include <stdint.h>
#include <string.h>

enum { LANES = KERNEL_BYTES / sizeof(double), PARTS = KERNEL_LANES / LANES };

#define INLINE static inline __attribute__((always_inline))
#define KERNEL_JOIN(name, set) name##_##set
#define KERNEL_NAME(name, set) KERNEL_JOIN(name, set)

typedef double vector __attribute__((vector_size(KERNEL_BYTES)));
typedef int64_t vector_bits __attribute__((vector_size(KERNEL_BYTES)));

INLINE vector load(const double *x)
{
    vector v;

    memcpy(&v, x, sizeof v);
    return v;
}

INLINE void store(double *x, vector v)
{
    memcpy(x, &v, sizeof v);
}

#endif
