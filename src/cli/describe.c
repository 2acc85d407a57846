#include "cli/command.h"
#include "base/pool.h"
#include "base/terminal.h"
#include "pipeline/bundle_describe.h"
#include "pipeline/registry.h"
#include "sequence/describe.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool describe_bundle(const char *path, const char *registry, bool as_json, struct error *err)
{
    json_t *document = NULL;
    bool ok = bundle_describe(&document, path, registry, err);

    if (ok && !as_json)
        bundle_describe_print(document, stdout, terminal_columns(STDOUT_FILENO));
    else if (ok && json_dumpf(document, stdout, JSON_INDENT(2)) == 0)
        putchar('\n');
    else if (ok)
        ok = error_set(err, ERR_IO, "cannot write to stdout");
    json_decref(document);
    return ok;
}

int cmd_describe(int argc, char **argv)
{
    struct journey_config config = {0};
    struct split_config split = {0};
    const char *unit = NULL, *registry = registry_default();
    size_t threads = 0;
    bool quiet = false, as_json = false, ok = true;
    struct error err = {0};
    int status;

    config_defaults(&config, journey_source_fields);
    config_defaults(&config, journey_fields);
    config_defaults(&split, split_fields);
    const struct journey_config defaults = config;
    const struct option table[] = {
        {OPTION_POSITIONAL, "FILE", &config.path, .required = true,
         .help = "a table: .parquet, .csv, .jsonl, a glob of them, or a SQL query; or a bundle: a "
                 "folder, .tar.gz or registry:NAME"},
        {OPTION_TEXT, "entity", &config.entity, .help = "column of the entity (uid)"},
        {OPTION_TEXT, "time", &config.time, .help = "column of the time (timestamp)"},
        {OPTION_TEXT, "token", &config.token, .help = "column of what was shown (campaign)"},
        {OPTION_TEXT, "outcome", &config.outcome, .help = "column of the outcome (conversion)"},
        {OPTION_TEXT, "time-unit", &unit, .help = "of integer times: auto, s, ms, us, ns or iso"},
        {OPTION_SIZE, "threads", &threads, .help = "how many threads (all processors)",
         .max = POOL_MAX},
        {OPTION_TEXT, "registry", &registry,
         .help = "folder of registry:NAME ($QUERN_REGISTRY, or registry)"},
        {OPTION_SWITCH, "json", &as_json, .help = "a bundle as JSON"},
        {OPTION_SWITCH, "quiet", &quiet, .help = "no progress lines"},
        {.kind = OPTION_END},
    };

    if (!command_options(table, argc, argv, &status))
        return status;
    if (bundle_is_named(config.path)) {
        ok = describe_bundle(config.path, registry, as_json, &err) && command_flush(&err);
        return ok ? 0 : command_fail("describe", &err);
    }
    if (as_json)
        ok = error_set(&err, ERR_ARG, "--json is for bundles");
    if (ok && unit)
        ok = config_set(&config, config_find(journey_source_fields, "time_unit"), unit, &err);
    /* A role that was named must be there; otherwise the columns tell what the table is. */
    const bool impressions = unit || config.entity != defaults.entity ||
                             config.time != defaults.time || config.token != defaults.token ||
                             config.outcome != defaults.outcome;
    ok = ok && describe_table(&config, &split, impressions, stdout, terminal_columns(STDOUT_FILENO),
                              threads, quiet, &err);
    ok = ok && command_flush(&err);
    return ok ? 0 : command_fail("describe", &err);
}
