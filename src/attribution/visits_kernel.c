#include "attribution/visits.h"

/* Rows of M without its diagonal, negated: counts between different channels; exits beside them. */
static void fill(const struct chain *chain, double *a, double *leave)
{
    const size_t n = chain->channels;

    for (size_t s = 0; s < chain->states; s++) {
        const size_t to = (size_t)chain->last[s];
        leave[to] = chain->conversions[s] + chain->null[s];
        for (uint64_t e = chain->in_offset[s]; e < chain->in_offset[s + 1]; e++)
            a[(size_t)chain->last[chain->in_from[e]] * n + to] = chain->in_count[e];
    }
}

/*
 * Elimination without subtraction. Afterwards pivot[k] is the diagonal of U, a[i][j] above the
 * diagonal is -U, and below it -L.
 */
static void eliminate(double *a, double *leave, double *pivot, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        pivot[k] = leave[k];
        for (size_t j = k + 1; j < n; j++)
            pivot[k] += a[k * n + j];
        if (pivot[k] == 0) /* a channel that no path passes: nothing enters it either */
            continue;
        for (size_t i = k + 1; i < n; i++) {
            const double factor = a[i * n + k] / pivot[k];
            a[i * n + k] = factor;
            if (factor == 0)
                continue;
            for (size_t j = k + 1; j < n; j++)
                a[i * n + j] += factor * a[k * n + j]; /* its own diagonal is never read */
            leave[i] += factor * leave[k];
        }
    }
}

/* K = U^-1 L^-1 by rows; all terms are positive. */
static void invert(const double *a, const double *pivot, double *k, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        k[i * n + i] = 1;
        for (size_t m = 0; m < i; m++) {
            const double factor = a[i * n + m];
            for (size_t j = 0; factor != 0 && j <= m; j++)
                k[i * n + j] += factor * k[m * n + j];
        }
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t m = i + 1; m < n; m++) {
            const double factor = a[i * n + m];
            for (size_t j = 0; factor != 0 && j < n; j++)
                k[i * n + j] += factor * k[m * n + j];
        }
        for (size_t j = 0; j < n; j++)
            k[i * n + j] = pivot[i] > 0 ? k[i * n + j] / pivot[i] : 0;
    }
}

void visits_kernel_solve(struct visits_kernel *kernel, const struct chain *first_order)
{
    const size_t n = first_order->channels;
    struct arena scratch = {0};
    double *a = ARENA_ZERO(&scratch, double, n *n);
    double *leave = ARENA_ZERO(&scratch, double, n);
    double *pivot = ARENA_NEW(&scratch, double, n);

    BUG_ON(first_order->order != 1);
    *kernel = (struct visits_kernel){.channels = n};
    kernel->k = ARENA_ZERO(&kernel->memory, double, n *n);
    fill(first_order, a, leave);
    eliminate(a, leave, pivot, n);
    invert(a, pivot, kernel->k, n);
    arena_clear(&scratch);
}

void visits_kernel_clear(struct visits_kernel *kernel)
{
    arena_clear(&kernel->memory);
    *kernel = (struct visits_kernel){0};
}
