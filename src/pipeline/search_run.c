#include "pipeline/search_run.h"

#include "base/file.h"
#include "base/log.h"
#include "base/pool.h"
#include "pipeline/stage_key.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct search_job {
    const struct pipeline_config *config;
    const struct search_subject *subject;
    const struct search_plan *plan;
    size_t threads; /* of one trial */
    bool quiet;
};

static const char *metric_of(const struct pipeline_config *config)
{
    return config->search.maximize ? config->search.maximize : config->search.minimize;
}

/* A copy of the pipeline with a trial's values; it shares the texts of both. */
static bool apply(struct pipeline_config *trial, const struct pipeline_config *config,
                  const struct search_value *value, size_t values, struct error *err)
{
    *trial = *config;
    for (size_t i = 0; i < values; i++)
        if (!pipeline_config_set(trial, value[i].key, value[i].text, err))
            return false;
    return true;
}

static bool run_trial(void *context, const struct search_trial *trial, double *value,
                      struct error *err)
{
    const struct search_job *job = context;
    struct pipeline_config config;

    if (!apply(&config, job->config, trial->value, trial->values, err))
        return false;
    if (trial->epochs)
        config.train.epochs = trial->epochs;
    return job->subject->run(job->subject->context, &config, metric_of(job->config), job->threads,
                             value, err);
}

static void add_values(struct text *line, const struct search_plan *plan,
                       const struct search_result *result)
{
    for (size_t i = 0; i < plan->ranges; i++)
        text_add_format(line, "%s%s %s", i ? ", " : "", plan->range[i].name,
                        result->parameter[i].text);
}

/* One line a trial. */
static void report(void *context, const struct search_result *result, size_t done, size_t total)
{
    struct search_job *job = context;
    const struct search_plan *plan = job->plan;
    struct text line = {0};

    if (job->quiet)
        return;
    text_add_format(&line, "search: %zu of %zu: trial %zu", done, total, result->id);
    if (result->epochs)
        text_add_format(&line, " (%zu epochs)", result->epochs);
    if (result->failed)
        text_add_format(&line, " failed: %s", result->error);
    else
        text_add_format(&line, ": %s %.5f", plan->metric, result->value);
    text_add_format(&line, ", %.1f s; ", result->seconds);
    add_values(&line, plan, result);
    log_line("%s", line.bytes);
    text_clear(&line);
}

/*
 * Everything a value depends on besides the plan: the data, and the settings of model and training
 * with the searched ones at a fixed place in their ranges, because their own values do not matter.
 */
static bool inputs_key(const struct pipeline_config *config, const struct search_plan *plan,
                       uint64_t data_key, char text[17], struct error *err)
{
    struct arena memory = {0};
    struct pipeline_config fixed;
    const struct search_value *value = search_space_draw(plan->range, plan->ranges, 0, 0, &memory);
    const bool ok = apply(&fixed, config, value, plan->ranges, err);

    if (ok) {
        uint64_t key = stage_key_number(stage_key_new("search"), data_key);
        key = pipeline_config_key(&fixed, PIPELINE_SECTION_MODEL, key);
        key = pipeline_config_key(&fixed, PIPELINE_SECTION_TRAIN, key);
        snprintf(text, 17, "%016" PRIx64, key);
    }
    arena_clear(&memory);
    return ok;
}

static bool write_best(const struct search_job *job, const struct search_options *options,
                       const struct search_outcome *outcome, struct error *err)
{
    const struct search_result *best = &outcome->result[0];
    struct pipeline_config config;
    struct text text = {0};
    char *path = file_join(options->out, "best.yaml");

    file_remove_partials(path); /* of a search that was killed */
    bool ok = apply(&config, job->config, best->parameter, job->plan->ranges, err);
    if (ok) {
        text_add_format(&text, "# The best of %zu trials: trial %zu, %s %.15g.\n",
                        job->plan->trials, best->id, job->plan->metric, best->value);
        pipeline_config_write(&config, &text);
        ok = file_write(path, text.bytes, text.length, err);
    }
    text_clear(&text);
    free(path);
    return ok;
}

bool search_run_pipeline(const struct pipeline_config *config, const struct search_options *options,
                         const struct search_subject *subject, struct search_outcome *outcome,
                         struct error *err)
{
    const struct search_config *search = &config->search;
    const size_t threads = options->threads ? options->threads : pool_processors();
    char inputs[17];
    struct search_plan plan = {
        .method = (enum search_method)search->method,
        .trials = search->trials,
        .parallel = search->parallel < search->trials ? search->parallel : search->trials,
        .seed = search->seed,
        .metric = metric_of(config),
        .maximize = search->maximize != NULL,
        .factor = search->factor,
        .min_epochs = search->min_epochs,
        .max_epochs = config->train.epochs,
        .range = search->range,
        .ranges = search->ranges,
        .inputs = inputs,
    };
    if (!inputs_key(config, &plan, subject->data_key, inputs, err))
        return false;
    struct search_job job = {
        .config = config,
        .subject = subject,
        .plan = &plan,
        .threads = threads / plan.parallel ? threads / plan.parallel : 1,
        .quiet = options->quiet,
    };
    const struct search_objective objective = {&job, run_trial, report};
    char *path = file_join(options->out, "trials.json");
    file_remove_partials(path); /* of a search that was killed */
    bool ok = search_run(&plan, &objective, path, outcome, err);
    free(path);
    if (ok && !write_best(&job, options, outcome, err)) {
        search_outcome_clear(outcome);
        ok = false;
    }
    return ok;
}
