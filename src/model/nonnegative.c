#include "model/nonnegative.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* The unknowns that may differ from 0. */
struct working_set {
    bool in[NONNEGATIVE_MAX];
    size_t count, index[NONNEGATIVE_MAX];
};

static void list_set(struct working_set *set, size_t count)
{
    set->count = 0;
    for (size_t i = 0; i < count; i++)
        if (set->in[i])
            set->index[set->count++] = i;
}

/* Forward, then backward substitution with the lower triangle `l`, in place. */
static void substitute(const double l[NONNEGATIVE_MAX][NONNEGATIVE_MAX], double *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            y[i] -= l[i][k] * y[k];
        y[i] /= l[i][i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            y[i] -= l[k][i] * y[k];
        y[i] /= l[i][i];
    }
}

/*
 * z on the set without regard to signs, 0 elsewhere: by Cholesky. An unknown whose pivot is lost to
 * rounding is nearly a sum of those before it; its pivot is made so large that it stays at 0.
 */
static void solve_on_set(double *z, const struct nonnegative *q, const struct working_set *set)
{
    double l[NONNEGATIVE_MAX][NONNEGATIVE_MAX], y[NONNEGATIVE_MAX];

    for (size_t i = 0; i < set->count; i++) {
        const size_t row = set->index[i];
        y[i] = q->r[row];
        for (size_t j = 0; j <= i; j++) {
            double sum = q->h[row][set->index[j]];
            for (size_t k = 0; k < j; k++)
                sum -= l[i][k] * l[j][k];
            if (j < i)
                l[i][j] = sum / l[j][j];
            else
                l[i][i] = sum > 1e-14 * q->h[row][row] ? sqrt(sum) : 1e150;
        }
    }
    substitute((const double(*)[NONNEGATIVE_MAX])l, y, set->count);
    for (size_t i = 0; i < q->count; i++)
        z[i] = 0;
    for (size_t i = 0; i < set->count; i++)
        z[set->index[i]] = y[i];
}

/*
 * Move x towards z as far as signs allow; unknowns that reach 0 leave the set. False when all of
 * the way was free.
 */
static bool step_back(double *x, const double *z, const struct nonnegative *q,
                      struct working_set *set)
{
    double share = 1;

    for (size_t i = q->free; i < q->count; i++)
        if (set->in[i] && z[i] <= 0)
            share = fmin(share, x[i] / (x[i] - z[i]));
    bool blocked = false;
    for (size_t i = 0; i < q->count; i++) {
        const bool stops =
            i >= q->free && set->in[i] && z[i] <= 0 && !(x[i] / (x[i] - z[i]) > share);
        x[i] = stops ? 0 : x[i] + share * (z[i] - x[i]);
        if (stops)
            set->in[i] = false;
        blocked |= stops;
    }
    return blocked;
}

/* The unknown outside the set with the steepest way down, or SIZE_MAX when there is none. */
static size_t steepest(const double *x, const struct nonnegative *q, const struct working_set *set)
{
    double scale = 0;
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < q->count; i++)
        scale = fmax(scale, fabs(q->r[i]));
    double most = 1e-11 * scale;
    for (size_t i = q->free; i < q->count; i++) {
        double down = q->r[i];
        if (set->in[i])
            continue;
        for (size_t j = 0; j < q->count; j++)
            down -= q->h[i][j] * x[j];
        if (down > most) {
            most = down;
            best = i;
        }
    }
    return best;
}

void nonnegative_solve(double *x, const struct nonnegative *q)
{
    const size_t rounds = 10 * q->count; /* each lowers the value; rounding could repeat them */
    struct working_set set = {.count = 0};
    double z[NONNEGATIVE_MAX];

    for (size_t i = 0; i < q->count; i++) {
        x[i] = 0;
        set.in[i] = i < q->free;
    }
    for (size_t round = 0; round < rounds; round++) {
        do {
            list_set(&set, q->count);
            solve_on_set(z, q, &set);
        } while (step_back(x, z, q, &set));
        const size_t next = steepest(x, q, &set);
        if (next == SIZE_MAX)
            return;
        set.in[next] = true;
    }
}
