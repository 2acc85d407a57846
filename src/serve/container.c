#include "serve/container.h"

#include "base/file.h"
#include "base/pool.h"
#include "base/text.h"
#include "pipeline/container.h"
#include "wire/wire.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* A variable that is set to something, or NULL. */
static const char *variable(const char *name)
{
    const char *text = getenv(name);

    return text && text[0] ? text : NULL;
}

static bool read_size(const char *name, size_t min, size_t max, size_t *value, struct error *err)
{
    const char *text = variable(name);
    int64_t number;

    if (!text)
        return true;
    if (!text_to_int64(text, strlen(text), &number) || number < (int64_t)min ||
        number > (int64_t)max)
        return error_set(err, ERR_CONFIG, "%s must be a whole number from %zu to %zu, not '%.60s'",
                         name, min, max, text);
    *value = (size_t)number;
    return true;
}

static bool read_bool(const char *name, bool *value, struct error *err)
{
    const char *text = variable(name);

    if (!text || text_to_bool(text, strlen(text), value))
        return true;
    return error_set(err, ERR_CONFIG, "%s must be true or false, not '%.60s'", name, text);
}

static bool read_strategy(bool *single, struct error *err)
{
    static const struct {
        const char *word;
        bool single;
    } words[] = {
        {"SINGLE_RECORD", true},
        {"SingleRecord", true},
        {"MULTI_RECORD", false},
        {"MultiRecord", false},
    };
    const char *text = variable("SAGEMAKER_BATCH_STRATEGY");

    for (size_t i = 0; text && i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i].word) == 0) {
            *single = words[i].single;
            return true;
        }
    return !text || error_set(err, ERR_CONFIG,
                              "SAGEMAKER_BATCH_STRATEGY must be SINGLE_RECORD or MULTI_RECORD, not "
                              "'%.60s'",
                              text);
}

static bool read_accept(struct container_serving *serving, struct arena *memory, struct error *err)
{
    static const char name[] = "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT";
    const char *text = variable(name);
    enum wire_media media;

    if (!text)
        return true;
    if (!wire_accept(text, WIRE_CSV, &media))
        return error_set(err, ERR_CONFIG,
                         "%s must be text/csv, application/json or application/jsonlines, not "
                         "'%.60s'",
                         name, text);
    serving->accept = arena_string(memory, text, strlen(text));
    return true;
}

static bool read_variables(struct container_serving *serving, struct arena *memory,
                           struct error *err)
{
    return read_size("SAGEMAKER_BIND_TO_PORT", 1, 65535, &serving->port, err) &&
           read_size("SAGEMAKER_MAX_PAYLOAD_IN_MB", 0, CONTAINER_PAYLOAD_MB_MAX,
                     &serving->payload_mb, err) &&
           read_size("SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", 0, CONTAINER_CONCURRENT_MAX,
                     &serving->concurrent, err) &&
           read_size("SAGEMAKER_MODEL_SERVER_WORKERS", 1, POOL_MAX, &serving->workers, err) &&
           read_size("SAGEMAKER_MODEL_SERVER_TIMEOUT", 1, CONTAINER_TIMEOUT_MAX, &serving->timeout,
                     err) &&
           read_size("SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS", 1, CONTAINER_TIMEOUT_MAX,
                     &serving->timeout, err) &&
           read_bool("SAGEMAKER_BATCH", &serving->batch, err) &&
           read_bool("SAGEMAKER_MULTI_MODEL", &serving->multi_model, err) &&
           read_strategy(&serving->single_record, err) && read_accept(serving, memory, err);
}

static bool is_bundle(const char *folder, struct arena *memory)
{
    return file_exists(arena_format(memory, "%s/bundle.json", folder));
}

static bool add_model(struct container_serving *serving, const char *path, const char *name,
                      struct arena *memory, struct error *err)
{
    if (serving->models == CONTAINER_MODELS_MAX)
        return error_set(err, ERR_LIMIT, "more than %d models", CONTAINER_MODELS_MAX);
    serving->model[serving->models] = path;
    serving->name[serving->models++] = name ? arena_string(memory, name, strlen(name)) : NULL;
    return true;
}

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Bundles right below a folder: folders of their own, or archives. */
static bool add_below(struct container_serving *serving, const char *folder, bool named,
                      struct arena *memory, struct error *err)
{
    struct dirent **entry = NULL;
    const int count = scandir(folder, &entry, NULL, compare_entries);
    bool ok = true;

    for (int i = 0; i < count; i++) {
        const char *name = entry[i]->d_name;
        const char *path = arena_format(memory, "%s/%s", folder, name);
        if (ok && name[0] != '.' && (is_bundle(path, memory) || text_ends_with(name, ".tar.gz")))
            ok = add_model(serving, path, named ? name : NULL, memory, err);
        free(entry[i]);
    }
    free(entry);
    return ok;
}

/* The platform has unpacked model.tar.gz there; by hand, people leave it packed or in a folder. */
static bool find_model(struct container_serving *serving, struct arena *memory, struct error *err)
{
    const char *folder = arena_format(memory, "%s/model", container_base());

    if (is_bundle(folder, memory))
        return add_model(serving, folder, NULL, memory, err);
    if (!add_below(serving, folder, false, memory, err))
        return false;
    if (serving->models == 1)
        return true;
    if (serving->models > 1)
        return error_set(err, ERR_DATA,
                         "there are %zu bundles in '%s': leave one, or set "
                         "SAGEMAKER_MULTI_MODEL=true and use '%s/models'",
                         serving->models, folder, container_base());
    return error_set(err, ERR_DATA,
                     "there is no bundle in '%s' (neither bundle.json nor a .tar.gz): name one, or "
                     "set SAGEMAKER_BASE_DIR",
                     folder);
}

bool container_serving_read(struct container_serving *serving, struct arena *memory,
                            struct error *err)
{
    *serving =
        (struct container_serving){.port = CONTAINER_PORT, .payload_mb = CONTAINER_PAYLOAD_MB};
    serving->model = ARENA_NEW(memory, const char *, CONTAINER_MODELS_MAX);
    serving->name = ARENA_NEW(memory, const char *, CONTAINER_MODELS_MAX);
    if (!read_variables(serving, memory, err))
        return false;
    if (!serving->multi_model)
        return find_model(serving, memory, err);
    return add_below(serving, arena_format(memory, "%s/models", container_base()), true, memory,
                     err);
}

bool container_serve_options(struct serve_options *options, struct arena *memory, struct error *err)
{
    struct container_serving serving;

    if (!container_serving_read(&serving, memory, err))
        return false;
    options->bundle = serving.model;
    options->name = serving.name;
    options->bundles = serving.models;
    options->host = "0.0.0.0";
    options->port = serving.port;
    options->body_max = serving.payload_mb ? serving.payload_mb << 20 : SERVE_BODY_MAX;
    options->concurrent = serving.concurrent;
    options->single_record = serving.single_record;
    if (serving.workers)
        options->threads = serving.workers;
    if (serving.timeout)
        options->timeout = (double)serving.timeout;
    if (serving.accept)
        options->accept = serving.accept;
    if (serving.multi_model && !options->token)
        options->open_changes = true;
    return true;
}
