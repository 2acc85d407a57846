/*
 * model_ridge — scikit-learn's Ridge: minimise |y - Xw - b|^2 + alpha |w|^2, b free.
 *
 * Columns and sales are centred, which takes b out; then (X'X + alpha I) w = X'y by Cholesky's
 * factorisation. A column that depends on the others is no trouble as long as alpha is above 0.
 *
 *   parameter[0] = b, parameter[1 + k] = weight of column k
 */
#include "forecast/model.h"

#include "base/interrupt.h"

#include <math.h>

enum { WIDTH_MAX = FEATURES_MAX * FEATURE_COLUMNS_MAX };

struct sums {
    size_t width, rows;
    double mean[WIDTH_MAX], target;       /* of the columns and of the sales */
    double product[WIDTH_MAX][WIDTH_MAX]; /* X'X of the centred columns */
    double cross[WIDTH_MAX];              /* X'y */
};

/* The columns of a month, [width]; false when one cannot be computed. */
static bool columns_of(const struct feature *const *feature, size_t features,
                       const struct panel *panel, size_t item, size_t month, double *out)
{
    for (size_t f = 0; f < features; f++) {
        if (feature[f]->columns == 0)
            continue;
        feature[f]->compute(panel, item, month, out);
        for (size_t k = 0; k < feature[f]->columns; k++)
            if (!isfinite(out[k]))
                return false;
        out += feature[f]->columns;
    }
    return true;
}

/* A row that trains: its columns and its sales are there, and nothing distorted it. */
static bool row_of(const struct forecast_task *task, size_t item, size_t month, double *out)
{
    return isfinite(panel_sold(task->panel, item, month, 0)) &&
           columns_of(task->feature, task->features, task->panel, item, month, out) &&
           !forecast_distorted(task->feature, task->features, task->panel, item, month);
}

static void add_means(struct sums *sums, const struct forecast_task *task)
{
    double x[WIDTH_MAX];

    for (size_t i = 0; i < task->panel->items; i++)
        for (size_t month = 0; month < task->end; month++) {
            if (!row_of(task, i, month, x))
                continue;
            for (size_t k = 0; k < sums->width; k++)
                sums->mean[k] += x[k];
            sums->target += panel_sold(task->panel, i, month, 0);
            sums->rows++;
        }
    for (size_t k = 0; k < sums->width; k++)
        sums->mean[k] /= (double)sums->rows;
    sums->target /= (double)sums->rows;
}

static void add_row(struct sums *sums, double *x, double sold)
{
    for (size_t k = 0; k < sums->width; k++)
        x[k] -= sums->mean[k];
    for (size_t k = 0; k < sums->width; k++) {
        for (size_t j = 0; j <= k; j++)
            sums->product[k][j] += x[k] * x[j];
        sums->cross[k] += x[k] * (sold - sums->target);
    }
}

static void add_products(struct sums *sums, const struct forecast_task *task)
{
    double x[WIDTH_MAX];

    for (size_t i = 0; i < task->panel->items; i++)
        for (size_t month = 0; month < task->end; month++)
            if (row_of(task, i, month, x))
                add_row(sums, x, panel_sold(task->panel, i, month, 0));
}

/* The lower triangle becomes L of L L'; false when the matrix is not positive definite. */
static bool factorise(struct sums *sums)
{
    for (size_t k = 0; k < sums->width; k++) {
        for (size_t j = 0; j <= k; j++) {
            double sum = sums->product[k][j];
            for (size_t i = 0; i < j; i++)
                sum -= sums->product[k][i] * sums->product[j][i];
            if (k == j && !(sum > 0))
                return false;
            sums->product[k][j] = k == j ? sqrt(sum) : sum / sums->product[j][j];
        }
    }
    return true;
}

static void solve(const struct sums *sums, double *weight)
{
    for (size_t k = 0; k < sums->width; k++) {
        double sum = sums->cross[k];
        for (size_t j = 0; j < k; j++)
            sum -= sums->product[k][j] * weight[j];
        weight[k] = sum / sums->product[k][k];
    }
    for (size_t k = sums->width; k-- > 0;) {
        double sum = weight[k];
        for (size_t j = k + 1; j < sums->width; j++)
            sum -= sums->product[j][k] * weight[j];
        weight[k] = sum / sums->product[k][k];
    }
}

static bool fit_sums(struct sums *sums, struct forecast_model *model,
                     const struct forecast_task *task, struct error *err)
{
    for (size_t f = 0; f < task->features; f++)
        sums->width += task->feature[f]->columns;
    if (sums->width == 0)
        return error_set(err, ERR_DATA, "the features have no column to learn from");
    add_means(sums, task);
    if (sums->rows == 0)
        return error_set(err, ERR_DATA,
                         "no item has a month before 'start_test' with all features: some need 15 "
                         "months of sales before it");
    add_products(sums, task);
    for (size_t k = 0; k < sums->width; k++)
        sums->product[k][k] += task->alpha;
    if (!factorise(sums))
        return error_set(err, ERR_DATA, "the features depend on each other; use an alpha above 0");
    model->rows = sums->rows;
    model->parameters = sums->width + 1;
    model->parameter = ARENA_NEW(&model->memory, double, model->parameters);
    solve(sums, model->parameter + 1);
    model->parameter[0] = sums->target;
    for (size_t k = 0; k < sums->width; k++)
        model->parameter[0] -= model->parameter[1 + k] * sums->mean[k];
    return true;
}

static bool fit(struct forecast_model *model, const struct forecast_task *task, struct error *err)
{
    struct sums *sums = memory_take_zeroed(1, sizeof *sums);
    const bool ok = interrupt_check("fitting the model", err) && fit_sums(sums, model, task, err);

    free(sums);
    return ok;
}

static void predict(const struct forecast_model *model, const struct panel *panel, size_t month,
                    double *out)
{
    double x[WIDTH_MAX];

    for (size_t i = 0; i < panel->items; i++) {
        out[i] = NAN;
        if (!columns_of(model->feature, model->features, panel, i, month, x))
            continue;
        out[i] = model->parameter[0];
        for (size_t k = 0; k + 1 < model->parameters; k++)
            out[i] += model->parameter[1 + k] * x[k];
    }
}

static void describe(const struct forecast_model *model, json_t *list)
{
    size_t at = 0;

    forecast_parameter_add(list, "intercept", model->parameter[at++],
                           "predicted where every column is 0");
    for (size_t f = 0; f < model->features; f++)
        for (size_t k = 0; k < model->feature[f]->columns; k++)
            forecast_parameter_add(list, model->feature[f]->column[k], model->parameter[at++],
                                   "change of the prediction per unit of this column");
}

const struct forecast_kind forecast_kind_ridge = {
    .name = "Ridge",
    .uses_features = true,
    .fit = fit,
    .predict = predict,
    .describe = describe,
};
