/*
 * forecast_config — the keys of a pipeline file that predicts the months of a panel.
 *
 *   data: {sales: sales.csv, marketing: marketing.csv, price: price.csv, stock: stock.csv,
 *          objectives: objectives.csv}
 *   start_test: 2023-07-01
 *   model: CustomModel             or {type: CustomModel}
 *   features: [past_sales, marketing, price, stock, objectives]
 *   forecast: {horizon: 6, ...}
 */
#ifndef QUERN_PIPELINE_FORECAST_CONFIG_H
#define QUERN_PIPELINE_FORECAST_CONFIG_H

#include "base/config.h"
#include "base/text.h"
#include "base/yaml.h"
#include "forecast/predict.h"

enum { FORECAST_CHARTS_MAX = 50 };

struct forecast_data {
    const char *sales, *marketing, *price, *stock, *objectives;
};

struct forecast_settings {
    size_t horizon; /* 0: to the last month of sales */
    int known;      /* enum forecast_known */
    size_t backtest;
    double interval, alpha;
    const char *chart[FORECAST_CHARTS_MAX]; /* items */
    size_t charts;                          /* 0: those with the largest error */
};

/* Each member is the settings of one section: see struct pipeline_section. */
struct forecast_start {
    const char *text; /* as written, NULL when it is not there */
    int month;
};

struct forecast_features {
    const struct feature *feature[FEATURES_MAX];
    size_t count;
    bool chosen; /* else those whose files are given */
};

struct forecast_config {
    struct forecast_data data;
    struct forecast_start start;
    const struct forecast_kind *kind;
    struct forecast_features features;
    struct forecast_settings settings;
};

extern const struct config_field forecast_data_fields[], forecast_settings_fields[];

MUST_CHECK bool forecast_start_read(const struct yaml_node *node, void *settings,
                                    struct arena *memory, struct error *err);
void forecast_start_write(struct text *out, const void *settings, size_t indent);
void forecast_start_reference(struct text *out);

MUST_CHECK bool forecast_model_read(const struct yaml_node *node, void *settings,
                                    struct arena *memory, struct error *err);
void forecast_model_write(struct text *out, const void *settings, size_t indent);
void forecast_model_reference(struct text *out);

MUST_CHECK bool forecast_features_read(const struct yaml_node *node, void *settings,
                                       struct arena *memory, struct error *err);
void forecast_features_write(struct text *out, const void *settings, size_t indent);
void forecast_features_reference(struct text *out);

MUST_CHECK bool forecast_settings_read(const struct yaml_node *node, void *settings,
                                       struct arena *memory, struct error *err);
void forecast_settings_write(struct text *out, const void *settings, size_t indent);
void forecast_settings_reference(struct text *out);

/* The features that count: none where the model has none, else the chosen ones or all that have
 * their file. */
void forecast_config_derive(struct forecast_config *config);

/* The name of a file, or NULL. */
const char *forecast_data_file(const struct forecast_data *data, enum panel_file file);
/* The files that the model and its features need; NULL for the others. */
void forecast_config_files(const struct forecast_config *config, const char *file[PANEL_FILES]);

#endif
