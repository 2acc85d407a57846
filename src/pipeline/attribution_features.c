#include "pipeline/attribution_run.h"

#include "base/arena.h"
#include "base/file.h"
#include "pipeline/stage_key.h"

uint64_t attribution_section_key(const struct attribution_run *run, const char *section,
                                 uint64_t key)
{
    struct text text = {0};

    pipeline_config_section(run->config, section, &text);
    key = stage_key_text(key, section);
    key = stage_key_text(key, text.bytes ? text.bytes : "");
    text_clear(&text);
    return key;
}

/* Everything that feature_store/ and journeys.bin depend on. */
static uint64_t features_key(const struct attribution_run *run)
{
    uint64_t key = stage_key_new("features");

    key = attribution_section_key(run, "source", key);
    key = attribution_section_key(run, "journey", key);
    key = attribution_section_key(run, "split", key);
    if (run->config->source.path)
        key = stage_key_files(key, run->config->source.path);
    return key;
}

static bool build(struct attribution_run *run, const char *folder, struct error *err)
{
    const struct pipeline_config *config = run->config;
    struct journey_summary summary = {0};
    struct journey_config journey = config->journey;

    journey.path = config->source.path ? config->source.path : config->source.query;
    journey.entity = config->source.entity;
    journey.time = config->source.time;
    journey.token = config->source.token;
    journey.outcome = config->source.outcome;
    journey.time_unit = config->source.time_unit;
    const bool ok = journeys_build(&journey, &config->split, folder, run->pool, run->options->quiet,
                                   &summary, err);
    journey_summary_clear(&summary);
    return ok;
}

static bool open_journeys(struct attribution_run *run, struct error *err)
{
    char *path = file_join(run->features, "journeys.bin");
    const bool ok = stage_key_content(&run->data_key, path, err) &&
                    journey_file_open(&run->journeys, path, err);

    free(path);
    return ok;
}

bool attribution_run_features(struct attribution_run *run, struct error *err)
{
    const uint64_t key = features_key(run);

    run->data_key = 0;
    /* What a query reads cannot be known, so its result is never taken for up to date. */
    if (run->config->source.path)
        run->features = workspace_find(run->space, "features", key);
    if (!run->features) {
        if (!workspace_begin(run->space, "features", &run->features, err))
            return false;
        if (!build(run, run->features, err)) {
            workspace_abandon(run->space, "features");
            return false;
        }
        if (!workspace_finish(run->space, "features", key, err))
            return false;
    }
    return open_journeys(run, err);
}

void attribution_run_clear(struct attribution_run *run)
{
    journey_attention_free(run->model);
    journey_file_close(&run->journeys);
    free(run->features);
    free(run->train);
    free(run->evaluate);
    free(run->credit);
    *run = (struct attribution_run){0};
}
