/* history_bundle — everything scoring needs, in one folder. */
#include "pipeline/history_run.h"

#include "base/file.h"
#include "pipeline/bundle_history.h"
#include "pipeline/bundle_write.h"
#include "pipeline/stage.h"
#include "pipeline/stage_key.h"

#include <string.h>

enum { FILE_BYTES_MAX = 64 << 20, EXTRAS = 3 };

static bool read_extra(struct bundle_extra *extra, const char *folder, const char *name,
                       struct error *err)
{
    char *path = file_join(folder, name), *bytes = NULL;
    const bool ok = file_read(path, FILE_BYTES_MAX, &bytes, &extra->size, err);

    extra->name = name;
    extra->bytes = bytes;
    free(path);
    return ok;
}

static bool read_extras(const struct history_run *run, struct bundle_extra extra[EXTRAS],
                        struct error *err)
{
    struct text pipeline = {0}, lineage = {0};

    pipeline_config_write(run->config, &pipeline);
    extra[0] = (struct bundle_extra){"pipeline.yaml", pipeline.bytes, pipeline.length};
    text_add_format(&lineage, "{\"data_hash\": \"%s\", \"seed\": %zu}\n", run->data_hash,
                    run->config->train.seed);
    extra[1] = (struct bundle_extra){"lineage.json", lineage.bytes, lineage.length};
    return read_extra(&extra[2], run->evaluate, "evaluation.json", err);
}

static bool read_answer(const struct history_run *run, struct history_answer *answer,
                        struct arena *memory, struct error *err)
{
    char *path = file_join(run->evaluate, "calibration.json");
    json_t *document = NULL;
    const bool ok = json_read(path, FILE_BYTES_MAX, &document, err) &&
                    history_answer_parse(answer, document, memory, err);

    json_decref(document);
    free(path);
    return ok;
}

static bool write_bundle(struct history_run *run, const char *folder,
                         const struct bundle_extra extra[EXTRAS], struct error *err)
{
    char *fitted_path = file_join(run->prepare, "history.json"),
         *model = file_join(run->train, "model/model.safetensors");
    struct history_fitted fitted = {0};
    struct history_answer answer;
    struct arena memory = {0};
    bool ok = history_load(&fitted, fitted_path, err) && read_answer(run, &answer, &memory, err);

    if (ok) {
        const struct bundle_history_plan plan = {
            .fitted = &fitted,
            .model = model,
            .answer = &answer,
            .output = &run->config->history.output,
            .known = history_known_of(&run->config->history.data, &run->config->history.split)};
        ok = bundle_write(
            &(struct bundle_plan){
                .name = run->config->name, .history = &plan, .extras = EXTRAS, .extra = extra},
            folder, err);
    }
    history_fitted_clear(&fitted);
    arena_clear(&memory);
    free(fitted_path);
    free(model);
    return ok;
}

static bool make(void *context, const char *folder, struct error *err)
{
    struct history_run *run = context;
    struct bundle_extra extra[EXTRAS] = {{0}};
    char *path = file_join(folder, "bundle");
    const bool ok = read_extras(run, extra, err) && write_bundle(run, path, extra, err);

    for (size_t i = 0; i < EXTRAS; i++)
        free((char *)(uintptr_t)extra[i].bytes);
    free(path);
    return ok;
}

bool history_run_bundle(struct history_run *run, struct error *err)
{
    uint64_t key = stage_key_number(stage_key_new("bundle"), run->evaluate_key);
    struct text pipeline = {0};

    pipeline_config_write(run->config, &pipeline);
    run->bundle_key = stage_key_text(key, pipeline.bytes);
    text_clear(&pipeline);
    const struct stage stage = {
        .space = run->space,
        .name = "bundle",
        .key = run->bundle_key,
        .quiet = run->options->quiet,
        .run = run,
        .make = make,
    };

    return stage_run(&stage, &run->bundle, err);
}
