/*
 * model_custom — the structural equation, its parameters fitted to sales scaled per item.
 *
 *   minimise  mean over (item, month) of ((wanted - sales) / scale)^2, and a little for parameters
 *             that are far from where the search starts
 *
 * over the months that have a prediction and sales and did not end without stock: what was wanted
 * in those is not known. The month after a stock-out is kept where the equation says how it came
 * about. The pull to the start is that of a normal distribution: nothing beside the data, unless
 * these say nothing of a parameter, as one June does of the Julys after. The gradient is by central
 * differences, as the equation has eleven parameters at most. The spread of a month, which
 * stock-outs need, is measured on the residuals of a first fit.
 */
#include "forecast/model.h"

#include "base/interrupt.h"
#include "forecast/equation.h"
#include "forecast/lbfgs.h"

#include <math.h>
#include <string.h>

#define NOISE_FIRST 0.15
#define NOISE_LEAST 0.01
/* A parameter is about this far from its start, as far as anyone knows before the data speak. */
#define PRIOR_SPREAD 0.3
#define DIFFERENCE_STEP 1e-6
/* The loss is near 0.02; libLBFGS's threshold for the gradient supposes one near 1 or above. */
#define LOSS_SCALE 1000

enum { STEPS_MAX = 300, ROUNDS = 2 };

static const struct {
    const char *symbol, *meaning;
    double start;
    enum panel_file file;
} parameters[EQUATION_COUNT] = {
#define X(symbol, start, file, meaning) {#symbol, meaning, start, file},
    EQUATION_PARAMETERS(X)
#undef X
};

enum { POINTS_MAX = 2 * EQUATION_COUNT + 1 };

/* The loss at several points at once: items are what threads divide between them. */
struct fitting {
    const struct equation_data *data;
    struct pool *pool;
    double value[EQUATION_COUNT]; /* of parameters that are not free, 0 */
    size_t free[EQUATION_COUNT];  /* which parameter each variable is */
    size_t count;
    double noise;
    size_t rows; /* pairs of item and month that count */
    size_t points;
    double point[POINTS_MAX][EQUATION_COUNT];
    double *item_sum; /* [items, POINTS_MAX] sums of squares */
};

static bool counts(const struct equation_data *data, size_t item, size_t month)
{
    const size_t at = item * data->months + month;

    return month >= data->start[item] + EQUATION_WARM_UP && data->scale[item] > 0 &&
           isfinite(data->sales[at]) && !data->out[at];
}

static double item_loss(const struct fitting *f, size_t item, const double *point)
{
    const struct equation_data *data = f->data;
    double wanted[PANEL_MONTHS_MAX], sum = 0;

    equation_run(data, point, f->noise, item, wanted);
    for (size_t month = 0; month < data->months; month++) {
        if (!counts(data, item, month))
            continue;
        const double miss =
            (wanted[month] - data->sales[item * data->months + month]) / data->scale[item];
        sum += miss * miss;
    }
    return sum;
}

static void item_losses(void *context, size_t rank, size_t size)
{
    const struct fitting *f = context;

    for (size_t i = rank; i < f->data->items; i += size)
        for (size_t k = 0; k < f->points; k++)
            f->item_sum[i * POINTS_MAX + k] = item_loss(f, i, f->point[k]);
}

/* What the parameters cost: as if each came from a normal distribution around its start. */
static double pull_of(const struct fitting *f, const double *point)
{
    double sum = 0;

    for (size_t k = 0; k < f->count; k++) {
        const double far = point[f->free[k]] - parameters[f->free[k]].start;
        sum += far * far;
    }
    return sum * f->noise * f->noise / (PRIOR_SPREAD * PRIOR_SPREAD);
}

/* The losses of the points; sums are in the order of the items, whatever the number of threads. */
static void losses_of(struct fitting *f, double *loss)
{
    if (f->pool)
        pool_run(f->pool, item_losses, f);
    else
        item_losses(f, 0, 1);
    for (size_t k = 0; k < f->points; k++) {
        double sum = pull_of(f, f->point[k]);
        for (size_t i = 0; i < f->data->items; i++)
            sum += f->item_sum[i * POINTS_MAX + k];
        loss[k] = LOSS_SCALE * sum / (double)f->rows;
        if (!isfinite(loss[k]))
            loss[k] = 1e300;
    }
}

static void set_point(struct fitting *f, size_t point, const double *x)
{
    memcpy(f->point[point], f->value, sizeof f->value);
    for (size_t k = 0; k < f->count; k++)
        f->point[point][f->free[k]] = x[k];
}

static double loss_and_gradient(void *context, const double *x, double *gradient, size_t count)
{
    struct fitting *f = context;
    double loss[POINTS_MAX];

    f->points = 2 * count + 1;
    for (size_t k = 0; k < f->points; k++)
        set_point(f, k, x);
    for (size_t k = 0; k < count; k++) {
        f->point[2 * k][f->free[k]] += DIFFERENCE_STEP;
        f->point[2 * k + 1][f->free[k]] -= DIFFERENCE_STEP;
    }
    losses_of(f, loss);
    for (size_t k = 0; k < count; k++)
        gradient[k] = (loss[2 * k] - loss[2 * k + 1]) / (2 * DIFFERENCE_STEP);
    return loss[2 * count];
}

