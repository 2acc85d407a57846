/*
 * config — a pipeline file as one struct: read, `--set` applied, checked, and written out again.
 *
 *   name: attribution
 *   source: {path: raw/impressions.parquet, entity: uid, time: timestamp, token: campaign,
 *            outcome: conversion}
 *   model: {type: journey_attention, embedding: 20, lstm: 64}
 *   ...                                        docs/pipeline-file.md has every key
 *
 * `model.type` says which system a pipeline is; a system is a list of sections, each a settings
 * struct with its table of fields (base/config.h). To add one: its structs become members of
 * struct pipeline_config and its sections a table in config_system.c.
 *
 * Every error is one sentence, ERR_CONFIG, that starts with "FILE:LINE: key 'train.epochs': " or
 * "--set train.epochs=abc: key ...".
 */
#ifndef QUERN_PIPELINE_CONFIG_H
#define QUERN_PIPELINE_CONFIG_H

#include "base/arena.h"
#include "base/text.h"
#include "base/yaml.h"
#include "model/journey_attention.h"
#include "model/temporal_attention.h"
#include "model/tree_training.h"
#include "attribution/config.h"
#include "incremental/config.h"
#include "pipeline/forecast_config.h"
#include "pipeline/history_output.h"
#include "pipeline/search_config.h"
#include "pipeline/source_config.h"
#include "pipeline/tabular_config.h"
#include "sequence/history_config.h"
#include "sequence/journeys.h"
#include "transform/transform.h"

/* A forecast has a name of its own for each model. */
enum pipeline_type {
    PIPELINE_JOURNEY_ATTENTION,
    PIPELINE_TREES,
    PIPELINE_TEMPORAL_ATTENTION,
    PIPELINE_FORECAST,
};

enum pipeline_report {
    PIPELINE_REPORT_ATTRIBUTION,
    PIPELINE_REPORT_TABULAR,
    PIPELINE_REPORT_FORECAST,
    PIPELINE_REPORT_HISTORY,
    PIPELINE_REPORT_NONE,
};

enum pipeline_section_id {
    PIPELINE_SECTION_SOURCE,
    PIPELINE_SECTION_JOURNEY,
    PIPELINE_SECTION_SPLIT,
    PIPELINE_SECTION_MODEL,
    PIPELINE_SECTION_TRAIN,
    PIPELINE_SECTION_ATTRIBUTION,
    PIPELINE_SECTION_INCREMENTAL,
    PIPELINE_SECTION_SEARCH,
    PIPELINE_SECTION_STEPS,
    PIPELINE_SECTION_OUTPUT,
    PIPELINE_SECTION_DATA,
    PIPELINE_SECTION_START,
    PIPELINE_SECTION_FEATURES,
    PIPELINE_SECTION_FORECAST,
    PIPELINE_SECTION_HISTORIES,
};

/* One section of a pipeline file. */
struct pipeline_section {
    enum pipeline_section_id id;
    const char *name;
    const struct config_field *fields; /* of the layer that uses the section */
    const struct config_field *more;   /* of struct pipeline_config itself, or NULL; other keys */
    size_t offset;                     /* of the struct of `fields` in struct pipeline_config */
    bool searchable;                   /* a search may vary its settings */
    /* Of a section that is more than a table of fields, else NULL. `settings` is at `offset`. */
    bool (*read)(const struct yaml_node *node, void *settings, struct arena *memory,
                 struct error *err);
    void (*write)(struct text *out, const void *settings, size_t indent);
    void (*reference)(struct text *out); /* rows after those of `fields` */
};

struct pipeline_config;

/* What a `model.type` stands for. */
struct pipeline_system {
    const char *type;
    const struct pipeline_section *section; /* ends with a NULL name */
    int report;                             /* the default: enum pipeline_report */
    /* Settings that follow from others, or NULL; then what must hold between its keys. */
    bool (*derive)(struct pipeline_config *config, struct error *err);
    bool (*check)(const struct pipeline_config *config, struct error *err);
    const char *title; /* NULL, or what its sections are of, where the type alone does not say */
};

struct pipeline_config {
    const char *name;
    int report; /* enum pipeline_report */
    struct source_config source;
    struct journey_config journey; /* with what it needs of `source` */
    int ends_at;                   /* journey.ends_at; only `outcome` so far */
    struct split_config split;
    int split_by; /* split.by; only `entity` so far */
    int type;     /* model.type, enum pipeline_type: which member of `model` counts */
    struct {
        struct journey_attention_config journey_attention;
        struct tree_config trees;
        struct temporal_attention_config temporal_attention;
    } model;
    /* With `type: trees`. */
    struct {
        struct tabular_source source;
        struct tabular_split split;
        const struct transform_config *steps;
        struct output_config output;
    } tabular;
    /* With `type: temporal_attention`. */
    struct {
        struct history_config data;
        struct history_split split;
        struct history_output output;
    } history;
    struct forecast_config forecast; /* with one of its models as type */
    struct train_config train;
    struct attribution_config attribution;
    struct {
        bool enabled;
        size_t intervals, seed;
        const char *experiments; /* table of measured lifts, or NULL */
        struct incremental_config model;
    } incremental;
    struct search_config search;

    const struct pipeline_system *system;
    const char *file; /* as given, for messages */
    struct yaml tree; /* where each key was written, for messages */
    struct arena memory;
};

/*
 * Read a pipeline file, apply `set` ("KEY=VALUE", later ones win), fill in defaults and check.
 * A copy by assignment shares texts with its original: change its values freely, clear only one.
 */
MUST_CHECK bool pipeline_config_load(struct pipeline_config *config, const char *path,
                                     const char *const *set, size_t sets, struct error *err);
MUST_CHECK bool pipeline_config_parse(struct pipeline_config *config, const char *name,
                                      const char *bytes, size_t size, const char *const *set,
                                      size_t sets, struct error *err);
/* No-op on a zeroed struct. */
void pipeline_config_clear(struct pipeline_config *config);

/* What must hold between keys; the first sentence that is wrong. Loading has called it. */
MUST_CHECK bool pipeline_config_check(const struct pipeline_config *config, struct error *err);

/* What only a search needs: a run may have no test split, and then never measures the metric. */
MUST_CHECK bool pipeline_config_check_search(const struct pipeline_config *config,
                                             struct error *err);

/*
 * Set one value by its dotted key, as a trial of a search does; the text is not copied. The error
 * names the key.
 */
MUST_CHECK bool pipeline_config_set(struct pipeline_config *config, const char *key,
                                    const char *text, struct error *err);

/* The effective configuration as a pipeline file; reading it gives the same configuration. */
void pipeline_config_write(const struct pipeline_config *config, struct text *out);

/* The effective settings of one section, one a line: equal text means equal settings. */
void pipeline_config_section(const struct pipeline_config *config, enum pipeline_section_id section,
                             struct text *out);

/* Mix the settings of a section into the key of a stage (stage_key.h). */
uint64_t pipeline_config_key(const struct pipeline_config *config, enum pipeline_section_id section,
                             uint64_t key);

/* The reference of every key, in Markdown: the tables of docs/pipeline-file.md. */
void pipeline_config_reference(struct text *out);

#endif
