/* container_read — the three configuration documents of a job. */
#include "pipeline/container.h"

#include <stdlib.h>
#include <string.h>

static const char *keep(struct container_job *job, const char *text)
{
    return arena_string(&job->memory, text, strlen(text));
}

/* Keys that the platform puts in for itself. */
static bool is_foreign(const char *key)
{
    return strcmp(key, "_tuning_objective_metric") == 0 || strncmp(key, "sagemaker_", 10) == 0;
}

/* Later values win. */
static bool set_setting(struct container_job *job, const char *name, const char *key,
                        const char *value, struct error *err)
{
    if (strcmp(key, "pipeline") == 0) {
        job->pipeline = keep(job, value);
        return true;
    }
    if (strcmp(key, "header") == 0) {
        job->header = keep(job, value);
        return true;
    }
    if (!key[0] || strchr(key, '='))
        return error_set(err, ERR_CONFIG, "%s: '%.100s' is not the name of a hyper-parameter", name,
                         key);
    size_t i = 0;
    while (i < job->settings && strcmp(job->setting[i].key, key) != 0)
        i++;
    if (i == CONTAINER_SETTINGS_MAX)
        return error_set(err, ERR_LIMIT, "%s: more than %d hyper-parameters", name,
                         CONTAINER_SETTINGS_MAX);
    job->setting[i] = (struct container_setting){keep(job, key), keep(job, value)};
    job->settings += i == job->settings;
    return true;
}

/*
 * A text as `--set` takes it: that reads a value as YAML where it starts like a list, a map or a
 * quoted text, so a text that only looks like one is quoted.
 */
static const char *plain_text(struct container_job *job, const char *text)
{
    if (!text[0] || !strchr("[{\"'", text[0]))
        return text;
    json_t *value = json_string(text);
    char *quoted = json_dumps(value, JSON_ENCODE_ANY);
    const char *kept = keep(job, quoted ? quoted : "");
    json_decref(value);
    free(quoted);
    return kept;
}

static bool add_value(struct container_job *job, const char *name, const char *key,
                      const json_t *value, size_t depth, struct error *err);

static bool add_members(struct container_job *job, const char *name, const char *key,
                        const json_t *value, size_t depth, struct error *err)
{
    const char *member;
    json_t *entry;

    if (depth == CONTAINER_DEPTH_MAX)
        return error_set(err, ERR_CONFIG, "%s: '%.100s' is nested more than %d deep", name, key,
                         CONTAINER_DEPTH_MAX);
    json_object_foreach((json_t *)value, member, entry)
    {
        const char *path = arena_format(&job->memory, "%s.%s", key, member);
        if (!add_value(job, name, path, entry, depth + 1, err))
            return false;
    }
    return true;
}

static bool add_value(struct container_job *job, const char *name, const char *key,
                      const json_t *value, size_t depth, struct error *err)
{
    if (json_is_object(value))
        return add_members(job, name, key, value, depth, err);
    if (json_is_null(value))
        return true;
    if (json_is_string(value))
        return set_setting(job, name, key, plain_text(job, json_string_value(value)), err);
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    const bool ok = set_setting(job, name, key, text ? text : "", err);
    free(text);
    return ok;
}

/*
 * A hyper-parameter comes as text. Texts that are JSON lists, maps or quoted texts are taken as
 * such, as the training toolkit does; numbers and words stay as they are written.
 */
static bool add_text(struct container_job *job, const char *name, const char *key, const char *text,
                     struct error *err)
{
    json_t *value = text[0] && strchr("[{\"", text[0])
                        ? json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL)
                        : NULL;

    if (!value)
        return set_setting(job, name, key, plain_text(job, text), err);
    const bool ok = add_value(job, name, key, value, 0, err);
    json_decref(value);
    return ok;
}

bool container_read_settings(struct container_job *job, const char *name, const json_t *document,
                             struct error *err)
{
    const char *key;
    json_t *value;

    if (!json_is_object(document))
        return error_set(err, ERR_CONFIG, "%s: must be a map of texts", name);
    json_object_foreach((json_t *)document, key, value)
    {
        if (is_foreign(key))
            continue;
        const bool ok = json_is_string(value)
                            ? add_text(job, name, key, json_string_value(value), err)
                            : add_value(job, name, key, value, 0, err);
        if (!ok)
            return false;
    }
    return true;
}

