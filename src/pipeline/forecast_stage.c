/* forecast_stage — fit, measure on the past, predict, write. */
#include "pipeline/forecast_run.h"

#include "base/file.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "pipeline/stage.h"
#include "pipeline/stage_key.h"
#include "table/source.h"
#include "table/writer.h"

#include <math.h>
#include <string.h>

/* What a query reads cannot be known, so its result is never taken for up to date. */
static bool key_of(const struct pipeline_config *config, uint64_t *key)
{
    static const enum pipeline_section_id sections[] = {
        PIPELINE_SECTION_DATA, PIPELINE_SECTION_START, PIPELINE_SECTION_MODEL,
        PIPELINE_SECTION_FEATURES, PIPELINE_SECTION_FORECAST};
    const char *file[PANEL_FILES];
    bool known = true;

    *key = stage_key_new("forecast");
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        *key = pipeline_config_key(config, sections[i], *key);
    forecast_config_files(&config->forecast, file);
    for (size_t i = 0; i < PANEL_FILES; i++) {
        if (!file[i])
            continue;
        known = known && !table_source_is_query(file[i]);
        *key = stage_key_files(*key, file[i]);
    }
    return known;
}

/* An item to draw must be there. */
static bool check_charts(const struct forecast_result *r, struct error *err)
{
    const struct forecast_config *f = &r->config->forecast;

    for (size_t k = 0; k < f->settings.charts; k++) {
        size_t i = 0;
        while (i < r->panel.items && strcmp(r->panel.item[i], f->settings.chart[k]) != 0)
            i++;
        if (i == r->panel.items)
            return error_set(err, ERR_DATA, "forecast.charts: '%s' has no item '%.100s'",
                             f->data.sales, f->settings.chart[k]);
    }
    return true;
}

static bool load(struct forecast_result *r, struct error *err)
{
    const struct forecast_config *f = &r->config->forecast;
    const char *file[PANEL_FILES];
    char last[CALENDAR_TEXT_SIZE];

    forecast_config_files(f, file);
    if (!panel_load(&r->panel, file, f->settings.horizon, err))
        return false;
    calendar_text(r->panel.first + (int)r->panel.sales_end - 1, last);
    const int start = f->start.month - r->panel.first;
    if (start < 1 || start > (int)r->panel.sales_end)
        return error_set(err, ERR_DATA,
                         "start_test %s: must be after the first month of '%s' and at most one "
                         "after the last, %s",
                         f->start.text, f->data.sales, last);
    r->start = (size_t)start;
    r->end = f->settings.horizon ? r->start + f->settings.horizon : r->panel.sales_end;
    if (r->end == r->start)
        return error_set(err, ERR_DATA,
                         "start_test %s: '%s' ends before it, in %s; set forecast.horizon to a "
                         "number of months",
                         f->start.text, f->data.sales, last);
    return check_charts(r, err);
}

/* Intervals stay in what can be sold, as predictions do; `most` is r->upper on entry. */
static void add_intervals(struct forecast_result *r)
{
    const double share = r->config->forecast.settings.interval;
    const size_t width = r->end - r->start;

    for (size_t step = 0; step < width; step++) {
        double lower = NAN, upper = NAN;
        if (!backtest_interval(&r->backtest, step, share, &lower, &upper))
            lower = upper = NAN;
        for (size_t i = 0; i < r->panel.items; i++) {
            const size_t at = i * width + step;
            const double scale = forecast_scale(&r->panel, i, r->start), most = r->upper[at];
            const double low = r->prediction[at] + lower * scale,
                         high = r->prediction[at] + upper * scale;
            r->lower[at] = isnan(low) ? NAN : fmin(fmax(low, 0), most);
            r->upper[at] = isnan(high) ? NAN : fmin(high, most);
        }
    }
}

static bool work_out(struct forecast_result *r, struct error *err)
{
    const struct forecast_config *f = &r->config->forecast;
    const size_t width = r->end - r->start, cells = r->panel.items * width;
    const enum forecast_known known = (enum forecast_known)f->settings.known;
    const struct forecast_task task = {
        &r->panel,           r->start,
        f->features.feature, f->kind->uses_features ? f->features.count : 0,
        f->settings.alpha,   r->pool};

    if (!forecast_fit(&r->model, f->kind, &task, err) || !interrupt_check("the backtest", err) ||
        !backtest_run(&r->backtest, f->kind, &task, f->settings.backtest, width, known, err))
        return false;
    r->prediction = ARENA_NEW(&r->panel.memory, double, cells);
    r->lower = ARENA_NEW(&r->panel.memory, double, cells);
    r->upper = ARENA_NEW(&r->panel.memory, double, cells);
    forecast_predict(&r->model, &r->panel, r->start, r->end, known, r->prediction, r->upper);
    add_intervals(r);
    return true;
}

