#include "pipeline/tabular_config.h"

#include <string.h>

const struct config_field tabular_source_fields[] = {
    CONFIG_TEXT(struct tabular_source, path, NULL,
                "one table, divided by `split`: .parquet, .csv, .csv.gz, .jsonl, or a glob"),
    CONFIG_TEXT(struct tabular_source, query, NULL, "a SQL query (DuckDB) instead of `path`"),
    CONFIG_TEXT(
        struct tabular_source, train, NULL,
        "rows to train on, a path or a query; with `validation` and `test` it stands before "
        "`path`"),
    CONFIG_TEXT(struct tabular_source, validation, NULL,
                "rows for early stopping, calibration and the threshold"),
    CONFIG_TEXT(struct tabular_source, test, NULL,
                "rows for evaluation.json, used by nothing else"),
    CONFIG_TEXT(struct tabular_source, label, NULL, "column of what is to be predicted; required"),
    CONFIG_TEXT(struct tabular_source, positive, NULL,
                "the label that counts as positive, as text; required with `binary:logistic`"),
    CONFIG_TEXT(struct tabular_source, weight, NULL, "column of how much a row counts"),
    CONFIG_END,
};

const struct config_field tabular_split_fields[] = {
    CONFIG_NUMBER(struct tabular_split, train, 0.7, 0, 1, "share of rows to train on"),
    CONFIG_NUMBER(struct tabular_split, validation, 0.2, 0, 1,
                  "share of rows for early stopping, calibration and the threshold"),
    CONFIG_NUMBER(struct tabular_split, test, 0.1, 0, 1, "share of rows to test on"),
    CONFIG_SIZE(struct tabular_split, seed, 24, 0, 9007199254740991.0,
                "another seed is another split"),
    CONFIG_TEXT(struct tabular_split, by, NULL,
                "column whose equal values stay together, such as a customer; without it equal "
                "rows do"),
    CONFIG_END,
};

const struct config_field output_fields[] = {
    CONFIG_CHOICE(struct output_config, calibrate, CALIBRATOR_NONE, calibrator_names,
                  "how scores become probabilities, fitted on the validation rows"),
    CONFIG_END,
};

/* A list of texts, or a single one. */
static bool read_names(const struct yaml_node *map, const char *key, struct name_list *list,
                       struct arena *memory, struct error *err)
{
    const struct yaml_node *node = yaml_find(map, key);
    char path[YAML_PATH_MAX];

    *list = (struct name_list){0};
    if (yaml_is_null(node))
        return true;
    if (node->kind == YAML_MAP || node->count > TABULAR_NAMES_MAX)
        return yaml_fail(err, node, "key '%s': must be a list of at most %d texts",
                         yaml_path(node, path), TABULAR_NAMES_MAX);
    list->count = node->kind == YAML_LIST ? node->count : 1;
    list->name = ARENA_NEW(memory, const char *, list->count);
    const struct yaml_node *item = node->kind == YAML_LIST ? node->first : node;
    for (size_t i = 0; i < list->count; i++, item = item->next) {
        if (item->kind != YAML_SCALAR || !item->text[0])
            return yaml_fail(err, item, "key '%s': must be a text that is not empty",
                             yaml_path(item, path));
        list->name[i] = arena_string(memory, item->text, strlen(item->text));
        for (size_t j = 0; j < i; j++)
            if (strcmp(list->name[i], list->name[j]) == 0)
                return yaml_fail(err, item, "key '%s': '%.60s' is there twice",
                                 yaml_path(item, path), list->name[i]);
    }
    return true;
}

static void write_names(struct text *out, const char *key, const struct name_list *list,
                        size_t indent)
{
    if (list->count == 0)
        return;
    text_add_format(out, "%*s%s: [", (int)indent, "", key);
    for (size_t i = 0; i < list->count; i++) {
        text_add(out, ", ", i ? 2 : 0);
        config_write_text(out, list->name[i]);
    }
    text_add_format(out, "]\n");
}

bool tabular_source_read(const struct yaml_node *section, void *settings, struct arena *memory,
                         struct error *err)
{
    static const char *const others[] = {"ignore", NULL};
    struct tabular_source *source = settings;
    const struct config_part part[] = {{tabular_source_fields, source}, {NULL, NULL}};

