#include "nn/initialise.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

void initialise_glorot(real *w, size_t rows, size_t columns, uint64_t seed, uint64_t stream)
{
    const double limit = sqrt(6.0 / (double)(rows + columns));
    struct rng rng = rng_new(seed, stream);

    for (size_t i = 0; i < rows * columns; i++)
        w[i] = (real)((2 * rng_uniform(&rng) - 1) * limit);
}

/* Take the part along each of the first `rows` rows out of x, then scale it to length 1. */
static void orthonormalise(const double *basis, size_t rows, size_t columns, double *x)
{
    double square = 0;

    for (int pass = 0; pass < 2; pass++)
        for (size_t r = 0; r < rows; r++) {
            double along = 0;
            for (size_t j = 0; j < columns; j++)
                along += basis[r * columns + j] * x[j];
            for (size_t j = 0; j < columns; j++)
                x[j] -= along * basis[r * columns + j];
        }
    for (size_t j = 0; j < columns; j++)
        square += x[j] * x[j];
    for (size_t j = 0; j < columns; j++)
        x[j] /= sqrt(square);
}

/* Normal numbers would need the C library's log and cos, whose last bits differ by processor; the
 * sum of twelve uniform ones is close enough for a random direction and the same everywhere. */
static double nearly_normal(struct rng *rng)
{
    double sum = -6;

    for (int i = 0; i < 12; i++)
        sum += rng_uniform(rng);
    return sum;
}

void initialise_orthogonal(real *w, size_t rows, size_t columns, uint64_t seed, uint64_t stream)
{
    double *basis = memory_take(rows * columns, sizeof *basis);
    struct rng rng = rng_new(seed, stream);

    BUG_ON(rows > columns);
    for (size_t i = 0; i < rows * columns; i++)
        basis[i] = nearly_normal(&rng);
    for (size_t r = 0; r < rows; r++)
        orthonormalise(basis, r, columns, basis + r * columns);
    for (size_t i = 0; i < rows * columns; i++)
        w[i] = (real)basis[i];
    free(basis);
}
