#include "incremental/kernel.h"

extern const struct incremental_kernel incremental_kernel_baseline;

#ifdef __x86_64__
extern const struct incremental_kernel incremental_kernel_avx2, incremental_kernel_avx512;

const struct incremental_kernel *incremental_kernel_at(size_t i)
{
    if (i == 2)
        return __builtin_cpu_supports("avx512f") ? &incremental_kernel_avx512 : NULL;
    if (i == 1)
        return __builtin_cpu_supports("avx2") ? &incremental_kernel_avx2 : NULL;
    return &incremental_kernel_baseline;
}
#else
const struct incremental_kernel *incremental_kernel_at(size_t i)
{
    return i == 0 ? &incremental_kernel_baseline : NULL;
}
#endif

const struct incremental_kernel *incremental_kernel_best(void)
{
    for (size_t i = INCREMENTAL_KERNELS; i-- > 1;)
        if (incremental_kernel_at(i))
            return incremental_kernel_at(i);
    return incremental_kernel_at(0);
}