/* Which of the values are there. */
static const uint64_t *known_of(const double *value, size_t rows, struct arena *memory)
{
    uint64_t *valid = ARENA_ZERO(memory, uint64_t, rows / 64 + 1);

    for (size_t i = 0; i < rows; i++)
        valid[i / 64] |= (uint64_t)(isfinite(value[i]) != 0) << (i % 64);
    return valid;
}

static bool write_tables(const struct forecast_result *r, const char *folder, struct error *err)
{
    const size_t width = r->end - r->start, rows = r->panel.items * width;
    struct arena memory = {0};
    struct table_string *date = ARENA_NEW(&memory, struct table_string, rows),
                        *item = ARENA_NEW(&memory, struct table_string, rows);
    char *predictions = file_join(folder, "predictions.csv"),
         *intervals = file_join(folder, "intervals.csv"), text[CALENDAR_TEXT_SIZE];

    for (size_t step = 0; step < width; step++) {
        calendar_text(r->panel.first + (int)(r->start + step), text);
        const struct table_string when = {arena_string(&memory, text, strlen(text)), strlen(text)};
        for (size_t i = 0; i < r->panel.items; i++) {
            date[i * width + step] = when;
            item[i * width + step] =
                (struct table_string){r->panel.item[i], strlen(r->panel.item[i])};
        }
    }
    const struct table_column columns[] = {
        {.name = "dates", .type = TABLE_TEXT, .text = date},
        {.name = "item_id", .type = TABLE_TEXT, .text = item},
        {.name = "prediction",
         .type = TABLE_DOUBLE,
         .number = r->prediction,
         .valid = known_of(r->prediction, rows, &memory)},
        {.name = "lower",
         .type = TABLE_DOUBLE,
         .number = r->lower,
         .valid = known_of(r->lower, rows, &memory)},
        {.name = "upper",
         .type = TABLE_DOUBLE,
         .number = r->upper,
         .valid = known_of(r->upper, rows, &memory)},
    };
    const bool ok = table_write(predictions, columns, 3, rows, err) &&
                    table_write(intervals, columns, 5, rows, err);
    free(predictions);
    free(intervals);
    arena_clear(&memory);
    return ok;
}

/* Takes the document over; NULL writes nothing. */
static bool write_document(const char *folder, const char *name, json_t *document,
                           struct error *err)
{
    char *path = file_join(folder, name);
    const bool ok = !document || json_write(path, document, err);

    json_decref(document);
    free(path);
    return ok;
}

static void clear_result(struct forecast_result *r)
{
    forecast_model_clear(&r->model);
    backtest_clear(&r->backtest);
    panel_clear(&r->panel);
    pool_free(r->pool);
}

static bool make(void *context, const char *folder, struct error *err)
{
    struct forecast_run *run = context;
    struct forecast_result r = {.config = run->config, .pool = pool_new(run->options->threads)};
    struct progress progress;
    char summary[128];

    progress_begin(&progress, "forecast", 0, run->options->quiet);
    const bool ok = load(&r, err) && work_out(&r, err) && write_tables(&r, folder, err) &&
                    write_document(folder, "model.json", forecast_model_json(&r), err) &&
                    write_document(folder, "evaluation.json", forecast_evaluation_json(&r), err) &&
                    write_document(folder, "forecast.json", forecast_document_json(&r), err);
    if (ok) {
        snprintf(summary, sizeof summary, "%zu months of %zu items with %s", r.end - r.start,
                 r.panel.items, run->config->forecast.kind->name);
        progress_end(&progress, summary);
    } else {
        progress_cancel(&progress);
    }
    clear_result(&r);
    return ok;
}

bool forecast_run_forecast(struct forecast_run *run, struct error *err)
{
    if (run->options->folds)
        return error_set(err, ERR_ARG,
                         "--folds: is for journeys, not for forecasts: set "
                         "forecast.backtest");
    const bool known = key_of(run->config, &run->forecast_key);
    const struct stage stage = {
        .space = run->space,
        .name = "forecast",
        .key = run->forecast_key,
        .untrusted = !known,
        .quiet = run->options->quiet,
        .run = run,
        .make = make,
    };

    return stage_run(&stage, &run->forecast, err);
}

void forecast_run_clear(struct forecast_run *run)
{
    free(run->forecast);
    *run = (struct forecast_run){0};
}
