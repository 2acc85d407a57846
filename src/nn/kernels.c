#include "nn/kernels.h"

extern const struct kernels kernels_baseline, kernels_mixed_baseline;

#ifdef __x86_64__
extern const struct kernels kernels_avx2, kernels_avx512;
#ifndef QUERN_REAL_DOUBLE
extern const struct kernels kernels_mixed_avx2, kernels_mixed_avx512, kernels_mixed_avx512bf16;
#endif

const struct kernels *kernels_at(size_t i)
{
    switch (i) {
    case 0:
        return &kernels_baseline;
    case 1:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kernels_avx2
                                                                               : NULL;
    case 2:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
                   ? &kernels_avx512
                   : NULL;
    default:
        return NULL;
    }
}

#ifndef QUERN_REAL_DOUBLE
const struct kernels *kernels_mixed_at(size_t i)
{
    if (i == 3)
        return kernels_at(2) && __builtin_cpu_supports("avx512bf16") ? &kernels_mixed_avx512bf16
                                                                     : NULL;
    if (i > 3 || !kernels_at(i))
        return NULL;
    return i == 2 ? &kernels_mixed_avx512 : i == 1 ? &kernels_mixed_avx2 : &kernels_mixed_baseline;
}
#endif
#else
const struct kernels *kernels_at(size_t i)
{
    return i == 0 ? &kernels_baseline : NULL;
}

#ifndef QUERN_REAL_DOUBLE
const struct kernels *kernels_mixed_at(size_t i)
{
    return i == 0 ? &kernels_mixed_baseline : NULL;
}
#endif
#endif

#ifdef QUERN_REAL_DOUBLE
/* There is none: double is for checking formulas. */
const struct kernels *kernels_mixed_at(size_t i)
{
    return kernels_at(i);
}
#endif

const struct kernels *kernels_mixed(void)
{
    for (size_t i = KERNELS_MIXED_COUNT; i-- > 1;)
        if (kernels_mixed_at(i))
            return kernels_mixed_at(i);
    return kernels_mixed_at(0);
}

const struct kernels *kernels_best(void)
{
    for (size_t i = KERNELS_COUNT; i-- > 1;)
        if (kernels_at(i))
            return kernels_at(i);
    return kernels_at(0);
}
