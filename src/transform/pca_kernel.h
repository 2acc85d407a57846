/*
 * pca_kernel — the inner loops of PCA, compiled once per instruction set.
 *
 * Each result is summed by itself in the order of its terms, without fused multiply-add, so the
 * vector width never shows in the bits.
 */
#ifndef QUERN_TRANSFORM_PCA_KERNEL_H
#define QUERN_TRANSFORM_PCA_KERNEL_H

#include <stddef.h>

/* A feature of a row that is (or may be) not zero. */
struct feature_entry {
    double value;
    size_t feature;
};

enum { PCA_LANES = 8 }; /* strides are multiples of it, and rows 64-byte aligned */

struct pca_kernel {
    /* out[k] = base[k] + sum over e of entry[e].value * component[entry[e].feature, k], k < stride
     */
    void (*project)(double *out, const double *base, const double *component, size_t stride,
                    const struct feature_entry *entry, size_t count);
    /* sum[i, j] += x[i] * x[j] for j >= i; sum [n, n] */
    void (*outer)(double *sum, const double *x, size_t n);
};

/* The fastest that this processor has. */
const struct pca_kernel *pca_kernel_best(void);

#endif
