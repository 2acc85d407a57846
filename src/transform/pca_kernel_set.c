/* pca_kernel_set — see pca_kernel.h. KERNEL_SET names the instruction set, KERNEL_BYTES its
 * vectors.
 */
#include "transform/pca_kernel.h"

enum { LANES = KERNEL_BYTES / sizeof(double), TILE = 8 };

typedef double vector __attribute__((vector_size(KERNEL_BYTES)));

/* `tile` vectors of the result at once, so that each feature's value is spread only once. */
static inline __attribute__((always_inline)) void
project_tile(double *out, const double *base, const double *component, size_t stride,
             const struct feature_entry *entry, size_t count, size_t tile)
{
    vector sum[TILE];

    for (size_t v = 0; v < tile; v++)
        sum[v] = *(const vector *)(base + v * LANES);
    for (size_t e = 0; e < count; e++) {
        const double *row = component + entry[e].feature * stride;
        const double x = entry[e].value;
        for (size_t v = 0; v < tile; v++)
            sum[v] += x * *(const vector *)(row + v * LANES);
    }
    for (size_t v = 0; v < tile; v++)
        *(vector *)(out + v * LANES) = sum[v];
}

static void project(double *out, const double *base, const double *component, size_t stride,
                    const struct feature_entry *entry, size_t count)
{
    size_t k = 0;

    for (; k + TILE * LANES <= stride; k += TILE * LANES)
        project_tile(out + k, base + k, component + k, stride, entry, count, TILE);
    for (; k + TILE * LANES / 2 <= stride; k += TILE * LANES / 2)
        project_tile(out + k, base + k, component + k, stride, entry, count, TILE / 2);
    for (; k < stride; k += PCA_LANES)
        project_tile(out + k, base + k, component + k, stride, entry, count, PCA_LANES / LANES);
}

static void outer(double *sum, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double xi = x[i];
        double *row = sum + i * n;
        for (size_t j = i; j < n; j++)
            row[j] += xi * x[j];
    }
}

#define NAMED(set) pca_kernel_##set
#define KERNEL(set) NAMED(set)

extern const struct pca_kernel KERNEL(KERNEL_SET);
const struct pca_kernel KERNEL(KERNEL_SET) = {.project = project, .outer = outer};
