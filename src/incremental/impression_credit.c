#include "incremental/impression_credit.h"

#include "attribution/credit_time.h"
#include "base/clock.h"
#include "incremental/additive_hazard.h"
#include "incremental/run.h"
#include "table/source.h"

#include <string.h>

static bool has_column(const struct table_source *source, const char *name)
{
    for (size_t i = 0; i < source->column_count; i++)
        if (strcmp(source->column[i].name, name) == 0)
            return true;
    return false;
}

bool impression_table(bool *is, const struct journey_config *table, const char *path_column,
                      struct error *err)
{
    struct table_source *source = NULL;

    if (!table_source_open(&source, table->path, err))
        return false;
    *is = has_column(source, table->entity) && !has_column(source, path_column);
    table_source_close(source);
    return true;
}

static void note_model(struct impression_model *model, const struct incremental_run *run)
{
    model->fitted = true;
    model->link = run->fit.design.link;
    model->chose_link = run->fit.chose_link;
    memcpy(model->link_loss, run->fit.link_loss, sizeof model->link_loss);
    model->anyway = run->credit[run->fit.log->campaigns];
}

static bool credit_hazard(struct credit_column *column, const struct exposure_log *log,
                          struct arena *memory, struct error *err)
{
    double *credit = ARENA_NEW(memory, double, log->campaigns);
    const double begun = clock_processor_seconds();

    *column = (struct credit_column){.name = "additive_hazard", .conversions = credit};
    const bool ok = additive_hazard_credit(log, credit, err);
    column->seconds = clock_processor_seconds() - begun;
    return ok;
}

/* Credits of every method, the incremental one too where `run` is not NULL. */
static bool all_credits(struct credit_table *credits, const struct incremental_run *run,
                        const struct exposure_log *log, const struct impression_request *request,
                        struct error *err)
{
    struct arena memory = {0};
    struct incremental_columns columns = {0};
    struct credit_column extra[1 + sizeof columns.column / sizeof *columns.column];
    struct path_set paths;
    struct credit_request all = {.paths = &paths, .config = request->config, .pool = request->pool};

    if (run) {
        const struct incremental_amounts amounts = incremental_run_amounts(run);
        incremental_columns_make(&columns, &amounts, &memory);
        incremental_columns_give(&columns, &all);
    }
    memcpy(extra + 1, columns.column, columns.columns * sizeof *extra);
    all.extra = extra;
    all.extras = 1 + columns.columns;
    exposure_log_paths(&paths, log);
    const bool ok =
        credit_hazard(extra, log, &memory, err) && attribution_credits(credits, &all, err);
    path_set_clear(&paths);
    arena_clear(&memory);
    return ok;
}

static bool log_credits(struct credit_table *credits, struct impression_model *model,
                        const struct exposure_log *log, const struct impression_request *request,
                        struct error *err)
{
    const struct incremental_job job = {.log = log,
                                        .config = request->incremental,
                                        .replicates = request->replicates,
                                        .seed = request->seed,
                                        .pool = request->pool,
                                        .journeys = request->journeys,
                                        .save = request->save,
                                        .keep = request->keep,
                                        .show = request->show,
                                        .doubt = request->doubt,
                                        .experiments = request->experiments};
    struct incremental_run run;

    if (log->campaigns > INCREMENTAL_CAMPAIGNS_MAX)
        return all_credits(credits, NULL, log, request, err);
    const double begun = clock_processor_seconds();
    if (!incremental_run(&run, &job, err))
        return error_wrap(err, "incremental");
    const double seconds = clock_processor_seconds() - begun;
    note_model(model, &run);
    const bool ok = all_credits(credits, &run, log, request, err);
    if (ok)
        credit_set_seconds(credits, "incremental", seconds);
    model->doubt = run.doubt;
    run.doubt = (struct incremental_doubt){0};
    if (request->experiments)
        model->lifts = incremental_lifts_json(&run.lifts, log, run.lift_before, run.lift_after);
    model->pairs = incremental_pairs_json(&run.pairs, log);
    incremental_run_clear(&run);
    return ok;
}

bool impression_credits(struct credit_table *credits, struct impression_model *model,
                        const struct impression_request *request, struct error *err)
{
    struct exposure_log log;
    const struct exposure_wish wish = {.table = request->table,
                                       .identity = request->journeys != NULL};

    if (!exposure_log_load(&log, &wish, err))
        return false;
    *model = (struct impression_model){
        .impressions = log.impressions, .users = log.users, .campaigns = log.campaigns};
    const bool ok = log_credits(credits, model, &log, request, err) ||
                    error_wrap(err, "'%s'", request->table->path);
    exposure_log_clear(&log);
    if (!ok)
        impression_model_clear(model);
    return ok;
}

void impression_model_clear(struct impression_model *model)
{
    incremental_doubt_clear(&model->doubt);
    json_decref(model->lifts);
    json_decref(model->pairs);
    model->lifts = model->pairs = NULL;
}