    return config_read(section, part, others, memory, err) &&
           read_names(section, "ignore", &source->ignore, memory, err);
}

void tabular_source_write(struct text *out, const void *settings, size_t indent)
{
    const struct tabular_source *source = settings;

    config_write(out, tabular_source_fields, source, indent);
    write_names(out, "ignore", &source->ignore, indent);
}

void tabular_source_reference(struct text *out)
{
    text_add_format(out, "| `ignore` | list of columns | none | stand in the source and in "
                         "requests, and are used by nothing |\n");
}

static const struct {
    const char *name;
    enum threshold_rule rule;
} targets[] = {{"precision", THRESHOLD_PRECISION}, {"recall", THRESHOLD_RECALL}};

static bool threshold_wrong(const struct yaml_node *node, struct error *err)
{
    return yaml_fail(err, node,
                     "key 'output.threshold': must be a number from 0 to 1, best_f1, "
                     "{precision: P} or {recall: R} with P and R above 0 and at most 1");
}

static bool read_number(const struct yaml_node *node, double *value)
{
    return node && node->kind == YAML_SCALAR &&
           text_to_double(node->text, strlen(node->text), value) && *value >= 0 && *value <= 1;
}

static bool read_threshold(const struct yaml_node *node, struct output_config *output,
                           struct error *err)
{
    output->rule = THRESHOLD_FIXED;
    output->target = 0.5;
    if (yaml_is_null(node))
        return true;
    if (node->kind == YAML_SCALAR && strcmp(node->text, "best_f1") == 0) {
        output->rule = THRESHOLD_BEST_F1;
        return true;
    }
    if (node->kind == YAML_SCALAR)
        return read_number(node, &output->target) || threshold_wrong(node, err);
    if (node->kind != YAML_MAP || node->count != 1)
        return threshold_wrong(node, err);
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (strcmp(node->first->key, targets[i].name) == 0) {
            output->rule = targets[i].rule;
            return (read_number(node->first, &output->target) && output->target > 0) ||
                   threshold_wrong(node->first, err);
        }
    return threshold_wrong(node->first, err);
}

bool output_config_read(const struct yaml_node *section, void *settings, struct arena *memory,
                        struct error *err)
{
    static const char *const others[] = {"threshold", "labels", "columns", NULL};
    struct output_config *output = settings;
    const struct config_part part[] = {{output_fields, output}, {NULL, NULL}};

    return config_read(section, part, others, memory, err) &&
           read_threshold(yaml_find(section, "threshold"), output, err) &&
           read_names(section, "labels", &output->labels, memory, err) &&
           read_names(section, "columns", &output->columns, memory, err);
}

void output_config_write(struct text *out, const void *settings, size_t indent)
{
    const struct output_config *output = settings;

    text_add_format(out, "%*sthreshold: ", (int)indent, "");
    if (output->rule == THRESHOLD_BEST_F1) {
        text_add_format(out, "best_f1\n");
    } else if (output->rule == THRESHOLD_FIXED) {
        config_write_number(out, output->target);
        text_add_format(out, "\n");
    } else {
        text_add_format(out, "{%s: ", output->rule == THRESHOLD_RECALL ? "recall" : "precision");
        config_write_number(out, output->target);
        text_add_format(out, "}\n");
    }
    config_write(out, output_fields, output, indent);
    write_names(out, "labels", &output->labels, indent);
    write_names(out, "columns", &output->columns, indent);
}

void output_config_reference(struct text *out)
{
    text_add_format(
        out, "| `threshold` | number from 0 to 1, `best_f1`, `{precision: P}`, `{recall: R}` | 0.5 "
             "| the score from which a row is positive; chosen on the validation rows unless it is "
             "a number |\n"
             "| `labels` | list of texts | the label column's own values | what the classes are "
             "called in answers: negative, positive; or in the order of the values |\n"
             "| `columns` | list of `label`, `score` (`score_LABEL` with several classes) | "
             "[label], or [score] where numbers are predicted | what an answer in CSV shows; JSON "
             "shows all |\n");
}
