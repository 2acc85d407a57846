#include "pipeline/container_internal.h"

#include "base/file.h"
#include "base/log.h"
#include "pipeline/container_metrics.h"
#include "pipeline/run.h"

#include <stdlib.h>
#include <string.h>

enum { EVALUATION_BYTES_MAX = 64 << 20 };

/* The pipeline file: the one that is named, else pipeline.yaml in a channel. */
static bool find_pipeline(struct container_job *job, const char **path, struct error *err)
{
    static const char *const channels[] = {"code", "config", "train"};
    const char *name = job->pipeline ? job->pipeline : "pipeline.yaml";

    if (name[0] == '/') {
        *path = name;
        return true;
    }
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        const struct container_channel *channel = container_channel_find(job, channels[i]);
        *path = arena_format(&job->memory, "%s/%s", channel ? channel->folder : "", name);
        if (channel && file_exists(*path))
            return true;
    }
    return error_set(err, ERR_CONFIG,
                     "there is no pipeline file: put '%s' into the channel 'code', 'config' or "
                     "'train' of '%s', or set the hyper-parameter 'pipeline' to its path",
                     name, job->base);
}

static void print_metrics(void *context, const char *line)
{
    FILE *to = context;

    fprintf(to, "%s\n", line);
    fflush(to);
}

static bool print_evaluation(const char *out, FILE *metrics, struct error *err)
{
    char *path = file_join(out, "evaluation.json");
    json_t *evaluation;
    bool ok = true;

    if (file_exists(path)) {
        ok = json_read(path, EVALUATION_BYTES_MAX, &evaluation, err);
        if (ok) {
            container_print_evaluation(evaluation, metrics);
            json_decref(evaluation);
        }
    }
    free(path);
    return ok;
}

/* The first host, or the only one, writes; the others help to train. */
static bool run_pipeline(struct container_job *job, const struct pipeline_config *config,
                         const char *out, FILE *metrics, bool together, struct error *err)
{
    struct run_options options = {.out = out};
    struct ranks *ranks = NULL;
    bool ok = true;

    if (job->rank == 0) {
        options.on_metrics = print_metrics;
        options.context = metrics;
    }
    if (together && !container_join_hosts(job, &ranks, err))
        return false;
    options.ranks = ranks;
    ok = pipeline_run(config, &options, err);
    if (ok && job->rank == 0)
        ok = print_evaluation(out, metrics, err) && container_deliver(job, out, err);
    ranks_close(ranks, ok ? NULL : err);
    return ok;
}

static bool run_in(struct container_job *job, const char *pipeline, const char *out,
                   const char *scratch, FILE *metrics, bool together, struct error *err)
{
    struct pipeline_config config;
    const char **set;
    size_t sets;

    if (!container_assignments(job, pipeline, scratch, &set, &sets, err) ||
        !pipeline_config_load(&config, pipeline, set, sets, err))
        return false;
    const bool ok = run_pipeline(job, &config, out, metrics, together, err);
    pipeline_config_clear(&config);
    return ok;
}

/*
 * A run works in the checkpoint folder where there is one: the platform keeps it, so that a job
 * that is started again goes on where it stopped. Otherwise it works below output/, unseen.
 */
static bool run_job(struct container_job *job, FILE *metrics, struct error *err)
{
    const bool keeps = file_is_folder(job->checkpoints);
    const char *out = keeps ? arena_format(&job->memory, "%s/quern", job->checkpoints)
                            : arena_format(&job->memory, "%s/output/.quern", job->base);
    const char *scratch = arena_format(&job->memory, "%s/output/.quern-input", job->base);
    struct error cleaning = {0};
    const char *pipeline = NULL;
    bool ok = find_pipeline(job, &pipeline, err);
    const bool together = ok && job->hosts > 1 && container_trains_together(job, pipeline);

    if (job->rank > 0 && !together) {
        log_line("host '%s' has nothing to do: the first of the %zu hosts trains", job->host,
                 job->hosts);
        return true;
    }
    if (!ok || !file_make_folders(scratch, err) || (!keeps && !file_remove_tree(out, err)))
        return false;
    ok = run_in(job, pipeline, out, scratch, metrics, together, err);
    if (!file_remove_tree(scratch, &cleaning) ||
        ((ok || !keeps) && !file_remove_tree(out, &cleaning)))
        log_warning("%s", cleaning.text);
    return ok;
}

bool container_train(FILE *metrics, struct error *err)
{
    struct container_job job;
    const bool ok = container_job_read(&job, err) && file_remove_tree(job.failure, err) &&
                    run_job(&job, metrics, err);

    if (!ok)
        container_write_failure(&job, err);
    container_job_clear(&job);
    return ok;
}
