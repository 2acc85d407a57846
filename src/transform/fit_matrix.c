/*
 * fit_matrix — scale and PCA of all features made so far.
 *
 * The features of training rows are made anew, block by block, for each pass over them, so that no
 * matrix of all rows is held. Sums go row by row, so blocks do not show in the bits.
 */
#include "transform/fit.h"

#include "transform/pca_kernel.h"

#include <math.h>
#include <string.h>

enum { BLOCK_ROWS = 256 };

/* A pass over the features of all training rows. */
struct pass {
    const struct transform *transform;
    const struct frame *rows;
    size_t width;
    void *context;
    void (*take)(void *context, const double *x, size_t width); /* one row */
};

static void run_block(const struct pass *pass, size_t begin, size_t count, double *features,
                      struct row_errors *errors, struct arena *scratch)
{
    const struct schema *schema = pass->rows->schema;
    struct frame_column *column = ARENA_NEW(scratch, struct frame_column, schema->count);
    const struct frame block = {.schema = schema, .rows = count, .column = column};

    for (size_t c = 0; c < schema->count; c++) {
        const struct frame_column *whole = &pass->rows->column[c];
        column[c].number = whole->number ? whole->number + begin : NULL;
        column[c].text = whole->text ? whole->text + begin : NULL;
    }
    transform_apply(pass->transform, &block, features, errors, scratch);
    for (size_t r = 0; r < count && errors->count == 0; r++)
        pass->take(pass->context, features + r * pass->width, pass->width);
}

/* The first row at fault ends a pass. */
static bool run_pass(const struct pass *pass, struct error *err)
{
    struct arena scratch = {0};
    double *features = memory_take(BLOCK_ROWS * pass->width, sizeof *features);
    bool ok = true;

    for (size_t begin = 0; begin < pass->rows->rows && ok; begin += BLOCK_ROWS) {
        const size_t left = pass->rows->rows - begin;
        struct row_errors errors = {.memory = &scratch};
        run_block(pass, begin, left < BLOCK_ROWS ? left : BLOCK_ROWS, features, &errors, &scratch);
        if (errors.first)
            ok = error_set(err, ERR_DATA, "training row %zu, column '%.200s': %s",
                           begin + errors.first->row + 1,
                           errors.first->column ? errors.first->column : "", errors.first->text);
        arena_reset(&scratch);
    }
    free(features);
    arena_clear(&scratch);
    return ok;
}

/* What the passes gather for each feature. */
struct gathered {
    size_t *count; /* values that are there */
    struct exact_sum *sum, *distances, *squares;
    double *mean, *low, *high, *centred;
    double *covariance; /* [width, width], its upper half */
    const struct pca_kernel *kernel;
};

static void take_sums(void *context, const double *x, size_t width)
{
    struct gathered *g = context;

    for (size_t f = 0; f < width; f++) {
        if (isnan(x[f]))
            continue;
        g->low[f] = g->count[f] == 0 || x[f] < g->low[f] ? x[f] : g->low[f];
        g->high[f] = g->count[f] == 0 || x[f] > g->high[f] ? x[f] : g->high[f];
        g->count[f]++;
        exact_add(&g->sum[f], x[f]);
    }
}

static void take_squares(void *context, const double *x, size_t width)
{
    struct gathered *g = context;

    for (size_t f = 0; f < width; f++) {
        const double distance = x[f] - g->mean[f];
        if (isnan(distance))
            continue;
        exact_add(&g->distances[f], distance);
        exact_add(&g->squares[f], distance * distance);
    }
}

static void take_products(void *context, const double *x, size_t width)
{
    struct gathered *g = context;

    for (size_t f = 0; f < width; f++)
        g->centred[f] = x[f] - g->mean[f];
    g->kernel->outer(g->covariance, g->centred, width);
}

static bool fit_scale(struct stage *stage, const struct step *step, struct gathered *g,
                      struct pass *pass, struct arena *memory, struct error *err)
{
    double *a = ARENA_NEW(memory, double, stage->width);
    double *b = ARENA_NEW(memory, double, stage->width);

    pass->take = take_squares;
    if (step->scale == SCALE_STANDARD && !run_pass(pass, err))
        return false;
    for (size_t f = 0; f < stage->width; f++) {
        a[f] = g->mean[f];
        if (step->scale == SCALE_STANDARD)
            b[f] = fit_deviation(exact_total(&g->squares[f]), exact_total(&g->distances[f]), a[f],
                                 g->count[f]);
        else
            fit_min_max(step, g->low[f], g->high[f], &a[f], &b[f]);
        if (!isfinite(a[f]) || !isfinite(b[f]))
            return error_set(err, ERR_DATA,
                             "%s: '%.200s' has no numbers, or too large ones, to "
                             "scale by",
                             step->place, pass->transform->name[f]);
    }
    stage->kind = step->scale == SCALE_STANDARD ? MATRIX_STANDARD : MATRIX_MIN_MAX;
    stage->a = a;
    stage->b = b;
    return true;
}

/* As many components as explain more than `share` of the variance; `value` descends. */
static size_t components_of(double share, const double *value, size_t n, double total)
{
    double sum = 0;

    for (size_t k = 0; k < n; k++) {
        sum += value[k] / total;
        if (sum > share)
            return k + 1;
    }
    return n;
}

