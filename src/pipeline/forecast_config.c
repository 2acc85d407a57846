#include "pipeline/forecast_config.h"

#include <string.h>

static const char *const known_names[] = {
    [FORECAST_KNOWS_SALES] = "sales", [FORECAST_KNOWS_START] = "start", NULL};

const struct config_field forecast_data_fields[] = {
    CONFIG_TEXT(struct forecast_data, sales, NULL,
                "columns dates, item_id, sales; a path, glob or query; required"),
    CONFIG_TEXT(struct forecast_data, marketing, NULL, "columns dates, item_id, marketing_spend"),
    CONFIG_TEXT(struct forecast_data, price, NULL, "columns dates, item_id, price"),
    CONFIG_TEXT(struct forecast_data, stock, NULL,
                "columns date, item_id, stock_refill; by day, stock starts at 0"),
    CONFIG_TEXT(struct forecast_data, objectives, NULL,
                "columns item_id, fiscal_year, objective; years end in June"),
    CONFIG_END,
};

const struct config_field forecast_settings_fields[] = {
    CONFIG_SIZE(struct forecast_settings, horizon, 0, 0, 120,
                "months to predict; 0: to the last month of sales"),
    CONFIG_CHOICE(struct forecast_settings, known, FORECAST_KNOWS_SALES, known_names,
                  "what a month may know since `start_test`: the sales of the months before it, or "
                  "predictions only"),
    CONFIG_SIZE(struct forecast_settings, backtest, 4, 0, 60,
                "origins before `start_test` to measure on, as far apart as the horizon"),
    CONFIG_NUMBER(struct forecast_settings, interval, 0.8, 0.01, 0.999,
                  "share of the backtest's misses that an interval holds"),
    CONFIG_NUMBER(struct forecast_settings, alpha, 1, 0, 1e12, "penalty of Ridge"),
    CONFIG_END,
};

bool forecast_start_read(const struct yaml_node *node, void *settings, struct arena *memory,
                         struct error *err)
{
    struct forecast_start *start = settings;

    if (yaml_is_null(node))
        return true;
    if (node->kind != YAML_SCALAR || !calendar_from_text(node->text, &start->month))
        return yaml_fail(err, node, "key 'start_test': must be a date such as 2023-07-01");
    start->text = arena_string(memory, node->text, strlen(node->text));
    return true;
}

void forecast_start_write(struct text *out, const void *settings, size_t indent)
{
    const struct forecast_start *start = settings;
    char text[CALENDAR_TEXT_SIZE];

    calendar_text(start->month, text);
    text_add_format(out, "%*s%s\n", (int)indent, "", text);
}

void forecast_start_reference(struct text *out)
{
    text_add_format(out, "A date in the first month to predict, such as 2023-07-01; required. The "
                         "model learns from the months before it.\n");
}

/* The table of systems has taken the name already: it is one of ours. */
bool forecast_model_read(const struct yaml_node *node, void *settings, struct arena *memory,
                         struct error *err)
{
    static const char *const others[] = {"type", NULL};
    static const struct config_field none[] = {CONFIG_END};
    const struct config_part part[] = {{none, settings}, {NULL, NULL}};
    const struct forecast_kind **kind = settings;
    const struct yaml_node *type =
        node && node->kind == YAML_SCALAR ? node : yaml_find(node, "type");

    *kind = type && type->text ? forecast_kind_find(type->text) : NULL;
    if (!*kind)
        BUG("a forecast without its model");
    return node->kind == YAML_SCALAR || config_read(node, part, others, memory, err);
}

void forecast_model_write(struct text *out, const void *settings, size_t indent)
{
    const struct forecast_kind *const *kind = settings;

    text_add_format(out, "%*s%s\n", (int)indent, "", (*kind)->name);
}

void forecast_model_reference(struct text *out)
{
    char names[256];

    forecast_kind_names(names, sizeof names);
    text_add_format(out, "The name alone (`model: Ridge`) or `{type: Ridge}`; one of %s.\n", names);
}

static bool add_feature(struct forecast_features *features, const struct yaml_node *item,
                        struct error *err)
{
    char names[512], path[YAML_PATH_MAX];
    const struct feature *feature = item->kind == YAML_SCALAR ? feature_find(item->text) : NULL;

    feature_names(names, sizeof names);
    if (!feature)
        return yaml_fail(err, item, "key '%s': must be one of %s", yaml_path(item, path), names);
    for (size_t i = 0; i < features->count; i++)
        if (features->feature[i] == feature)
            return yaml_fail(err, item, "key '%s': '%s' is there twice", yaml_path(item, path),
                             feature->name);
    features->feature[features->count++] = feature;
    return true;
}

