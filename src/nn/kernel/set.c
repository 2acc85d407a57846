#include "nn/kernel/declare.h"

#define KERNEL_TEXT(set) #set
#define KERNEL_TITLE(set) KERNEL_TEXT(set)

const struct kernels KERNEL(kernels) = {
#include "nn/kernel/set.def"
    .name = KERNEL_TITLE(KERNEL_SET),
    .fold = 1,
    .pack = KERNEL(kernel_pack),
    .pack_transposed = KERNEL(kernel_pack_transposed),
    .pack_strided = KERNEL(kernel_pack_strided),
    .pack_strided_transposed = KERNEL(kernel_pack_strided_transposed),
    .matmul = KERNEL(kernel_matmul),
    .matmul_transposed = KERNEL(kernel_matmul_transposed),
};

#ifndef QUERN_REAL_DOUBLE
const struct kernels KERNEL(kernels_mixed) = {
#include "nn/kernel/set.def"
    .name = KERNEL_TITLE(KERNEL_SET) " mixed",
    .mixed = true,
    .fold = KERNEL_FOLD,
    .pack = KERNEL(kernel_mixed_pack),
    .pack_transposed = KERNEL(kernel_mixed_pack_transposed),
    .pack_strided = KERNEL(kernel_mixed_pack_strided),
    .pack_strided_transposed = KERNEL(kernel_mixed_pack_strided_transposed),
    .matmul = KERNEL(kernel_mixed_matmul),
    .matmul_transposed = KERNEL(kernel_mixed_matmul_transposed),
};
#endif
