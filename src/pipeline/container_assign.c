/* container_assign — hyper-parameters as assignments of a pipeline file's keys. */
#include "pipeline/container_internal.h"

#include "pipeline/config_internal.h"

#include <string.h>

/* What the platform's own trees and the XGBoost library call a key of ours. */
static const struct {
    const char *name, *key;
} aliases[] = {
    {"num_round", "rounds"},     {"num_boost_round", "rounds"},
    {"n_estimators", "rounds"},  {"learning_rate", "eta"},
    {"min_split_loss", "gamma"}, {"reg_lambda", "lambda"},
    {"lambda_", "lambda"},       {"reg_alpha", "alpha"},
    {"alpha_", "alpha"},         {"early_stopping_round", "early_stopping_rounds"},
};

/* Keys that a section reads itself, so that its table does not have them. */
static const struct {
    const char *section, *name;
} further[] = {
    {"output", "threshold"}, {"output", "labels"}, {"output", "columns"}, {"source", "ignore"}};

/* A setting's value, else what the file says, else NULL. */
static const char *effective(const struct container_job *job, const struct yaml *tree,
                             const char *section, const char *name)
{
    const struct yaml_node *node = yaml_find(yaml_find(tree->root, section), name);
    const char *text = !yaml_is_null(node) && node->kind == YAML_SCALAR ? node->text : NULL;
    char full[128];

    snprintf(full, sizeof full, "%s.%s", section, name);
    for (size_t i = 0; i < job->settings; i++)
        if (strcmp(job->setting[i].key, full) == 0)
            text = job->setting[i].value;
    return text;
}

/* An unknown type is left for the pipeline file's own check, which says it better. */
static const struct pipeline_system *find_system(const struct container_job *job,
                                                 const struct yaml *tree)
{
    const char *type = effective(job, tree, "model", "type");

    for (const struct pipeline_system *s = pipeline_systems; type && s->type; s++)
        if (strcmp(s->type, type) == 0)
            return s;
    return &pipeline_systems[0];
}

static bool is_root_key(const struct pipeline_system *system, const struct yaml *tree,
                        const char *key)
{
    char first[128];

    snprintf(first, sizeof first, "%.*s", (int)strcspn(key, "."), key);
    return pipeline_section_find(system, first) || config_find(pipeline_root_fields, first) ||
           yaml_find(tree->root, first);
}

/* A key of the section's table, or one that the file itself writes there. */
static bool has_key(const struct pipeline_section *section, const struct yaml *tree,
                    const char *name)
{
    for (size_t i = 0; section->read && i < sizeof further / sizeof *further; i++)
        if (strcmp(further[i].section, section->name) == 0 && strcmp(further[i].name, name) == 0)
            return true;
    return (section->fields && config_find(section->fields, name)) ||
           (section->more && config_find(section->more, name)) ||
           yaml_find(yaml_find(tree->root, section->name), name);
}

/* The sections that have a key of this name, as "model.seed, split.seed"; their number. */
static size_t find_sections(const struct pipeline_system *system, const struct yaml *tree,
                            const char *name, struct text *found)
{
    size_t count = 0;

    for (const struct pipeline_section *s = system->section; s->name; s++)
        if (has_key(s, tree, name))
            text_add_format(found, "%s%s.%s", count++ ? ", " : "", s->name, name);
    return count;
}

/* The full key of a hyper-parameter. */
static bool resolve(struct container_job *job, const struct pipeline_system *system,
                    const struct yaml *tree, const char *key, const char **full, struct error *err)
{
    struct text found = {0};

    *full = key;
    if (is_root_key(system, tree, key))
        return true;
    size_t count = find_sections(system, tree, key, &found);
    for (size_t i = 0; count == 0 && i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(aliases[i].name, key) == 0)
            count = find_sections(system, tree, aliases[i].key, &found);
    bool ok = count == 1;
    if (ok)
        *full = arena_string(&job->memory, found.bytes, found.length);
    else if (count == 0)
        ok = error_set(err, ERR_CONFIG,
                       "hyper-parameter '%.100s' is no key of the pipeline; `quern settings` lists "
                       "them",
                       key);
    else
        ok = error_set(err, ERR_CONFIG, "hyper-parameter '%.100s' could be %s: write one of these",
                       key, found.bytes);
    text_clear(&found);
    return ok;
}

