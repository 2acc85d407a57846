/*
 * vector — the vector types of one instruction set, for the files of this folder.
 *
 * meson.build compiles each file once per set with KERNEL_SET (the ending of its functions) and
 * KERNEL_BYTES (the width of a vector register). GCC's vector extensions do the rest.
 */
#ifndef QUERN_NN_KERNEL_VECTOR_H
#define QUERN_NN_KERNEL_VECTOR_H

#include "nn/kernels.h"

#include <stdint.h>
#include <string.h>

#ifdef QUERN_REAL_DOUBLE
typedef int64_t lane;
#else
typedef int32_t lane;
#endif

typedef real vec __attribute__((vector_size(KERNEL_BYTES)));
typedef lane ivec __attribute__((vector_size(KERNEL_BYTES)));

enum { LANES = KERNEL_BYTES / sizeof(real) };

#define KERNEL_JOIN(name, set) name##_##set
#define KERNEL_NAME(name, set) KERNEL_JOIN(name, set)
#define KERNEL(name) KERNEL_NAME(name, KERNEL_SET)

#define INLINE static inline __attribute__((always_inline, unused))

INLINE vec vec_load(const real *x)
{
    vec v;

    memcpy(&v, x, sizeof v);
    return v;
}

INLINE void vec_store(real *x, vec v)
{
    memcpy(x, &v, sizeof v);
}

/* The first n of LANES numbers; the others are 0. */
INLINE vec vec_load_part(const real *x, size_t n)
{
    vec v = {0};

    memcpy(&v, x, n * sizeof *x);
    return v;
}

INLINE void vec_store_part(real *x, vec v, size_t n)
{
    memcpy(x, &v, n * sizeof *x);
}

INLINE vec vec_of(real x)
{
    return x - (vec){0};
}

INLINE vec vec_select(ivec mask, vec yes, vec no)
{
    return (vec)((mask & (ivec)yes) | (~mask & (ivec)no));
}

#endif
