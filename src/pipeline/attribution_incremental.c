/*
 * attribution_incremental — what each campaign caused, from whole users: impressions are read
 * again, as journeys hold the last few of them only.
 */
#include "pipeline/attribution_run.h"

#include "base/file.h"
#include "base/log.h"
#include "base/progress.h"
#include "pipeline/config_internal.h"
#include "pipeline/incremental_document.h"
#include "pipeline/stage_document.h"
#include "pipeline/stage_key.h"
#include "table/source.h"

#include <unistd.h>

static const char summary_name[] = "incremental/summary.json";

static uint64_t incremental_key(const struct attribution_run *run)
{
    uint64_t key = stage_key_new("incremental");

    key = pipeline_config_key(run->config, PIPELINE_SECTION_SOURCE, key);
    key = pipeline_config_key(run->config, PIPELINE_SECTION_INCREMENTAL, key);
    key = stage_key_number(key, (uint64_t)run->config->attribution.split);
    if (run->config->attribution.split == PATH_SPLIT_TRAIN)
        key = pipeline_config_key(run->config, PIPELINE_SECTION_SPLIT, key);
    if (run->config->source.path)
        key = stage_key_files(key, run->config->source.path);
    if (run->config->incremental.experiments)
        key = stage_key_files(key, run->config->incremental.experiments);
    return key;
}

static bool write_results(const struct attribution_run *run, const struct exposure_log *log,
                          const char *folder, struct progress *progress, struct error *err)
{
    char *summary = file_join(folder, summary_name);
    char *journeys = file_join(folder, "incremental/journey_credit.parquet");
    char *keep = file_join(folder, ".replicates");
    const struct incremental_job job = {.log = log,
                                        .config = &run->config->incremental.model,
                                        .replicates = run->config->incremental.intervals,
                                        .seed = run->config->incremental.seed,
                                        .pool = run->pool,
                                        .journeys = journeys,
                                        .save = folder,
                                        .keep = keep,
                                        .doubt = true,
                                        .experiments = run->config->incremental.experiments};
    struct incremental_run result;
    bool ok = file_make_parents(summary, err) && incremental_run(&result, &job, err);

    if (ok) {
        json_t *document = NULL;
        char note[96];
        ok = incremental_document(&document, &result, run->pool, err) &&
             json_write(summary, document, err);
        json_decref(document);
        unlink(keep);
        snprintf(note, sizeof note, "%.0f of %zu conversions caused",
                 (double)log->conversions - result.credit[log->campaigns], log->conversions);
        progress_end(progress, note);
        incremental_run_clear(&result);
    }
    free(keep);
    free(journeys);
    free(summary);
    return ok;
}

/* Before any work: the line that names a campaign which is not in the log. */
static bool check_pairs(const struct attribution_run *run, const struct exposure_log *log,
                        struct error *err)
{
    struct incremental_pair pair[INCREMENTAL_PAIRS_MAX];
    struct error why = {0};
    size_t count;

    return incremental_pairs_find(pair, &count, run->config->incremental.model.synergy, log,
                                  &why) ||
           pipeline_config_fail(run->config, "incremental.synergy", err, "%s", why.text);
}

static bool make_incremental(const struct attribution_run *run, const char *folder,
                             struct error *err)
{
    const struct exposure_wish wish = {
        .table = &run->config->journey,
        .training = run->config->attribution.split == PATH_SPLIT_TRAIN ? &run->config->split : NULL,
        .identity = true,
        .folder = folder,
        .pool = run->pool,
        .show = !run->options->quiet};
    struct exposure_log log;
    struct progress progress;
    bool ok = true;

    progress_begin(&progress, "incremental", 0, run->options->quiet);
    if (!exposure_log_load(&log, &wish, err)) {
        progress_cancel(&progress);
        return false;
    }
    if (log.campaigns <= INCREMENTAL_CAMPAIGNS_MAX) {
        ok = check_pairs(run, &log, err) && write_results(run, &log, folder, &progress, err);
    } else {
        log_line("%zu campaigns are more than the %d of the incremental model, which is left out",
                 log.campaigns, INCREMENTAL_CAMPAIGNS_MAX);
        progress_end(&progress, "left out");
    }
    if (!ok)
        progress_cancel(&progress);
    exposure_log_clear(&log);
    return ok;
}

static bool run_stage(struct attribution_run *run, uint64_t key, struct error *err)
{
    if (!workspace_begin(run->space, "incremental", &run->incremental, err))
        return false;
    if (run->config->incremental.enabled && !make_incremental(run, run->incremental, err))
        return error_wrap(err, "incremental");
    return workspace_finish(run->space, "incremental", key, err);
}

bool attribution_run_incremental(struct attribution_run *run, struct error *err)
{
    const char *experiments = run->config->incremental.experiments;
    const bool enabled = run->config->incremental.enabled;
    const bool files =
        run->config->source.path && !(experiments && table_source_is_query(experiments));
    const uint64_t key = incremental_key(run);
    bool ok = true;

    /* What a query reads cannot be known, so its result is never taken for up to date. */
    if (files || !enabled)
        run->incremental = workspace_find(run->space, "incremental", key);
    if (run->incremental && enabled)
        progress_skip("incremental", run->options->quiet);
    if (!run->incremental && !run_stage(run, key, err))
        return false;
    char *path = file_join(run->incremental, summary_name);
    if (enabled && file_exists(path))
        ok = stage_document_read(&run->caused, run->incremental, summary_name, err) &&
             stage_key_content(&run->incremental_key, path, err);
    free(path);
    return ok;
}