bool forecast_features_read(const struct yaml_node *node, void *settings, struct arena *memory,
                            struct error *err)
{
    struct forecast_features *features = settings;

    (void)memory;
    if (yaml_is_null(node))
        return true;
    features->chosen = true;
    if (node->kind == YAML_SCALAR)
        return add_feature(features, node, err);
    if (node->kind != YAML_LIST || node->count == 0)
        return yaml_fail(err, node, "key 'features': must be a list of names");
    for (const struct yaml_node *item = node->first; item; item = item->next)
        if (!add_feature(features, item, err))
            return false;
    return true;
}

void forecast_features_write(struct text *out, const void *settings, size_t indent)
{
    const struct forecast_features *features = settings;

    if (features->count == 0) {
        text_add_format(out, "%*snull\n", (int)indent, "");
        return;
    }
    text_add_format(out, "%*s[", (int)indent, "");
    for (size_t i = 0; i < features->count; i++)
        text_add_format(out, "%s%s", i ? ", " : "", features->feature[i]->name);
    text_add_format(out, "]\n");
}

void forecast_features_reference(struct text *out)
{
    char names[512];

    feature_names(names, sizeof names);
    text_add_format(out,
                    "A list of %s. Without it past_sales and all whose file is in `data`. "
                    "docs/forecast.md says what each is; the naive models use none.\n",
                    names);
}

static bool read_charts(const struct yaml_node *node, struct forecast_settings *settings,
                        struct arena *memory, struct error *err)
{
    char path[YAML_PATH_MAX];

    if (yaml_is_null(node))
        return true;
    if (node->kind != YAML_LIST || node->count > FORECAST_CHARTS_MAX)
        return yaml_fail(err, node, "key '%s': must be a list of at most %d items",
                         yaml_path(node, path), FORECAST_CHARTS_MAX);
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        if (item->kind != YAML_SCALAR || !item->text[0])
            return yaml_fail(err, item, "key '%s': must be the name of an item",
                             yaml_path(item, path));
        settings->chart[settings->charts++] = arena_string(memory, item->text, strlen(item->text));
    }
    return true;
}

bool forecast_settings_read(const struct yaml_node *node, void *settings, struct arena *memory,
                            struct error *err)
{
    static const char *const others[] = {"charts", NULL};
    const struct config_part part[] = {{forecast_settings_fields, settings}, {NULL, NULL}};

    return config_read(node, part, others, memory, err) &&
           read_charts(yaml_find(node, "charts"), settings, memory, err);
}

void forecast_settings_write(struct text *out, const void *settings, size_t indent)
{
    const struct forecast_settings *s = settings;

    config_write(out, forecast_settings_fields, s, indent);
    if (s->charts == 0)
        return;
    text_add_format(out, "%*scharts: [", (int)indent, "");
    for (size_t i = 0; i < s->charts; i++) {
        text_add(out, ", ", i ? 2 : 0);
        config_write_text(out, s->chart[i]);
    }
    text_add_format(out, "]\n");
}

void forecast_settings_reference(struct text *out)
{
    text_add_format(out,
                    "| `charts` | list of items | the five with the largest error | what the "
                    "report draws, at most %d |\n",
                    FORECAST_CHARTS_MAX);
}

const char *forecast_data_file(const struct forecast_data *data, enum panel_file file)
{
    switch (file) {
    case PANEL_SALES:
        return data->sales;
    case PANEL_MARKETING:
        return data->marketing;
    case PANEL_PRICE:
        return data->price;
    case PANEL_STOCK:
        return data->stock;
    case PANEL_OBJECTIVES:
        return data->objectives;
    case PANEL_FILES:
        break;
    }
    BUG("no such file");
}

void forecast_config_derive(struct forecast_config *config)
{
    static const struct feature *const usual[] = {&feature_past_sales, &feature_marketing,
                                                  &feature_price, &feature_stock,
                                                  &feature_objectives};
    struct forecast_features *features = &config->features;

    if (features->chosen || !config->kind->uses_features)
        return;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (forecast_data_file(&config->data, usual[i]->needs))
            features->feature[features->count++] = usual[i];
}

void forecast_config_files(const struct forecast_config *config, const char *file[PANEL_FILES])
{
    for (size_t i = 0; i < PANEL_FILES; i++)
        file[i] = NULL;
    file[PANEL_SALES] = config->data.sales;
    for (size_t f = 0; config->kind->uses_features && f < config->features.count; f++) {
        const enum panel_file needs = config->features.feature[f]->needs;
        file[needs] = forecast_data_file(&config->data, needs);
    }
}
