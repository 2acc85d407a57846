/* config_system — the tables of a pipeline file: systems, their sections, what is ours in them. */
#include "pipeline/config_internal.h"

static const char *const time_units[] = {
    [SOURCE_TIME_AUTO] = "auto",
    [SOURCE_TIME_SECONDS] = "seconds",
    [SOURCE_TIME_MILLISECONDS] = "milliseconds",
    [SOURCE_TIME_MICROSECONDS] = "microseconds",
    [SOURCE_TIME_ISO] = "iso",
    NULL,
};

const struct config_field source_fields[] = {
    CONFIG_TEXT(struct source_config, path, NULL,
                "a file or a glob: .parquet, .csv, .csv.gz, .jsonl; this or `query`"),
    CONFIG_TEXT(struct source_config, query, NULL, "a SQL query (DuckDB) instead of `path`"),
    CONFIG_TEXT(struct source_config, entity, NULL,
                "column of who the event belongs to, such as a user id; required"),
    CONFIG_TEXT(struct source_config, time, NULL, "column of when it happened; required"),
    CONFIG_TEXT(struct source_config, token, NULL,
                "column of what happened, such as a campaign; required"),
    CONFIG_TEXT(struct source_config, outcome, NULL,
                "column that is true where the event led to the outcome; required"),
    CONFIG_CHOICE(struct source_config, time_unit, SOURCE_TIME_AUTO, time_units,
                  "what a number in the time column counts since 1970"),
    CONFIG_END,
};

static const char *const reports[] = {
    [PIPELINE_REPORT_ATTRIBUTION] = "attribution",
    [PIPELINE_REPORT_NONE] = "none",
    NULL,
};

const struct config_field pipeline_root_fields[] = {
    CONFIG_TEXT(struct pipeline_config, name, "pipeline", "what this pipeline is called"),
    CONFIG_CHOICE(struct pipeline_config, report, PIPELINE_REPORT_ATTRIBUTION, reports,
                  "the page a run ends with"),
    CONFIG_END,
};

#define SECTION(name_, fields_, member_, searchable_)                                              \
    {                                                                                              \
        .name = (name_), .fields = (fields_), .offset = offsetof(struct pipeline_config, member_), \
        .searchable = (searchable_)                                                                \
    }

static const struct pipeline_section journey_attention_sections[] = {
    SECTION("source", source_fields, source, false),
    SECTION("journey", journey_fields, journey, false),
    SECTION("split", split_fields, split, false),
    SECTION("model", journey_attention_fields, model, true),
    SECTION("train", train_fields, train, true),
    SECTION("attribution", attribution_fields, attribution, false),
    SECTION("search", search_fields, search, false),
    {.name = NULL},
};

const struct pipeline_system pipeline_systems[] = {
    {"journey_attention", journey_attention_sections},
    {NULL, NULL},
};

const struct pipeline_section *pipeline_section_find(const struct pipeline_system *system,
                                                     const char *name)
{
    for (const struct pipeline_section *s = system->section; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}
