#include "pipeline/container.h"

#include "base/file.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

const char *container_base(void)
{
    const char *base = getenv("SAGEMAKER_BASE_DIR");

    return base && base[0] ? base : "/opt/ml";
}

/* A variable, or a path below the base where it is not set. */
static const char *place(struct container_job *job, const char *variable, const char *path)
{
    const char *value = variable ? getenv(variable) : NULL;

    if (value && value[0])
        return arena_string(&job->memory, value, strlen(value));
    return arena_format(&job->memory, "%s/%s", job->base, path);
}

typedef bool (*read_document)(struct container_job *job, const char *name, const json_t *document,
                              struct error *err);

/* One of the configuration files; a missing one is fine. */
static bool read_file(struct container_job *job, const char *name, read_document read,
                      struct error *err)
{
    const char *path = arena_format(&job->memory, "%s/input/config/%s", job->base, name);
    json_t *document;

    if (!file_exists(path))
        return true;
    if (!json_read(path, CONTAINER_CONFIG_BYTES_MAX, &document, err)) {
        err->code = ERR_CONFIG;
        return false;
    }
    const bool ok = read(job, path, document, err);
    json_decref(document);
    return ok;
}

static bool read_variable(struct container_job *job, const char *name, read_document read,
                          struct error *err)
{
    const char *text = getenv(name);
    json_error_t problem;

    if (!text || !text[0])
        return true;
    json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, &problem);
    if (!document)
        return error_set(err, ERR_CONFIG, "%s: line %d, column %d: %s", name, problem.line,
                         problem.column, problem.text);
    const bool ok = read(job, name, document, err);
    json_decref(document);
    return ok;
}

/* SM_HP_ETA=0.3 and the like; the name is written in capitals there. */
static bool read_setting_variables(struct container_job *job, struct error *err)
{
    static const char start[] = "SM_HP_";
    const size_t length = sizeof start - 1;

    for (char **entry = environ; entry && *entry; entry++) {
        const char *equals = strchr(*entry, '=');
        if (strncmp(*entry, start, length) != 0 || !equals || equals == *entry + length)
            continue;
        char *key = arena_string(&job->memory, *entry + length, (size_t)(equals - *entry) - length);
        for (char *c = key; *c; c++)
            *c = (char)tolower((unsigned char)*c);
        json_t *document = json_pack("{s:s}", key, equals + 1);
        if (!document)
            return error_set(err, ERR_CONFIG, "%s%s: is not UTF-8", start, key);
        const bool ok = container_read_settings(job, "SM_HP_*", document, err);
        json_decref(document);
        if (!ok)
            return false;
    }
    return true;
}

/* Without inputdataconfig.json the folders below input/data are the channels. */
static bool find_channels(struct container_job *job, struct error *err)
{
    const char *path = arena_format(&job->memory, "%s/input/data", job->base);
    DIR *entries = job->channels ? NULL : opendir(path);
    json_t *document = json_object();

    for (const struct dirent *e; entries && (e = readdir(entries));) {
        const char *folder = arena_format(&job->memory, "%s/%s", path, e->d_name);
        if (e->d_name[0] != '.' && file_is_folder(folder))
            json_object_set_new(document, e->d_name, json_object());
    }
    if (entries)
        closedir(entries);
    const bool ok = container_read_channels(job, path, document, err);
    json_decref(document);
    return ok;
}

/* SM_CHANNEL_TRAIN=PATH: where a channel is, known or not. */
static bool read_channel_variables(struct container_job *job, struct error *err)
{
    static const char start[] = "SM_CHANNEL_";
    const size_t length = sizeof start - 1;

    for (char **entry = environ; entry && *entry; entry++) {
        const char *equals = strchr(*entry, '=');
        if (strncmp(*entry, start, length) != 0 || !equals || !equals[1])
            continue;
        char *name =
            arena_string(&job->memory, *entry + length, (size_t)(equals - *entry) - length);
        struct container_channel *channel = NULL;
        for (size_t i = 0; i < job->channels; i++)
            if (strcasecmp(job->channel[i].name, name) == 0)
                channel = &job->channel[i];
        if (!channel && job->channels == CONTAINER_CHANNELS_MAX)
            return error_set(err, ERR_LIMIT, "more than %d channels", CONTAINER_CHANNELS_MAX);
        if (!channel) {
            for (char *c = name; *c; c++)
                *c = (char)tolower((unsigned char)*c);
            channel = &job->channel[job->channels++];
            *channel = (struct container_channel){.name = name, .content_type = ""};
        }
        channel->folder = arena_string(&job->memory, equals + 1, strlen(equals + 1));
    }
    return true;
}

static bool read_host_variables(struct container_job *job, struct error *err)
{
    const char *host = getenv("SM_CURRENT_HOST");
    const char *hosts = getenv("SM_HOSTS");
    json_error_t problem;

    if (!host || !host[0] || !hosts || !hosts[0])
        return true;
    json_t *list = json_loads(hosts, 0, &problem);
    json_t *document = json_pack("{s:s, s:o}", "current_host", host, "hosts", list);
    if (!document)
        return error_set(err, ERR_CONFIG, "SM_HOSTS: must be a list such as [\"algo-1\"]");
    const bool ok = container_read_hosts(job, "SM_HOSTS", document, err);
    json_decref(document);
    return ok;
}

bool container_job_read(struct container_job *job, struct error *err)
{
    const char *base = container_base(), *pipeline = getenv("QUERN_PIPELINE");

    *job = (struct container_job){.hosts = 1, .host = ""};
    job->channel = ARENA_NEW(&job->memory, struct container_channel, CONTAINER_CHANNELS_MAX);
    job->setting = ARENA_NEW(&job->memory, struct container_setting, CONTAINER_SETTINGS_MAX);
    char *absolute = realpath(base, NULL); /* links into it must hold from elsewhere */
    job->base =
        arena_string(&job->memory, absolute ? absolute : base, strlen(absolute ? absolute : base));
    free(absolute);
    job->model = place(job, "SM_MODEL_DIR", "model");
    job->output_data = place(job, "SM_OUTPUT_DATA_DIR", "output/data");
    job->failure = place(job, NULL, "output/failure");
    job->checkpoints = place(job, NULL, "checkpoints");
    if (pipeline && pipeline[0])
        job->pipeline = arena_string(&job->memory, pipeline, strlen(pipeline));
    return read_file(job, "hyperparameters.json", container_read_settings, err) &&
           read_variable(job, "SM_HPS", container_read_settings, err) &&
           read_setting_variables(job, err) &&
           read_file(job, "inputdataconfig.json", container_read_channels, err) &&
           find_channels(job, err) && read_channel_variables(job, err) &&
           read_file(job, "resourceconfig.json", container_read_hosts, err) &&
           read_host_variables(job, err);
}

void container_job_clear(struct container_job *job)
{
    arena_clear(&job->memory);
    *job = (struct container_job){0};
}

const struct container_channel *container_channel_find(const struct container_job *job,
                                                       const char *name)
{
    for (size_t i = 0; i < job->channels; i++)
        if (strcmp(job->channel[i].name, name) == 0)
            return &job->channel[i];
    return NULL;
}
