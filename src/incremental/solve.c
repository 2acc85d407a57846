#include "incremental/solve.h"

#include "base/arena.h"

#include <math.h>
#include <stdlib.h>

enum { PATIENCE = 4, SWAPS_MAX = 20000 };

bool incremental_factor(double *a, size_t count, size_t stride)
{
    for (size_t i = 0; i < count; i++) {
        double *row = a + i * stride;
        for (size_t j = 0; j <= i; j++) {
            const double *other = a + j * stride;
            double sum = row[j];
            for (size_t k = 0; k < j; k++)
                sum -= row[k] * other[k];
            if (j < i)
                row[j] = sum / other[j];
            else if (sum > 0)
                row[j] = sqrt(sum);
            else
                return false;
        }
    }
    return true;
}

void incremental_substitute(const double *factor, size_t count, size_t stride, double *x)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++)
            x[i] -= factor[i * stride + k] * x[k];
        x[i] /= factor[i * stride + i];
    }
    for (size_t i = count; i-- > 0;) {
        x[i] /= factor[i * stride + i];
        for (size_t k = 0; k < i; k++)
            x[k] -= factor[i * stride + k] * x[i];
    }
}

struct solver {
    const double *hessian, *right;
    const bool *bounded;
    size_t count, free;
    bool *zero;
    size_t *which;  /* [free] variables that are not held at zero */
    double *factor; /* [count][count] */
    double *scale;  /* [count] roots of the diagonal: the equations are solved in their units */
    double *solution, *slope;
};

static double element(const struct solver *s, size_t i, size_t j)
{
    return i >= j ? s->hessian[i * s->count + j] : s->hessian[j * s->count + i];
}

/* Solve for the free variables, then the slope at those held at zero. */
static bool solve_free(struct solver *s)
{
    const size_t n = s->count;

    s->free = 0;
    for (size_t j = 0; j < n; j++)
        if (!s->zero[j])
            s->which[s->free++] = j;
    for (size_t a = 0; a < s->free; a++) {
        const size_t i = s->which[a];
        s->solution[a] = s->right[i] / s->scale[i];
        for (size_t b = 0; b <= a; b++)
            s->factor[a * n + b] =
                element(s, i, s->which[b]) / (s->scale[i] * s->scale[s->which[b]]);
        s->factor[a * n + a] += 1e-12;
    }
    if (!incremental_factor(s->factor, s->free, n))
        return false;
    incremental_substitute(s->factor, s->free, n, s->solution);
    for (size_t j = 0; j < n; j++) {
        s->slope[j] = -s->right[j] / s->scale[j];
        for (size_t a = 0; s->zero[j] && a < s->free; a++)
            s->slope[j] +=
                element(s, j, s->which[a]) / (s->scale[j] * s->scale[s->which[a]]) * s->solution[a];
    }
    return true;
}

/* Variables on the wrong side; swap them all, or the last alone. */
static size_t swap(struct solver *s, bool all)
{
    size_t wrong = 0, last = 0;

    for (size_t a = 0; a < s->free; a++)
        if (s->bounded[s->which[a]] && s->solution[a] < 0) {
            wrong++;
            last = s->which[a];
            if (all)
                s->zero[last] = true;
        }
    for (size_t j = 0, a = 0; j < s->count; j++) {
        if (a < s->free && s->which[a] == j) {
            a++;
            continue;
        }
        if (s->slope[j] < -1e-10) {
            wrong++;
            last = j > last ? j : last;
            if (all)
                s->zero[j] = false;
        }
    }
    if (!all && wrong > 0)
        s->zero[last] = !s->zero[last];
    return wrong;
}

static size_t count_wrong(const struct solver *s)
{
    size_t wrong = 0;

    for (size_t a = 0; a < s->free; a++)
        wrong += s->bounded[s->which[a]] && s->solution[a] < 0;
    for (size_t j = 0; j < s->count; j++)
        wrong += s->zero[j] && s->slope[j] < -1e-10;
    return wrong;
}

static bool settle(struct solver *s)
{
    size_t best = s->count + 1, patience = PATIENCE;

    for (size_t turn = 0; turn < SWAPS_MAX; turn++) {
        if (!solve_free(s))
            return false;
        const size_t wrong = count_wrong(s);
        if (wrong == 0)
            return true;
        if (wrong < best) {
            best = wrong;
            patience = PATIENCE;
        } else if (patience > 0) {
            patience--;
        }
        swap(s, patience > 0);
    }
    return false;
}

bool incremental_solve(double *x, const double *hessian, const double *right, const bool *bounded,
                       size_t count, struct error *err)
{
    struct arena memory = {0};
    struct solver s = {
        .hessian = hessian,
        .right = right,
        .bounded = bounded,
        .count = count,
        .zero = ARENA_NEW(&memory, bool, count),
        .which = ARENA_NEW(&memory, size_t, count),
        .factor = ARENA_NEW(&memory, double, count *count),
        .scale = ARENA_NEW(&memory, double, count),
        .solution = ARENA_NEW(&memory, double, count),
        .slope = ARENA_NEW(&memory, double, count),
    };
    bool ok = true;

    for (size_t j = 0; ok && j < count; j++) {
        s.zero[j] = bounded[j] && !(x[j] > 0);
        s.scale[j] = sqrt(hessian[j * count + j]);
        ok = s.scale[j] > 0 && isfinite(s.scale[j]);
    }
    ok = ok && settle(&s);
    for (size_t j = 0; ok && j < count; j++)
        x[j] = 0;
    for (size_t a = 0; ok && a < s.free; a++)
        x[s.which[a]] = s.solution[a] / s.scale[s.which[a]];
    arena_clear(&memory);
    return ok || error_set(err, ERR_CHECK, "the equations of the fit cannot be solved");
}