static bool add_settings(struct container_job *job, const struct pipeline_system *system,
                         const struct yaml *tree, const char **set, size_t *sets, struct error *err)
{
    for (size_t i = 0; i < job->settings; i++) {
        const char *key;
        if (!resolve(job, system, tree, job->setting[i].key, &key, err))
            return false;
        set[(*sets)++] = arena_format(&job->memory, "%s=%s", key, job->setting[i].value);
    }
    return true;
}

/* The source is one table or three: what the file says for the other way gives way to channels. */
static void clear_source(const struct yaml *tree, bool split, const char **set, size_t *sets)
{
    static const char *const whole[] = {"path", "query"};
    static const char *const none[] = {"source.path=null", "source.query=null"};
    const struct yaml_node *source = yaml_find(tree->root, "source");

    for (size_t i = split ? 0 : 1; i < sizeof whole / sizeof *whole; i++)
        if (yaml_find(source, whole[i]))
            set[(*sets)++] = none[i];
}

/* Channels as the keys of `source`: its own for each part where it has them, else the path. */
static bool add_source(struct container_job *job, const struct pipeline_system *system,
                       const struct yaml *tree, const char *scratch, const char **set, size_t *sets,
                       struct error *err)
{
    static const char *const parts[] = {"train", "validation", "test"};
    static const char *const none[] = {"source.train=null", "source.validation=null",
                                       "source.test=null"};
    const struct yaml_node *written = yaml_find(tree->root, "source");
    const struct pipeline_section *source = pipeline_section_find(system, "source");
    const char *label = effective(job, tree, "source", "label");
    const bool split =
        source && config_find(source->fields, "train") &&
        (container_channel_find(job, "validation") || container_channel_find(job, "test"));

    if (!container_channel_find(job, "train"))
        return error_set(err, ERR_DATA, "there is no channel 'train' in '%s/input/data'",
                         job->base);
    clear_source(tree, split, set, sets);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const struct container_channel *channel = container_channel_find(job, parts[i]);
        const char *path;
        if (!split && yaml_find(written, parts[i]))
            set[(*sets)++] = none[i];
        if (!channel)
            continue;
        if (!split && i > 0)
            return error_set(err, ERR_CONFIG,
                             "channel '%s': this pipeline divides one source itself; give it the "
                             "channel 'train' only",
                             parts[i]);
        if (!container_channel_path(job, channel, label, scratch, &path, err))
            return false;
        set[(*sets)++] =
            arena_format(&job->memory, "source.%s=%s", split ? parts[i] : "path", path);
    }
    return true;
}

bool container_trains_together(const struct container_job *job, const char *pipeline)
{
    struct error unused = {0};
    struct yaml tree = {0};
    bool together = false;

    if (yaml_load(&tree, pipeline, &unused))
        together = strcmp(find_system(job, &tree)->type, "temporal_attention") == 0;
    yaml_clear(&tree);
    return together;
}

bool container_assignments(struct container_job *job, const char *pipeline, const char *scratch,
                           const char ***out, size_t *sets, struct error *err)
{
    const char **set =
        ARENA_NEW(&job->memory, const char *, job->settings + CONTAINER_SOURCE_SETS_MAX);
    struct yaml tree = {0};

    *out = set;
    *sets = 0;
    if (!yaml_load(&tree, pipeline, err))
        return false;
    const struct pipeline_system *system = find_system(job, &tree);
    const bool ok = add_source(job, system, &tree, scratch, set, sets, err) &&
                    add_settings(job, system, &tree, set, sets, err);
    yaml_clear(&tree);
    return ok;
}