static size_t count_rows(const struct equation_data *data)
{
    size_t rows = 0;

    for (size_t i = 0; i < data->items; i++)
        for (size_t month = 0; month < data->months; month++)
            rows += counts(data, i, month);
    return rows;
}

/* Root mean square of the relative miss in months that nothing unusual touched. */
static double measure_noise(struct fitting *f)
{
    const struct equation_data *data = f->data;
    double wanted[PANEL_MONTHS_MAX], sum = 0;
    size_t count = 0;

    for (size_t i = 0; i < data->items; i++) {
        equation_run(data, f->value, f->noise, i, wanted);
        for (size_t month = 0; month < data->months; month++) {
            const size_t at = i * data->months + month;
            if (!counts(data, i, month) || data->out[at - 1] || isfinite(data->left[at]) ||
                isfinite(data->left[at - 1]))
                continue;
            const double miss = data->sales[at] / wanted[month] - 1;
            sum += miss * miss;
            count++;
        }
    }
    return count ? fmin(fmax(sqrt(sum / (double)count), NOISE_LEAST), 1) : f->noise;
}

static bool search_all(struct fitting *f, struct lbfgs_end *end, struct error *err)
{
    double x[EQUATION_COUNT];

    for (size_t k = 0; k < EQUATION_COUNT; k++)
        if (f->data->has[parameters[k].file]) {
            x[f->count] = parameters[k].start;
            f->free[f->count++] = k;
        }
    f->rows = count_rows(f->data);
    if (f->rows == 0)
        return error_set(err, ERR_DATA,
                         "no item has sales above 0 after its first 15 months and before "
                         "'start_test'");
    for (size_t round = 0; round < ROUNDS; round++) {
        if (!interrupt_check("fitting the model", err) ||
            !lbfgs_minimise(x, f->count, loss_and_gradient, f, STEPS_MAX, end, err))
            return false;
        for (size_t k = 0; k < f->count; k++)
            f->value[f->free[k]] = x[k];
        if (round + 1 < ROUNDS)
            f->noise = measure_noise(f);
    }
    return true;
}

static bool fit_data(struct forecast_model *model, const struct equation_data *data,
                     struct pool *pool, struct arena *step, struct error *err)
{
    struct fitting f = {
        .data = data,
        .pool = pool,
        .noise = NOISE_FIRST,
        .item_sum = ARENA_NEW(step, double, data->items *POINTS_MAX + 1),
    };
    struct lbfgs_end end = {0};

    if (!search_all(&f, &end, err))
        return false;
    model->parameters = EQUATION_COUNT;
    model->parameter = ARENA_NEW(&model->memory, double, EQUATION_COUNT);
    memcpy(model->parameter, f.value, sizeof f.value);
    model->noise = f.noise;
    model->rows = f.rows;
    model->note =
        arena_format(&model->memory, "L-BFGS, %zu steps%s; loss %.6f", end.steps,
                     end.converged ? "" : ", until no step was better", end.value / LOSS_SCALE);
    return true;
}

static bool fit(struct forecast_model *model, const struct forecast_task *task, struct error *err)
{
    struct arena step = {0};
    struct equation_data data;

    model->scale = equation_scale(task->panel, task->end, &model->memory);
    equation_data_init(&data, task->panel, task->end, model->scale, task->feature, task->features,
                       &step);
    const bool ok = fit_data(model, &data, task->pool, &step, err);
    arena_clear(&step);
    return ok;
}

/* An item that had no sales when the model was fitted has those since. */
static void predict(const struct forecast_model *model, const struct panel *panel, size_t month,
                    double *out)
{
    struct arena step = {0};
    struct equation_data data;
    double *scale = equation_scale(panel, month, &step);
    double *wanted = ARENA_NEW(&step, double, month + 2);

    for (size_t i = 0; i < panel->items; i++)
        scale[i] = isfinite(model->scale[i]) ? model->scale[i] : scale[i];
    equation_data_init(&data, panel, month + 1, scale, model->feature, model->features, &step);
    for (size_t i = 0; i < panel->items; i++) {
        data.sales[i * data.months + month] = NAN; /* what is to be predicted */
        equation_run(&data, model->parameter, model->noise, i, wanted);
        out[i] = wanted[month];
    }
    arena_clear(&step);
}

static void describe(const struct forecast_model *model, json_t *list)
{
    bool has[PANEL_FILES] = {[PANEL_SALES] = true};

    for (size_t f = 0; f < model->features; f++)
        has[model->feature[f]->needs] = true;
    for (size_t k = 0; k < EQUATION_COUNT; k++)
        if (has[parameters[k].file])
            forecast_parameter_add(list, parameters[k].symbol, model->parameter[k],
                                   parameters[k].meaning);
    forecast_parameter_add(list, "noise", model->noise,
                           "spread of a month around its prediction, as a share of it (measured)");
}

const struct forecast_kind forecast_kind_custom = {
    .name = "CustomModel",
    .uses_features = true,
    .fit = fit,
    .predict = predict,
    .describe = describe,
};
