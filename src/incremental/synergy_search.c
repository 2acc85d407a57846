#include "incremental/synergy_search.h"

#include "incremental/solve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of log likelihood: chance makes one of thirty pairs gain 7.5 in one log of twenty. What a model
 * that is a little wrong takes for a pair grows with the log, so the share of its conversions. */
static const double GAIN_MIN = 10, GAIN_SHARE = 1e-3;

static void add_user(const struct exposure_log *log, size_t u, uint16_t *seen, uint8_t *sees,
                     uint32_t *users)
{
    size_t count = 0;

    for (size_t i = log->offset[u]; i < log->offset[u + 1]; i++)
        if (!sees[log->campaign[i]]) {
            sees[log->campaign[i]] = 1;
            seen[count++] = log->campaign[i];
        }
    for (size_t a = 0; a < count; a++) {
        for (size_t b = 0; b < a; b++) {
            const size_t low = seen[a] < seen[b] ? seen[a] : seen[b];
            const size_t high = seen[a] < seen[b] ? seen[b] : seen[a];
            users[low * log->campaigns + high]++;
        }
        sees[seen[a]] = 0;
    }
}

void incremental_pairs_often(struct incremental_pair *pair, size_t *count,
                             const struct exposure_log *log)
{
    const size_t n = log->campaigns;
    uint32_t *users = memory_take_zeroed(n * n, sizeof *users);
    uint16_t *seen = memory_take(n, sizeof *seen);
    uint8_t *sees = memory_take_zeroed(n, sizeof *sees);

    for (size_t u = 0; u < log->users; u++)
        add_user(log, u, seen, sees, users);
    for (*count = 0; *count < INCREMENTAL_PAIRS_MAX; (*count)++) {
        size_t best = 0;
        for (size_t i = 1; i < n * n; i++)
            if (users[i] > users[best])
                best = i;
        if (users[best] < SYNERGY_USERS_MIN)
            break;
        users[best] = 0;
        pair[*count] = (struct incremental_pair){{(uint16_t)(best / n), (uint16_t)(best % n)}};
    }
    free(users);
    free(seen);
    free(sees);
}

/* The quadratic model over the parameters of pairs, all others let free. */
struct model {
    const struct incremental_fit *fit;
    size_t first, size;         /* of parameters of pairs */
    double *hessian, *gradient; /* [size][size], both halves; [size] */
};

/* H_cc - H_cb H_bb^-1 H_bc and g_c - H_cb H_bb^-1 g_b, parameters at their bound left out. */
static bool make_model(struct model *m, double *hessian, double *gradient)
{
    const struct incremental_fit *fit = m->fit;
    const size_t n = fit->design.count, first = m->first;
    double *row = memory_take(first, sizeof *row);
    bool ok;

    for (size_t j = 0; j < first; j++)
        if (fit->bounded[j] && !(fit->parameter[j] > 0)) {
            for (size_t i = 0; i < n; i++)
                hessian[i > j ? i * n + j : j * n + i] = 0;
            hessian[j * n + j] = 1;
            gradient[j] = 0;
        }
    ok = incremental_factor(hessian, first, n);
    for (size_t c = 0; ok && c < m->size; c++) {
        memcpy(row, hessian + (first + c) * n, first * sizeof *row);
        incremental_substitute(hessian, first, n, row);
        double slope = gradient[first + c];
        for (size_t j = 0; j < first; j++)
            slope -= row[j] * gradient[j];
        m->gradient[c] = slope;
        for (size_t d = c; d < m->size; d++) {
            const double *other = hessian + (first + d) * n;
            double sum = other[first + c];
            for (size_t j = 0; j < first; j++)
                sum -= row[j] * other[j];
            m->hessian[c * m->size + d] = m->hessian[d * m->size + c] = sum;
        }
    }
    free(row);
    return ok;
}

enum {
    TAKEN_MAX = (SYNERGY_FOUND_MAX + 1) * (1 + INCREMENTAL_SCALES_MAX + INCREMENTAL_HALVES_MAX)
};

/* What the parameters listed gain at most. */
static bool find_gain(const struct model *m, const size_t *list, size_t count, double *gain,
                      struct error *err)
{
    double hessian[TAKEN_MAX * TAKEN_MAX] = {0}, right[TAKEN_MAX] = {0}, x[TAKEN_MAX] = {0};
    bool bounded[TAKEN_MAX] = {false};

    for (size_t i = 0; i < count; i++) {
        right[i] = -m->gradient[list[i]];
        bounded[i] = m->fit->bounded[m->first + list[i]];
        for (size_t j = 0; j < count; j++)
            hessian[i * count + j] = m->hessian[list[i] * m->size + list[j]];
    }
    if (!incremental_solve(x, hessian, right, bounded, count, err))
        return false;
    *gain = 0;
    for (size_t i = 0; i < count; i++)
        *gain += right[i] * x[i] / 2;
    return true;
}

/* What effects of pair q gain beside the `taken` parameters listed, to which it is added. */
static bool try_pair(const struct model *m, size_t q, size_t *list, size_t taken, double *gain,
                     struct error *err)
{
    const struct incremental_design *d = &m->fit->design;
    double without, with;

    for (size_t j = 0; j < d->pair_per; j++)
        list[taken + j] = q * d->pair_per + j;
    if (!find_gain(m, list, taken + d->controls, &without, err) ||
        !find_gain(m, list, taken + d->pair_per, &with, err))
        return false;
    *gain = with - without;
    return true;
}

static bool search(const struct model *m, struct incremental_pair *pair, size_t *count,
                   struct error *err)
{
    const struct incremental_design *d = &m->fit->design;
    const double share = GAIN_SHARE * (double)m->fit->log->conversions;
    const double least = share > GAIN_MIN ? share : GAIN_MIN;
    bool used[INCREMENTAL_PAIRS_MAX] = {false};
    size_t list[TAKEN_MAX], taken = 0;

    for (*count = 0; *count < SYNERGY_FOUND_MAX; (*count)++) {
        double most = least, gain;
        size_t best = d->pairs;
        for (size_t q = 0; q < d->pairs; q++) {
            if (!used[q] && !try_pair(m, q, list, taken, &gain, err))
                return false;
            if (!used[q] && gain > most) {
                most = gain;
                best = q;
            }
        }
        if (best == d->pairs)
            break;
        used[best] = true;
        pair[*count] = d->pair[best];
        for (size_t j = 0; j < d->pair_per; j++)
            list[taken++] = best * d->pair_per + j;
    }
    return true;
}

bool incremental_pairs_search(struct incremental_pair *pair, size_t *count,
                              const struct incremental_fit *wide, struct pool *pool,
                              struct error *err)
{
    const size_t n = wide->design.count, size = n - wide->design.pairs_from;
    const struct incremental_objective objective = {
        .log = wide->log, .design = &wide->design, .ridge = wide->ridge, .pool = pool};
    double *hessian = memory_take(n * n + n, sizeof *hessian);
    struct model m = {.fit = wide, .first = wide->design.pairs_from, .size = size};
    struct incremental_point point = {.gradient = hessian + n * n, .hessian = hessian};

    m.hessian = memory_take(size * size + size, sizeof *m.hessian);
    m.gradient = m.hessian + size * size;
    incremental_evaluate(&objective, wide->parameter, &point);
    const bool ok = (make_model(&m, hessian, point.gradient) ||
                     error_set(err, ERR_CHECK, "the equations of pairs cannot be solved")) &&
                    search(&m, pair, count, err);
    free(m.hessian);
    free(hessian);
    return ok;
}
