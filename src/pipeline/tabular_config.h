/*
 * tabular_config — the sections of a pipeline file with `type: trees` that are about rows and
 * answers: `source`, `split` and `output`.
 */
#ifndef QUERN_PIPELINE_TABULAR_CONFIG_H
#define QUERN_PIPELINE_TABULAR_CONFIG_H

#include "base/arena.h"
#include "base/config.h"
#include "base/text.h"
#include "base/yaml.h"
#include "metric/threshold.h"
#include "model/calibrator.h"

enum { TABULAR_NAMES_MAX = 10000 };

/* Texts of a list; NULL and 0 for none. */
struct name_list {
    const char **name;
    size_t count;
};

struct tabular_source {
    const char *path, *query;              /* one table, divided by `split`; or */
    const char *train, *validation, *test; /* a path or query each */
    const char *label, *positive, *weight;
    struct name_list ignore;
};

struct tabular_split {
    double train, validation, test;
    size_t seed;
    const char *by; /* column, or NULL for the whole row */
};

struct output_config {
    enum threshold_rule rule;
    double target;            /* the threshold itself, or the precision or recall wanted */
    int calibrate;            /* enum calibrator_kind */
    struct name_list labels;  /* none: the values of the label column */
    struct name_list columns; /* none: the label, or the score where that is all there is */
};

extern const struct config_field tabular_source_fields[], tabular_split_fields[], output_fields[];

/* Sections of a pipeline file; see struct pipeline_section. */
MUST_CHECK bool tabular_source_read(const struct yaml_node *section, void *settings,
                                    struct arena *memory, struct error *err);
void tabular_source_write(struct text *out, const void *settings, size_t indent);
void tabular_source_reference(struct text *out);

MUST_CHECK bool output_config_read(const struct yaml_node *section, void *settings,
                                   struct arena *memory, struct error *err);
void output_config_write(struct text *out, const void *settings, size_t indent);
void output_config_reference(struct text *out);

#endif
