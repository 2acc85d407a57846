/*
 * fuzz_container — the three documents a training job is told by: hyper-parameters, channels,
 * hosts.
 *
 * The first byte says which of them the rest is. What is accepted stays within its limits.
 */
#include "pipeline/container.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct container_job *job)
{
    BUG_ON(job->settings > CONTAINER_SETTINGS_MAX || job->channels > CONTAINER_CHANNELS_MAX);
    BUG_ON(job->rank >= job->hosts);
    for (size_t i = 0; i < job->settings; i++)
        BUG_ON(!job->setting[i].key[0] || strchr(job->setting[i].key, '='));
    for (size_t i = 0; i < job->channels; i++)
        BUG_ON(strchr(job->channel[i].name, '/') != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool (*const read[])(struct container_job *, const char *, const json_t *,
                                struct error *) = {container_read_settings, container_read_channels,
                                                   container_read_hosts};
    struct container_job job = {.base = "/base", .hosts = 1, .host = ""};
    struct error err = {0};

    if (size < 1)
        return 0;
    json_t *document = json_loadb((const char *)data + 1, size - 1,
                                  JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    if (!document)
        return 0;
    job.channel = ARENA_NEW(&job.memory, struct container_channel, CONTAINER_CHANNELS_MAX);
    job.setting = ARENA_NEW(&job.memory, struct container_setting, CONTAINER_SETTINGS_MAX);
    if (read[data[0] % 3](&job, "document", document, &err))
        check(&job);
    else
        BUG_ON(err.code == ERR_NONE || !err.text[0]);
    json_decref(document);
    container_job_clear(&job);
    return 0;
}
