/* config_check_tabular — what must hold between the keys of a pipeline with `type: trees`. */
#include "pipeline/config_internal.h"
#include "pipeline/tabular_task.h"
#include "table/source.h"

#include <math.h>
#include <string.h>

static bool check_tables(const struct pipeline_config *config, struct error *err)
{
    const struct tabular_source *s = &config->tabular.source;
    const struct {
        const char *key, *value;
    } parts[] = {
        {"source.train", s->train}, {"source.validation", s->validation}, {"source.test", s->test}};
    size_t named = 0;

    for (size_t i = 0; i < 3; i++)
        named += parts[i].value != NULL;
    if (s->path && s->query)
        return pipeline_config_fail(config, "source.query", err,
                                    "'source.path' is given too; leave one out");
    if (!s->path && !s->query && named == 0)
        return pipeline_config_fail(config, "source.path", err,
                                    "is missing; name a file, or give 'source.query', or "
                                    "'source.train', 'source.validation' and 'source.test'");
    if (s->query && !table_source_is_query(s->query))
        return pipeline_config_fail(config, "source.query", err,
                                    "must begin with SELECT, WITH or FROM, not '%.60s'", s->query);
    if (s->path && !s->path[0])
        return pipeline_config_fail(config, "source.path", err, "is empty");
    for (size_t i = 0; named > 0 && i < 3; i++)
        if (!parts[i].value || !parts[i].value[0])
            return pipeline_config_fail(config, parts[i].key, err,
                                        "is missing; a source names all three splits or none");
    return true;
}

static bool check_columns(const struct pipeline_config *config, struct error *err)
{
    const struct tabular_source *s = &config->tabular.source;

    if (!s->label || !s->label[0])
        return pipeline_config_fail(config, "source.label", err, "is missing; name a column");
    if (s->weight && strcmp(s->weight, s->label) == 0)
        return pipeline_config_fail(config, "source.weight", err,
                                    "column '%.100s' is already 'source.label'", s->weight);
    for (size_t i = 0; i < s->ignore.count; i++)
        if (strcmp(s->ignore.name[i], s->label) == 0 ||
            (s->weight && strcmp(s->ignore.name[i], s->weight) == 0))
            return pipeline_config_fail(config, "source.ignore", err,
                                        "column '%.100s' is the label or the weight",
                                        s->ignore.name[i]);
    return true;
}

static bool check_split(const struct pipeline_config *config, struct error *err)
{
    const struct tabular_split *s = &config->tabular.split;
    const struct {
        const char *key;
        double share;
    } parts[] = {
        {"split.train", s->train}, {"split.validation", s->validation}, {"split.test", s->test}};
    const double sum = s->train + s->validation + s->test;

    if (config->tabular.source.train)
        return true;
    if (!(fabs(sum - 1) <= 1e-9))
        return pipeline_config_fail(config, "split", err,
                                    "train, validation and test must add up to 1, not %.15g", sum);
    for (size_t i = 0; i < 3; i++)
        if (parts[i].share <= 0)
            return pipeline_config_fail(config, parts[i].key, err, "must be above 0");
    return true;
}

static bool check_task(const struct pipeline_config *config, enum tabular_task *task,
                       struct error *err)
{
    const char *objective = config->model.trees.objective;
    const char *positive = config->tabular.source.positive;

    if (!tabular_task_of(objective, task))
        return pipeline_config_fail(config, "model.objective", err,
                                    "'%.60s' gives no scores that can be answered with; use "
                                    "binary:logistic, multi:softprob, reg:... or count:poisson",
                                    objective);
    if (*task == TABULAR_BINARY && (!positive || !positive[0]))
        return pipeline_config_fail(config, "source.positive", err,
                                    "is missing; which value of '%.60s' is the positive class?",
                                    config->tabular.source.label);
    if (*task != TABULAR_BINARY && positive)
        return pipeline_config_fail(config, "source.positive", err,
                                    "is for binary:logistic, not for %s", objective);
    return true;
}

static bool check_output(const struct pipeline_config *config, enum tabular_task task,
                         struct error *err)
{
    const struct output_config *o = &config->tabular.output;

    if (task == TABULAR_BINARY && o->labels.count != 0 && o->labels.count != 2)
        return pipeline_config_fail(config, "output.labels", err,
                                    "must be two texts, negative and positive, not %zu",
                                    o->labels.count);
    if (task == TABULAR_VALUE && o->labels.count != 0)
        return pipeline_config_fail(config, "output.labels", err,
                                    "'%s' predicts numbers, which have no labels",
                                    config->model.trees.objective);
    if (task != TABULAR_BINARY && o->rule != THRESHOLD_FIXED)
        return pipeline_config_fail(config, "output.threshold", err, "is for binary:logistic");
    if (task != TABULAR_BINARY && o->calibrate != CALIBRATOR_NONE)
        return pipeline_config_fail(config, "output.calibrate", err, "is for binary:logistic");
    return true;
}

/* Names of several classes are known with the data only. */
static bool check_output_columns(const struct pipeline_config *config, enum tabular_task task,
                                 struct error *err)
{
    const struct name_list *columns = &config->tabular.output.columns;

    for (size_t i = 0; task != TABULAR_CLASSES && i < columns->count; i++) {
        const bool label = task == TABULAR_BINARY && strcmp(columns->name[i], "label") == 0;
        if (!label && strcmp(columns->name[i], "score") != 0)
            return pipeline_config_fail(
                config, "output.columns", err, "the answer has no column '%.60s'; it has: %s",
                columns->name[i], task == TABULAR_BINARY ? "label, score" : "score");
    }
    return true;
}

bool pipeline_config_check_tabular(const struct pipeline_config *config, struct error *err)
{
    enum tabular_task task;

    return check_tables(config, err) && check_columns(config, err) && check_split(config, err) &&
           check_task(config, &task, err) && check_output(config, task, err) &&
           check_output_columns(config, task, err);
}
