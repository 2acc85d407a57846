/* config_system — the tables of a pipeline file: systems, their sections, what is ours in them. */
#include "incremental/interval.h"
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
    CONFIG_TEXT(struct source_config, value, NULL,
                "column of what the outcome was worth, where there was one"),
    CONFIG_TEXT(struct source_config, cost, NULL, "column of what the event cost"),
    CONFIG_CHOICE(struct source_config, time_unit, TIME_UNIT_AUTO, time_unit_names,
                  "what a number in the time column counts since 1970"),
    CONFIG_END,
};

static const char *const reports[] = {
    [PIPELINE_REPORT_ATTRIBUTION] = "attribution",
    [PIPELINE_REPORT_TABULAR] = "tabular",
    [PIPELINE_REPORT_FORECAST] = "forecast",
    [PIPELINE_REPORT_HISTORY] = "history",
    [PIPELINE_REPORT_NONE] = "none",
    NULL,
};

const struct config_field pipeline_root_fields[] = {
    CONFIG_TEXT(struct pipeline_config, name, "pipeline", "what this pipeline is called"),
    CONFIG_CHOICE(struct pipeline_config, report, PIPELINE_REPORT_ATTRIBUTION, reports,
                  "the page a run ends with; by default that of the `model.type`"),
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

static const char *const types[] = {[PIPELINE_JOURNEY_ATTENTION] = "journey_attention",
                                    [PIPELINE_TREES] = "trees",
                                    [PIPELINE_TEMPORAL_ATTENTION] = "temporal_attention",
                                    NULL};

static const struct config_field type_fields[] = {
    CONFIG_CHOICE(struct pipeline_config, type, 0, types, "what is trained"),
    CONFIG_END,
};

static const struct config_field incremental_run_fields[] = {
    {.name = "enabled",
     .type = CONFIG_TYPE_BOOL,
     .offset = offsetof(struct pipeline_config, incremental.enabled),
     .number = true,
     .max = 1,
     .help = "work out how many conversions each campaign caused"},
    {.name = "intervals",
     .type = CONFIG_TYPE_SIZE,
     .offset = offsetof(struct pipeline_config, incremental.intervals),
     .number = 200,
     .max = INCREMENTAL_REPLICATES_MAX,
     .help = "resampled logs that 95 % intervals come from; 0 leaves intervals out"},
    {.name = "seed",
     .type = CONFIG_TYPE_SIZE,
     .offset = offsetof(struct pipeline_config, incremental.seed),
     .number = 1,
     .max = 9007199254740991.0,
     .help = "of the resampling"},
    {.name = "experiments",
     .type = CONFIG_TYPE_TEXT,
     .offset = offsetof(struct pipeline_config, incremental.experiments),
     .help = "table of measured lifts (campaign, from, to, conversions_caused, standard_error)"},
    CONFIG_END,
};

static const struct config_field no_fields[] = {CONFIG_END};

#define SECTION(id_, name_, fields_, more_, member_, ...)                                          \
    {                                                                                              \
        .id = PIPELINE_SECTION_##id_, .name = (name_), .fields = (fields_), .more = (more_),       \
        .offset = offsetof(struct pipeline_config, member_),                                       \
        .searchable = PIPELINE_SECTION_##id_ == PIPELINE_SECTION_MODEL ||                          \
                      PIPELINE_SECTION_##id_ == PIPELINE_SECTION_TRAIN,                            \
        __VA_ARGS__                                                                                \
    }

static bool read_search(const struct yaml_node *node, void *settings, struct arena *memory,
                        struct error *err)
{
    return search_config_read(node, settings, memory, err);
}

static void write_search(struct text *out, const void *settings, size_t indent)
{
    search_config_write(out, settings, indent);
}

static void search_reference(struct text *out)
{
    text_add_format(out, "| `space` | map of settings of `model` and `train` to ranges | "
                         "see below | what is varied |\n");
}

static bool read_steps(const struct yaml_node *node, void *settings, struct arena *memory,
                       struct error *err)
{
    return transform_config_read(settings, node, memory, err);
}

static void write_steps(struct text *out, const void *settings, size_t indent)
{
    transform_config_write(*(const struct transform_config *const *)settings, out, indent);
}

static const struct pipeline_section journey_attention_sections[] = {
    SECTION(SOURCE, "source", source_fields, NULL, source, .read = NULL),
    SECTION(JOURNEY, "journey", journey_fields, ends_fields, journey, .read = NULL),
    SECTION(SPLIT, "split", split_fields, by_fields, split, .read = NULL),
    SECTION(MODEL, "model", journey_attention_fields, type_fields, model.journey_attention,
            .read = NULL),
    SECTION(TRAIN, "train", train_fields, NULL, train, .read = NULL),
    SECTION(ATTRIBUTION, "attribution", attribution_fields, NULL, attribution, .read = NULL),
    SECTION(INCREMENTAL, "incremental", incremental_fields, incremental_run_fields,
            incremental.model, .read = NULL),
    SECTION(SEARCH, "search", search_fields, NULL, search, .read = read_search,
            .write = write_search, .reference = search_reference),
    {.name = NULL},
};

static const struct pipeline_section trees_sections[] = {
    SECTION(SOURCE, "source", tabular_source_fields, NULL, tabular.source,
            .read = tabular_source_read, .write = tabular_source_write,
            .reference = tabular_source_reference),
    SECTION(SPLIT, "split", tabular_split_fields, NULL, tabular.split, .read = NULL),
    SECTION(STEPS, "steps", no_fields, NULL, tabular.steps, .read = read_steps,
            .write = write_steps, .reference = transform_config_reference),
    SECTION(MODEL, "model", tree_fields, type_fields, model.trees, .read = NULL),
    SECTION(OUTPUT, "output", output_fields, NULL, tabular.output, .read = output_config_read,
            .write = output_config_write, .reference = output_config_reference),
    {.name = NULL},
};

static const struct pipeline_section temporal_attention_sections[] = {
    SECTION(SOURCE, "source", history_source_fields, NULL, history.data.source,
            .read = history_source_read, .write = history_source_write,
            .reference = history_source_reference),
    SECTION(HISTORIES, "histories", history_recipe_fields, NULL, history.data.histories,
            .read = history_recipe_read, .write = history_recipe_write,
            .reference = history_recipe_reference),
    SECTION(SPLIT, "split", history_split_fields, NULL, history.split, .read = history_split_read,
            .write = history_split_write, .reference = history_split_reference),
    SECTION(MODEL, "model", temporal_attention_fields, type_fields, model.temporal_attention,
            .read = NULL),
    SECTION(TRAIN, "train", train_history_fields, NULL, train, .read = NULL),
    SECTION(OUTPUT, "output", history_output_fields, NULL, history.output, .read = NULL),
    {.name = NULL},
};

static const struct pipeline_section forecast_sections[] = {
    SECTION(DATA, "data", forecast_data_fields, NULL, forecast.data, .read = NULL),
    SECTION(START, "start_test", no_fields, NULL, forecast.start, .read = forecast_start_read,
            .write = forecast_start_write, .reference = forecast_start_reference),
    SECTION(MODEL, "model", no_fields, NULL, forecast.kind, .read = forecast_model_read,
            .write = forecast_model_write, .reference = forecast_model_reference),
    SECTION(FEATURES, "features", no_fields, NULL, forecast.features,
            .read = forecast_features_read, .write = forecast_features_write,
            .reference = forecast_features_reference),
    SECTION(FORECAST, "forecast", forecast_settings_fields, NULL, forecast.settings,
            .read = forecast_settings_read, .write = forecast_settings_write,
            .reference = forecast_settings_reference),
    {.name = NULL},
};

static bool derive_forecast(struct pipeline_config *config, struct error *err)
{
    (void)err;
    config->type = PIPELINE_FORECAST;
    forecast_config_derive(&config->forecast);
    return true;
}

/* Sizes of the model that the data decides stay 0 until there are data. */
static bool derive_histories(struct pipeline_config *config, struct error *err)
{
    return history_config_check(&config->history.data, err) || error_wrap(err, "%s", config->file);
}

/* The sequence layer takes its source as one text, a path or a query, with the roles beside it. */
static bool share_source(struct pipeline_config *config, struct error *err)
{
    (void)err;
    const struct source_config *source = &config->source;

    config->journey.path = source->path ? source->path : source->query;
    config->journey.entity = source->entity;
    config->journey.time = source->time;
    config->journey.token = source->token;
    config->journey.outcome = source->outcome;
    config->journey.value = source->value;
    config->journey.cost = source->cost;
    config->journey.time_unit = source->time_unit;
    return true;
}

#define FORECAST(model_)                                                                           \
    {                                                                                              \
        (model_), forecast_sections, PIPELINE_REPORT_FORECAST, derive_forecast,                    \
            pipeline_config_check_forecast, "the model of a forecast"                              \
    }

/* In the order of `types`, enum pipeline_type; after them a name for each model of forecasts. */
const struct pipeline_system pipeline_systems[] = {
    {"journey_attention", journey_attention_sections, PIPELINE_REPORT_ATTRIBUTION, share_source,
     pipeline_config_check_journeys, NULL},
    {"trees", trees_sections, PIPELINE_REPORT_TABULAR, NULL, pipeline_config_check_tabular, NULL},
    {"temporal_attention", temporal_attention_sections, PIPELINE_REPORT_HISTORY, derive_histories,
     pipeline_config_check_histories, NULL},
    FORECAST("PrevMonthSale"),
    FORECAST("SameMonthLastYearSales"),
    FORECAST("Ridge"),
    FORECAST("CustomModel"),
    {.type = NULL},
};

const struct pipeline_section *pipeline_section_find(const struct pipeline_system *system,
                                                     const char *name)
{
    for (const struct pipeline_section *s = system->section; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}
