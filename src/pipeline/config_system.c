/* config_system — the tables of a pipeline file: systems, their sections, what is ours in them. */
#include "pipeline/config_internal.h"

static const struct config_field source_fields[] = {
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
    CONFIG_CHOICE(struct source_config, time_unit, TIME_UNIT_AUTO, time_unit_names,
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

/* Keys with one value so far: a file says what it relies on, and later values have a place. */
static const char *const ends[] = {"outcome", NULL}, *const bys[] = {"entity", NULL};

static const struct config_field ends_fields[] = {
    {.name = "ends_at",
     .type = CONFIG_TYPE_CHOICE,
     .offset = offsetof(struct pipeline_config, ends_at),
     .choices = ends,
     .help = "a journey ends with, and includes, an event whose outcome is true"},
    CONFIG_END,
};

static const struct config_field by_fields[] = {
    {.name = "by",
     .type = CONFIG_TYPE_CHOICE,
     .offset = offsetof(struct pipeline_config, split_by),
     .choices = bys,
     .help = "all journeys of an entity are in one part, by a seeded hash"},
    CONFIG_END,
};

static const char *const types[] = {"journey_attention", NULL};

static const struct config_field type_fields[] = {
    CONFIG_CHOICE(struct pipeline_config, type, 0, types, "what is trained"),
    CONFIG_END,
};

#define SECTION(id_, name_, fields_, more_, member_)                                               \
    {                                                                                              \
        .id = PIPELINE_SECTION_##id_, .name = (name_), .fields = (fields_), .more = (more_),       \
        .offset = offsetof(struct pipeline_config, member_),                                       \
        .searchable = PIPELINE_SECTION_##id_ == PIPELINE_SECTION_MODEL ||                          \
                      PIPELINE_SECTION_##id_ == PIPELINE_SECTION_TRAIN                             \
    }

static const struct pipeline_section journey_attention_sections[] = {
    SECTION(SOURCE, "source", source_fields, NULL, source),
    SECTION(JOURNEY, "journey", journey_fields, ends_fields, journey),
    SECTION(SPLIT, "split", split_fields, by_fields, split),
    SECTION(MODEL, "model", journey_attention_fields, type_fields, model.journey_attention),
    SECTION(TRAIN, "train", train_fields, NULL, train),
    SECTION(ATTRIBUTION, "attribution", attribution_fields, NULL, attribution),
    SECTION(SEARCH, "search", search_fields, NULL, search),
    {.name = NULL},
};

/* In the order of `types`. */
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
