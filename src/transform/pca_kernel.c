#include "transform/pca_kernel.h"

extern const struct pca_kernel pca_kernel_baseline;

#ifdef __x86_64__
extern const struct pca_kernel pca_kernel_avx2, pca_kernel_avx512;

const struct pca_kernel *pca_kernel_best(void)
{
    if (__builtin_cpu_supports("avx512f"))
        return &pca_kernel_avx512;
    return __builtin_cpu_supports("avx2") ? &pca_kernel_avx2 : &pca_kernel_baseline;
}
#else
const struct pca_kernel *pca_kernel_best(void)
{
    return &pca_kernel_baseline;
}
#endif
