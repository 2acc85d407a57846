#include "attribution/impression_credit.h"

#include "attribution/incremental_interval.h"
#include "attribution/incremental_store.h"
#include "table/source.h"

#include <stdlib.h>
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

/* credit: [3][campaigns + 1], the credits and both ends of their intervals. */
static bool fit_credits(double *credit, struct impression_model *model,
                        const struct exposure_log *log, const struct impression_request *request,
                        struct error *err)
{
    const size_t width = log->campaigns + 1;
    struct incremental_fit fit;

    if (!incremental_fit_run(&fit, log, request->incremental, request->pool, err))
        return error_wrap(err, "incremental");
    incremental_credits(&fit, fit.parameter, NULL, request->pool, credit);
    model->fitted = true;
    model->additive = fit.design.additive;
    model->chose_link = fit.chose_link;
    model->logit_loss = fit.logit_loss;
    model->additive_loss = fit.additive_loss;
    struct incremental_draws draws = {0};
    bool ok = request->replicates == 0 || incremental_draw(&draws, &fit, request->replicates,
                                                           request->seed, request->pool, err);
    if (ok)
        incremental_intervals(&draws, width, credit + width, credit + 2 * width);
    ok = ok && (!request->save ||
                incremental_store_write(request->save, &fit, request->incremental, &draws, err));
    const struct doubt_request doubts = {.fit = &fit,
                                         .credit = credit,
                                         .low = draws.count ? credit + width : NULL,
                                         .high = draws.count ? credit + 2 * width : NULL,
                                         .pool = request->pool};
    ok = ok && (!request->doubt || incremental_doubt_run(&model->doubt, &doubts, err));
    incremental_draws_clear(&draws);
    incremental_fit_clear(&fit);
    return ok;
}

static bool log_credits(struct credit_table *credits, struct impression_model *model,
                        const struct exposure_log *log, const struct impression_request *request,
                        struct error *err)
{
    double *credit = memory_take_zeroed(3 * (log->campaigns + 1), sizeof *credit);
    static const char *const name[3] = {"incremental", "incremental_low", "incremental_high"};
    struct credit_column column[3];
    struct path_set paths;
    bool ok =
        log->campaigns > INCREMENTAL_CAMPAIGNS_MAX || fit_credits(credit, model, log, request, err);

    if (ok) {
        for (size_t i = 0; i < 3; i++) {
            const double *own = credit + i * (log->campaigns + 1);
            column[i] = (struct credit_column){.name = name[i],
                                               .conversions = own,
                                               .baseline = own[log->campaigns],
                                               .bound = i > 0};
        }
        exposure_log_paths(&paths, log);
        const struct credit_request all = {.paths = &paths,
                                           .config = request->config,
                                           .extra = column,
                                           .extras = !model->fitted        ? 0
                                                     : request->replicates ? 3
                                                                           : 1,
                                           .baseline = model->fitted,
                                           .pool = request->pool};
        ok = attribution_credits(credits, &all, err);
        path_set_clear(&paths);
    }
    free(credit);
    return ok;
}

bool impression_credits(struct credit_table *credits, struct impression_model *model,
                        const struct impression_request *request, struct error *err)
{
    struct exposure_log log;

    if (!exposure_log_read(&log, request->table, err))
        return false;
    *model = (struct impression_model){
        .impressions = log.impressions, .users = log.users, .campaigns = log.campaigns};
    const bool ok = log_credits(credits, model, &log, request, err) ||
                    error_wrap(err, "'%s'", request->table->path);
    exposure_log_clear(&log);
    if (!ok)
        incremental_doubt_clear(&model->doubt);
    return ok;
}
