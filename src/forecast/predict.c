#include "forecast/predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { YEAR = 12 };

void forecast_predict(const struct forecast_model *model, const struct panel *panel, size_t first,
                      size_t end, enum forecast_known known, double *out, double *most)
{
    const size_t cells = panel->items * panel->months, width = end - first;
    struct panel working = *panel;
    double *month_out = memory_take(panel->items + 1, sizeof *month_out);

    working.sales = memory_take(cells + 1, sizeof *working.sales);
    memcpy(working.sales, panel->sales, cells * sizeof *working.sales);
    for (size_t i = 0; known == FORECAST_KNOWS_START && i < panel->items; i++)
        for (size_t month = first; month < panel->months; month++)
            working.sales[i * panel->months + month] = NAN;
    for (size_t month = first; month < end; month++) {
        forecast_month(model, &working, month, month_out);
        for (size_t i = 0; i < panel->items; i++) {
            double *cell = &working.sales[i * panel->months + month];
            out[i * width + (month - first)] = month_out[i];
            if (most)
                most[i * width + (month - first)] = forecast_most(model, &working, i, month);
            if (!isfinite(*cell))
                *cell = month_out[i];
        }
    }
    free(working.sales);
    free(month_out);
}

double forecast_scale(const struct panel *panel, size_t item, size_t month)
{
    double sum = 0;
    size_t count = 0;

    for (size_t back = 1; back <= YEAR; back++) {
        const double sold = panel_sold(panel, item, month, back);
        sum += isfinite(sold) ? sold : 0;
        count += isfinite(sold);
    }
    return count ? sum / (double)count : NAN;
}

static void keep(struct backtest *backtest, const struct backtest_row *row)
{
    if (!isfinite(row->prediction) || !isfinite(row->truth))
        return;
    if (backtest->count == backtest->room) {
        backtest->room = backtest->room ? backtest->room * 2 : 1024;
        backtest->row = memory_resize(backtest->row, backtest->room, sizeof *backtest->row);
    }
    backtest->row[backtest->count++] = *row;
}

static void compare(struct backtest *backtest, const struct forecast_model *model,
                    const struct panel *panel, size_t origin, size_t length,
                    enum forecast_known known)
{
    double *out = memory_take(panel->items * length + 1, sizeof *out);

    forecast_predict(model, panel, origin, origin + length, known, out, NULL);
    for (size_t i = 0; i < panel->items; i++)
        for (size_t step = 0; step < length; step++)
            keep(backtest, &(struct backtest_row){
                               .item = i,
                               .month = origin + step,
                               .step = step,
                               .prediction = out[i * length + step],
                               .truth = panel_sold(panel, i, origin + step, 0),
                               .scale = forecast_scale(panel, i, origin),
                           });
    free(out);
    backtest->origins++;
    backtest->first = origin;
}

/* The earliest origins may have too little before them, which is no failure. */
bool backtest_run(struct backtest *backtest, const struct forecast_kind *kind,
                  const struct forecast_task *task, size_t origins, size_t length,
                  enum forecast_known known, struct error *err)
{
    *backtest = (struct backtest){0};
    for (size_t k = 1; k <= origins && k * length < task->end; k++) {
        struct forecast_task before = *task;
        struct forecast_model model;
        struct error failed = {0};
        before.end = task->end - k * length;
        if (!forecast_fit(&model, kind, &before, &failed)) {
            if (failed.code == ERR_DATA)
                break;
            *err = failed;
            backtest_clear(backtest);
            return false;
        }
        compare(backtest, &model, task->panel, before.end, length, known);
        forecast_model_clear(&model);
    }
    return true;
}

void backtest_clear(struct backtest *backtest)
{
    free(backtest->row);
    *backtest = (struct backtest){0};
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Linear between the two nearest of sorted values. */
static double quantile(const double *value, size_t count, double share)
{
    const double place = share * (double)(count - 1);
    const size_t below = (size_t)place;
    const double part = place - (double)below;

    return below + 1 < count ? value[below] * (1 - part) + value[below + 1] * part : value[below];
}

/* `step` SIZE_MAX: all of them. */
static size_t misses(const struct backtest *backtest, size_t step, double *out)
{
    size_t count = 0;

    for (size_t r = 0; r < backtest->count; r++) {
        const struct backtest_row *row = &backtest->row[r];
        if ((step == SIZE_MAX || row->step == step) && row->scale > 0)
            out[count++] = (row->truth - row->prediction) / row->scale;
    }
    return count;
}

bool backtest_interval(const struct backtest *backtest, size_t step, double share, double *lower,
                       double *upper)
{
    double *value = memory_take(backtest->count + 1, sizeof *value);
    size_t count = misses(backtest, step, value);

    if (count < INTERVAL_ROWS_LEAST)
        count = misses(backtest, SIZE_MAX, value);
    if (count > 0) {
        qsort(value, count, sizeof *value, by_value);
        *lower = quantile(value, count, (1 - share) / 2);
        *upper = quantile(value, count, (1 + share) / 2);
    }
    free(value);
    return count > 0;
}
