/* declare — the functions of one kernel set; KERNEL(name) gives them the ending of the set. */
#include "nn/kernel/vector.h"

void KERNEL(kernel_exp)(real *y, const real *x, size_t n);
void KERNEL(kernel_log)(real *y, const real *x, size_t n);
void KERNEL(kernel_tanh)(real *y, const real *x, size_t n);
void KERNEL(kernel_sigmoid)(real *y, const real *x, size_t n);
void KERNEL(kernel_lstm_forward)(const struct lstm_cell *cell);
void KERNEL(kernel_lstm_backward)(const struct lstm_cell_back *cell);
void KERNEL(kernel_add)(real *y, const real *x, size_t n);
void KERNEL(kernel_add_rows)(real *y, const real *x, size_t rows, size_t n);
void KERNEL(kernel_sum_of)(real *y, const real *a, const real *b, size_t n);
void KERNEL(kernel_scale)(real *y, real a, const real *x, size_t n);
void KERNEL(kernel_add_scaled)(real *y, real a, const real *x, size_t n);
void KERNEL(kernel_multiply)(real *y, const real *a, const real *b, size_t n);
void KERNEL(kernel_add_product)(real *y, const real *a, const real *b, size_t n);
real KERNEL(kernel_dot)(const real *a, const real *b, size_t n);
real KERNEL(kernel_sum)(const real *x, size_t n);
void KERNEL(kernel_rectify)(real *y, real shift, real slope, size_t n);
void KERNEL(kernel_rectify_back)(real *dz, const real *dy, const real *y, real slope, size_t n);
void KERNEL(kernel_layer_norm)(const struct layer_norm *call);
void KERNEL(kernel_layer_norm_back)(const struct layer_norm *call,
                                    const struct layer_norm_back *back);

/* The set itself: set.c, the only file that the others see. */
extern const struct kernels KERNEL(kernels);
void KERNEL(kernel_pack)(real *packed, const real *b, size_t k, size_t n, size_t first,
                         size_t last);
void KERNEL(kernel_pack_transposed)(real *packed, const real *b, size_t k, size_t n, size_t first,
                                    size_t last);
void KERNEL(kernel_pack_strided)(real *packed, const real *b, size_t stride, size_t k, size_t n);
void KERNEL(kernel_pack_strided_transposed)(real *packed, const real *b, size_t stride, size_t k,
                                            size_t n);
void KERNEL(kernel_softmax_rows)(const struct softmax_rows *call);
void KERNEL(kernel_softmax_rows_backward)(const struct softmax_rows *call, const real *p);
void KERNEL(kernel_matmul)(const struct matmul *call);
void KERNEL(kernel_matmul_transposed)(const struct matmul_transposed *call);

void KERNEL(kernel_adam)(const struct adam_step *step, size_t n, const real *gradient, real *weight,
                         real *first, real *second);
void KERNEL(kernel_keep)(real *y, const uint32_t *draw, uint32_t threshold, real kept, size_t n);
void KERNEL(kernel_keep_bits)(uint16_t *mask, const uint32_t *draw, uint32_t threshold, size_t n);
void KERNEL(kernel_drop)(real *y, const real *x, const uint16_t *mask, real kept, size_t n);
void KERNEL(kernel_follow)(real *y, real a, const real *x, size_t n);
void KERNEL(kernel_philox)(uint32_t *out, uint64_t seed, uint64_t stream, uint64_t counter,
                           size_t blocks);

/* mixed.c */
extern const struct kernels KERNEL(kernels_mixed);
void KERNEL(kernel_mixed_pack)(real *packed, const real *b, size_t k, size_t n, size_t first,
                               size_t last);
void KERNEL(kernel_mixed_pack_transposed)(real *packed, const real *b, size_t k, size_t n,
                                          size_t first, size_t last);
void KERNEL(kernel_mixed_pack_strided)(real *packed, const real *b, size_t stride, size_t k,
                                       size_t n);
void KERNEL(kernel_mixed_pack_strided_transposed)(real *packed, const real *b, size_t stride,
                                                  size_t k, size_t n);
void KERNEL(kernel_mixed_matmul)(const struct matmul *call);
void KERNEL(kernel_mixed_matmul_transposed)(const struct matmul_transposed *call);
