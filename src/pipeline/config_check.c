#include "incremental/synergy.h"
#include "pipeline/config_internal.h"
#include "pipeline/search.h"
#include "table/source.h"

#include <math.h>
#include <string.h>

static bool check_source(const struct pipeline_config *config, struct error *err)
{
    const struct source_config *s = &config->source;
    const struct {
        const char *key, *column;
    } role[] = {
        {"source.entity", s->entity},   {"source.time", s->time},   {"source.token", s->token},
        {"source.outcome", s->outcome}, {"source.value", s->value}, {"source.cost", s->cost},
    };
    const size_t roles = sizeof role / sizeof *role, required = 4;

    if (s->path && s->query)
        return pipeline_config_fail(config, "source.query", err,
                                    "'source.path' is given too; leave one out");
    if (!s->path && !s->query)
        return pipeline_config_fail(config, "source.path", err,
                                    "is missing; name a file, or give 'source.query'");
    if (s->path ? !s->path[0] : !s->query[0])
        return pipeline_config_fail(config, s->path ? "source.path" : "source.query", err,
                                    "is empty");
    if (s->query && !table_source_is_query(s->query))
        return pipeline_config_fail(config, "source.query", err,
                                    "must begin with SELECT, WITH or FROM, not '%.60s'", s->query);
    for (size_t i = 0; i < roles; i++) {
        if (i >= required && !role[i].column)
            continue;
        if (!role[i].column || !role[i].column[0])
            return pipeline_config_fail(config, role[i].key, err, "is missing; name a column");
        for (size_t j = 0; j < i; j++)
            if (role[j].column && strcmp(role[i].column, role[j].column) == 0)
                return pipeline_config_fail(config, role[i].key, err,
                                            "column '%.100s' is already '%s'", role[i].column,
                                            role[j].key);
    }
    return true;
}

static bool check_split(const struct pipeline_config *config, struct error *err)
{
    const struct split_config *s = &config->split;
    const double sum = s->train + s->test + s->val;

    if (!(fabs(sum - 1) <= 1e-9))
        return pipeline_config_fail(config, "split", err,
                                    "train, test and val must add up to 1, not %.15g", sum);
    if (s->train <= 0)
        return pipeline_config_fail(config, "split.train", err, "must be above 0");
    return true;
}

static bool check_incremental(const struct pipeline_config *config, struct error *err)
{
    double days[INCREMENTAL_HALVES_MAX];
    struct error why = {0};
    size_t count;

    if (config->incremental.intervals == 1)
        return pipeline_config_fail(config, "incremental.intervals", err,
                                    "must be 0, or 2 and more, not 1");
    if (!incremental_days(config->incremental.model.half_lives, "half_lives", days,
                          INCREMENTAL_HALVES_MAX, &count, err) ||
        !incremental_days(config->incremental.model.time_scales, "time_scales", days,
                          INCREMENTAL_SCALES_MAX, &count, err))
        return error_wrap(err, "%s: incremental", config->file);
    if (!incremental_pairs_check(config->incremental.model.synergy, &why))
        return pipeline_config_fail(config, "incremental.synergy", err, "%s", why.text);
    return true;
}

static double share_of(const struct split_config *s, const char *part)
{
    return strcmp(part, "train") == 0 ? s->train : strcmp(part, "test") == 0 ? s->test : s->val;
}

static bool check_metric(const struct pipeline_config *config, bool measured, struct error *err)
{
    static const char *const parts[] = {"train", "test", "val"}, *const names[] = {"auc", "loss"};
    const struct search_config *s = &config->search;
    const char *key = s->maximize ? "search.maximize" : "search.minimize";
    const char *metric = s->maximize ? s->maximize : s->minimize;
    char full[32];

    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 2; j++) {
            snprintf(full, sizeof full, "%s.%s", parts[i], names[j]);
            if (strcmp(full, metric) != 0)
                continue;
            if (measured && share_of(&config->split, parts[i]) <= 0)
                return pipeline_config_fail(
                    config, key, err, "'%s' cannot be measured: split.%s is 0", metric, parts[i]);
            return true;
        }
    return pipeline_config_fail(
        config, key, err,
        "must be auc or loss of train, test or val, such as test.auc, not '%.60s'", metric);
}

static bool check_search(const struct pipeline_config *config, struct error *err)
{
    const struct search_config *s = &config->search;

    if (s->method == SEARCH_HALVING) {
        if (s->min_epochs > config->train.epochs)
            return pipeline_config_fail(config, "search.min_epochs", err,
                                        "must be at most train.epochs, %zu, not %zu",
                                        config->train.epochs, s->min_epochs);
        for (size_t i = 0; i < s->ranges; i++)
            if (strcmp(s->range[i].key, "train.epochs") == 0)
                return pipeline_config_fail(config, "search.space", err,
                                            "must not vary '%s': halving sets the epochs, up to "
                                            "train.epochs",
                                            s->range[i].name);
    }
    return check_metric(config, false, err);
}

bool pipeline_config_check_journeys(const struct pipeline_config *config, struct error *err)
{
    return check_source(config, err) && check_split(config, err) &&
           check_incremental(config, err) && check_search(config, err);
}

bool pipeline_config_check(const struct pipeline_config *config, struct error *err)
{
    if (config->report != PIPELINE_REPORT_NONE && config->report != config->system->report)
        return pipeline_config_fail(config, "report", err, "is a page of another 'model.type'");
    return config->system->check(config, err);
}

bool pipeline_config_check_search(const struct pipeline_config *config, struct error *err)
{
    if (config->type != PIPELINE_JOURNEY_ATTENTION)
        return pipeline_config_fail(config, "model.type", err,
                                    "a search is for journey_attention, not for %s",
                                    config->system->type);
    return check_metric(config, true, err);
}
