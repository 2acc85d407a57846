#include "pipeline/attribution_run.h"

#include "base/file.h"
#include "pipeline/stage.h"
#include "pipeline/stage_key.h"

/* Everything that feature_store/ and journeys.bin depend on. */
static uint64_t features_key(const struct attribution_run *run)
{
    uint64_t key = stage_key_new("features");

    key = pipeline_config_key(run->config, PIPELINE_SECTION_SOURCE, key);
    key = pipeline_config_key(run->config, PIPELINE_SECTION_JOURNEY, key);
    key = pipeline_config_key(run->config, PIPELINE_SECTION_SPLIT, key);
    if (run->config->source.path)
        key = stage_key_files(key, run->config->source.path);
    return key;
}

static bool build(void *context, const char *folder, struct error *err)
{
    struct attribution_run *run = context;
    const struct pipeline_config *config = run->config;
    struct journey_summary summary = {0};

    const bool ok = journeys_build(&config->journey, &config->split, folder, run->pool,
                                   run->options->quiet, &summary, err);
    journey_summary_clear(&summary);
    return ok;
}

static bool open_journeys(struct attribution_run *run, struct error *err)
{
    char *path = file_join(run->features, "journeys.bin");
    bool ok = stage_key_content(&run->data_key, path, err) &&
              journey_file_open(&run->journeys, path, err);

    if (ok && run->journeys.set.count > JOURNEY_ROWS_MAX)
        ok = error_set(err, ERR_LIMIT, "there are %zu journeys, the limit is %zu",
                       run->journeys.set.count, JOURNEY_ROWS_MAX);
    free(path);
    return ok;
}

bool attribution_run_features(struct attribution_run *run, struct error *err)
{
    const struct stage stage = {
        .space = run->space,
        .name = "features",
        .key = features_key(run),
        .untrusted = !run->config->source.path,
        .quiet = run->options->quiet,
        .run = run,
        .make = build,
    };

    run->data_key = 0;
    return stage_run(&stage, &run->features, err) &&
           (run->features_only || open_journeys(run, err));
}

void attribution_run_clear(struct attribution_run *run)
{
    journey_attention_free(run->model);
    journey_file_close(&run->journeys);
    free(run->features);
    json_decref(run->caused);
    free(run->incremental);
    free(run->train);
    free(run->evaluate);
    free(run->credit);
    *run = (struct attribution_run){0};
}
