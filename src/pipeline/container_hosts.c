/* container_hosts — the processes on the hosts of a job, brought together. */
#include "pipeline/container_internal.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

/* A number in a variable, 0 where it is not set. */
static bool read_number(const char *name, double most, double *number, struct error *err)
{
    const char *text = getenv(name);
    char *end = NULL;

    *number = 0;
    if (!text || !text[0])
        return true;
    *number = strtod(text, &end);
    return (*end == '\0' && *number >= 1 && *number <= most) ||
           error_set(err, ERR_CONFIG, "%s: must be a number from 1 to %.0f, not '%.50s'", name,
                     most, text);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; text && *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001B3u;
    return hash * 0x100000001B3u;
}

bool container_join_hosts(const struct container_job *job, struct ranks **ranks, struct error *err)
{
    struct ranks_hosts hosts = {.host = job->host_name, .size = job->hosts, .rank = job->rank};
    double port;

    *ranks = NULL;
    if (!read_number("QUERN_HOSTS_PORT", 65535, &port, err) ||
        !read_number("QUERN_HOSTS_WAIT", 86400, &hosts.seconds, err))
        return false;
    hosts.port = (size_t)port;
    hosts.job = hash_text(0xCBF29CE484222325u, getenv("TRAINING_JOB_NAME"));
    for (size_t i = 0; i < job->hosts; i++)
        hosts.job = hash_text(hosts.job, job->host_name[i]);
    log_line("host '%s' is process %zu of %zu", job->host, job->rank, job->hosts);
    return ranks_open_hosts(ranks, &hosts, err);
}
