#include "nn/kernel/declare.h"

#define KERNEL_TEXT(set) #set
#define KERNEL_TITLE(set) KERNEL_TEXT(set)

const struct kernels KERNEL(kernels) = {
    .name = KERNEL_TITLE(KERNEL_SET),
    .panel = 2 * LANES,
    .pack = KERNEL(kernel_pack),
    .pack_transposed = KERNEL(kernel_pack_transposed),
    .pack_strided = KERNEL(kernel_pack_strided),
    .pack_strided_transposed = KERNEL(kernel_pack_strided_transposed),
    .softmax_rows = KERNEL(kernel_softmax_rows),
    .softmax_rows_backward = KERNEL(kernel_softmax_rows_backward),
    .matmul = KERNEL(kernel_matmul),
    .matmul_transposed = KERNEL(kernel_matmul_transposed),
    .exp = KERNEL(kernel_exp),
    .log = KERNEL(kernel_log),
    .tanh = KERNEL(kernel_tanh),
    .sigmoid = KERNEL(kernel_sigmoid),
    .lstm_forward = KERNEL(kernel_lstm_forward),
    .lstm_backward = KERNEL(kernel_lstm_backward),
    .add = KERNEL(kernel_add),
    .add_scaled = KERNEL(kernel_add_scaled),
    .multiply = KERNEL(kernel_multiply),
    .add_product = KERNEL(kernel_add_product),
    .dot = KERNEL(kernel_dot),
    .sum = KERNEL(kernel_sum),
    .rectify = KERNEL(kernel_rectify),
    .rectify_back = KERNEL(kernel_rectify_back),
    .layer_norm = KERNEL(kernel_layer_norm),
    .layer_norm_back = KERNEL(kernel_layer_norm_back),
    .adam = KERNEL(kernel_adam),
    .follow = KERNEL(kernel_follow),
    .philox = KERNEL(kernel_philox),
    .keep = KERNEL(kernel_keep),
};