/* A text of a channel's description; "" when it is missing. */
static bool channel_text(const char *name, const char *channel, const json_t *entry,
                         const char *key, const char **text, struct error *err)
{
    const json_t *value = json_object_get(entry, key);

    *text = "";
    if (!value || json_is_null(value))
        return true;
    if (!json_is_string(value))
        return error_set(err, ERR_CONFIG, "%s: '%.100s.%s' must be text", name, channel, key);
    *text = json_string_value(value);
    return true;
}

static bool is_channel_name(const char *name)
{
    return name[0] && name[0] != '.' && !strchr(name, '/') && strlen(name) <= 255;
}

static bool add_channel(struct container_job *job, const char *name, const char *key,
                        const json_t *entry, struct error *err)
{
    const char *type, *mode, *distribution, *wrapper;

    if (!is_channel_name(key))
        return error_set(err, ERR_CONFIG, "%s: '%.100s' is not the name of a channel", name, key);
    if (!json_is_object(entry))
        return error_set(err, ERR_CONFIG, "%s: '%.100s' must be a map", name, key);
    if (!channel_text(name, key, entry, "ContentType", &type, err) ||
        !channel_text(name, key, entry, "TrainingInputMode", &mode, err) ||
        !channel_text(name, key, entry, "S3DistributionType", &distribution, err) ||
        !channel_text(name, key, entry, "RecordWrapperType", &wrapper, err))
        return false;
    if (strcmp(mode, "Pipe") == 0)
        return error_set(
            err, ERR_ARG,
            "%s: channel '%s' is in Pipe mode; Quern reads files: use File or FastFile", name, key);
    if (strcmp(wrapper, "RecordIO") == 0)
        return error_set(err, ERR_ARG,
                         "%s: channel '%s' is wrapped in RecordIO; Quern reads files as they are: "
                         "use None",
                         name, key);
    if (job->channels == CONTAINER_CHANNELS_MAX)
        return error_set(err, ERR_LIMIT, "%s: more than %d channels", name, CONTAINER_CHANNELS_MAX);
    job->channel[job->channels++] = (struct container_channel){
        .name = keep(job, key),
        .folder = arena_format(&job->memory, "%s/input/data/%s", job->base, key),
        .content_type = keep(job, type),
        .sharded = strcmp(distribution, "ShardedByS3Key") == 0,
    };
    return true;
}

bool container_read_channels(struct container_job *job, const char *name, const json_t *document,
                             struct error *err)
{
    const char *key;
    json_t *entry;

    if (!json_is_object(document))
        return error_set(err, ERR_CONFIG, "%s: must be a map of channels", name);
    json_object_foreach((json_t *)document, key, entry)
    {
        if (!add_channel(job, name, key, entry, err))
            return false;
    }
    return true;
}

bool container_read_hosts(struct container_job *job, const char *name, const json_t *document,
                          struct error *err)
{
    const char *host = json_string_value(json_object_get(document, "current_host"));
    const json_t *hosts = json_object_get(document, "hosts");
    const size_t count = json_array_size(hosts);

    if (!host || !json_is_array(hosts))
        return error_set(err, ERR_CONFIG,
                         "%s: must have 'current_host', a text, and 'hosts', a list", name);
    if (count > CONTAINER_HOSTS_MAX)
        return error_set(err, ERR_LIMIT, "%s: more than %d hosts", name, CONTAINER_HOSTS_MAX);
    job->host_name = ARENA_NEW(&job->memory, const char *, count + 1);
    job->rank = count;
    for (size_t i = 0; i < count; i++) {
        const char *other = json_string_value(json_array_get(hosts, i));
        job->host_name[i] = keep(job, other ? other : "");
        if (other && strcmp(other, host) == 0 && job->rank == count)
            job->rank = i;
    }
    job->host = keep(job, host);
    job->hosts = count;
    if (job->rank < count)
        return true;
    job->rank = 0;
    return error_set(err, ERR_CONFIG, "%s: 'current_host' is '%.100s', which is not among 'hosts'",
                     name, host);
}