/*
 * The sign is free: the entry of largest magnitude is made positive. Of entries that are equal but
 * for rounding, such as those of a yes and a no, the first counts.
 */
static void fix_sign(double *component, size_t n)
{
    double largest = 0;
    size_t at = 0;

    for (size_t f = 0; f < n; f++)
        if (fabs(component[f]) > largest * (1 + 1e-9)) {
            largest = fabs(component[f]);
            at = f;
        }
    const double sign = component[at] < 0 ? -1 : 1;
    for (size_t f = 0; f < n; f++)
        component[f] *= sign;
}

static void reverse_rows(double *matrix, double *value, size_t n)
{
    for (size_t low = 0, high = n - 1; low < high; low++, high--) {
        const double keep = value[low];
        value[low] = value[high];
        value[high] = keep;
        for (size_t f = 0; f < n; f++) {
            const double entry = matrix[low * n + f];
            matrix[low * n + f] = matrix[high * n + f];
            matrix[high * n + f] = entry;
        }
    }
}

/* Eigenvalues and vectors of the covariance, largest first; none below 0. */
static bool decompose(struct gathered *g, double *value, double *total, size_t n, size_t rows,
                      struct error *err)
{
    for (size_t i = 0; i < n * n; i++)
        g->covariance[i] /= (double)(rows - 1);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            if (!isfinite(g->covariance[i * n + j]))
                return error_set(err, ERR_DATA, "the numbers are too large for PCA");
    if (!eigen_solve(g->covariance, n, value, err))
        return false;
    reverse_rows(g->covariance, value, n);
    *total = 0;
    for (size_t k = 0; k < n; k++) {
        value[k] = value[k] > 0 ? value[k] : 0;
        *total += value[k];
        fix_sign(g->covariance + k * n, n);
    }
    return true;
}

static bool fit_pca(struct transform *t, const struct step *step, struct gathered *g,
                    struct pass *pass, struct error *err)
{
    struct stage *stage = &t->stage[t->stages - 1];
    const size_t n = stage->width, rows = pass->rows->rows, most = rows < n ? rows : n;
    double *value = ARENA_NEW(&t->memory, double, n), total = 0;

    g->covariance = memory_take_zeroed(n * n, sizeof *g->covariance);
    pass->take = take_products;
    bool ok = run_pass(pass, err) && decompose(g, value, &total, n, rows, err);
    if (ok && !(total > 0))
        ok = error_set(err, ERR_DATA, "all training rows are equal: there is nothing to reduce");
    if (ok) {
        const size_t k =
            step->pca >= 1 ? (size_t)step->pca : components_of(step->pca, value, most, total);
        fitted_set_pca(t, k, g->covariance, g->mean);
        stage->variance = value;
        stage->variance_total = total;
    }
    free(g->covariance);
    return ok;
}

static bool check_pca(const struct step *step, size_t width, size_t rows, struct error *err)
{
    if (width > TRANSFORM_PCA_MAX)
        return error_set(err, ERR_LIMIT, "%zu features are more than the %d of a PCA", width,
                         TRANSFORM_PCA_MAX);
    if (rows < 2)
        return error_set(err, ERR_DATA, "a PCA needs at least two training rows");
    if (step->pca >= 1 && step->pca > (double)(width < rows ? width : rows))
        return error_set(err, ERR_DATA,
                         "%.0f components are more than the %zu features or the %zu training rows",
                         step->pca, width, rows);
    return true;
}

static struct gathered gather(size_t width, struct arena *memory)
{
    return (struct gathered){
        .count = ARENA_ZERO(memory, size_t, width),
        .sum = ARENA_ZERO(memory, struct exact_sum, width),
        .distances = ARENA_ZERO(memory, struct exact_sum, width),
        .squares = ARENA_ZERO(memory, struct exact_sum, width),
        .mean = ARENA_NEW(memory, double, width),
        .low = ARENA_NEW(memory, double, width),
        .high = ARENA_NEW(memory, double, width),
        .centred = ARENA_NEW(memory, double, width),
        .kernel = pca_kernel_best(),
    };
}

bool fit_matrix(struct transform *t, const struct step *step, const struct frame *rows,
                struct error *err)
{
    struct stage *stage = &t->stage[t->stages - 1];
    struct arena scratch = {0};

    if (!fitted_finish(t, err))
        return false;
    struct gathered g = gather(stage->width, &scratch);
    struct pass pass = {t, rows, stage->width, &g, take_sums};
    bool ok =
        (step->pca == 0 || check_pca(step, stage->width, rows->rows, err)) && run_pass(&pass, err);
    for (size_t f = 0; f < stage->width && ok; f++) {
        g.mean[f] = exact_total(&g.sum[f]) / (double)g.count[f];
        if (step->pca != 0 && g.count[f] < rows->rows)
            ok = error_set(err, ERR_DATA, "'%.200s' has missing values, and PCA needs every value",
                           t->name[f]);
    }
    if (ok)
        ok = step->pca == 0 ? fit_scale(stage, step, &g, &pass, &t->memory, err)
                            : fit_pca(t, step, &g, &pass, err);
    arena_clear(&scratch);
    return ok;
}
