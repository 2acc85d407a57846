#include "nn/kernels.h"

extern const struct kernels kernels_baseline;

#ifdef __x86_64__
extern const struct kernels kernels_avx2, kernels_avx512;

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
#else
const struct kernels *kernels_at(size_t i)
{
    return i == 0 ? &kernels_baseline : NULL;
}
#endif

const struct kernels *kernels_best(void)
{
    for (size_t i = KERNELS_COUNT; i-- > 1;)
        if (kernels_at(i))
            return kernels_at(i);
    return kernels_at(0);
}
