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

#if KERNEL_BYTES == 64
#include <immintrin.h>
#endif

#ifdef QUERN_REAL_DOUBLE
typedef int64_t lane;
typedef uint64_t unsigned_lane;
#else
typedef int32_t lane;
typedef uint32_t unsigned_lane;
#endif

typedef real vec __attribute__((vector_size(KERNEL_BYTES)));
typedef lane ivec __attribute__((vector_size(KERNEL_BYTES)));
typedef unsigned_lane uvec __attribute__((vector_size(KERNEL_BYTES)));

enum { LANES = KERNEL_BYTES / sizeof(real) };

/* Numbers of a factor that lie in one `real` where products are mixed (mixed.c). */
#if defined __AVX512BF16__ && KERNEL_BYTES == 64
enum { KERNEL_FOLD = 2 };
#else
enum { KERNEL_FOLD = 1 };
#endif

#define KERNEL_JOIN(name, set) name##_##set
#define KERNEL_NAME(name, set) KERNEL_JOIN(name, set)
#define KERNEL(name) KERNEL_NAME(name, KERNEL_SET)

/*
 * Before a loop of few turns over registers; and for a function that is made anew for each constant
 * it is called with. Not where the compiler adds a check to every access: unrolled, a product takes
 * it minutes.
 */
#ifndef __clang__
#define UNROLL _Pragma("GCC unroll 16")
#define SPECIALISE INLINE
#elif __has_feature(address_sanitizer)
#define UNROLL
#define SPECIALISE static __attribute__((noinline, unused))
#else
#define UNROLL _Pragma("clang loop unroll(full)")
#define SPECIALISE INLINE
#endif

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

/* The first n of LANES numbers; the others are 0. n is below LANES. */
#if KERNEL_BYTES == 64
INLINE vec vec_load_part(const real *x, size_t n)
{
#ifdef QUERN_REAL_DOUBLE
    return (vec)_mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), x);
#else
    return (vec)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), x);
#endif
}

INLINE void vec_store_part(real *x, vec v, size_t n)
{
#ifdef QUERN_REAL_DOUBLE
    _mm512_mask_storeu_pd(x, (__mmask8)((1u << n) - 1), (__m512d)v);
#else
    _mm512_mask_storeu_ps(x, (__mmask16)((1u << n) - 1), (__m512)v);
#endif
}
#else
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
#endif

INLINE vec vec_of(real x)
{
    return x - (vec){0};
}

INLINE vec vec_select(ivec mask, vec yes, vec no)
{
    return (vec)((mask & (ivec)yes) | (~mask & (ivec)no));
}

/* a where it is below (above) b, else b: b where either is NaN. */
INLINE vec vec_lower(vec a, vec b)
{
#if KERNEL_BYTES == 64 && defined QUERN_REAL_DOUBLE
    return (vec)_mm512_min_pd((__m512d)a, (__m512d)b);
#elif KERNEL_BYTES == 64
    return (vec)_mm512_min_ps((__m512)a, (__m512)b);
#else
    return vec_select(a < b, a, b);
#endif
}

INLINE vec vec_higher(vec a, vec b)
{
#if KERNEL_BYTES == 64 && defined QUERN_REAL_DOUBLE
    return (vec)_mm512_max_pd((__m512d)a, (__m512d)b);
#elif KERNEL_BYTES == 64
    return (vec)_mm512_max_ps((__m512)a, (__m512)b);
#else
    return vec_select(a > b, a, b);
#endif
}

/* a0 b0 a1 b1 ... from the first halves of a and b, and the same from their second halves. */
#ifdef QUERN_REAL_DOUBLE
#define KERNEL_LANES (KERNEL_BYTES / 8)
#else
#define KERNEL_LANES (KERNEL_BYTES / 4)
#endif
#if KERNEL_LANES == 2
#define VEC_LOW 0, 2
#define VEC_HIGH 1, 3
#elif KERNEL_LANES == 4
#define VEC_LOW 0, 4, 1, 5
#define VEC_HIGH 2, 6, 3, 7
#elif KERNEL_LANES == 8
#define VEC_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define VEC_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#else
#define VEC_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define VEC_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#endif

INLINE vec vec_interleave_low(vec a, vec b)
{
    return __builtin_shufflevector(a, b, VEC_LOW);
}

INLINE vec vec_interleave_high(vec a, vec b)
{
    return __builtin_shufflevector(a, b, VEC_HIGH);
}

#endif
