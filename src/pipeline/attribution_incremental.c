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
#include "pipeline/stage.h"
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

/* A run without the model publishes a stage without files, so that those of earlier ones go. */
static bool make(void *context, const char *folder, struct error *err)
{
    struct attribution_run *run = context;

    return !run->config->incremental.enabled || make_incremental(run, folder, err);
}

bool attribution_run_incremental(struct attribution_run *run, struct error *err)
{
    const char *experiments = run->config->incremental.experiments;
    const bool enabled = run->config->incremental.enabled;
    const bool files =
        run->config->source.path && !(experiments && table_source_is_query(experiments));
    const struct stage stage = {
        .space = run->space,
        .name = "incremental",
        .key = incremental_key(run),
        .untrusted = enabled && !files,
        .resumes = true,
        .quiet = run->options->quiet || !enabled,
        .run = run,
        .make = make,
    };

    if (!stage_run(&stage, &run->incremental, err))
        return false;
    char *path = file_join(run->incremental, summary_name);
    const bool ok = !enabled || !file_exists(path) ||
                    (stage_document_read(&run->caused, run->incremental, summary_name, err) &&
                     stage_key_content(&run->incremental_key, path, err));
    free(path);
    return ok;
}
