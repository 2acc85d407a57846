/* config_space — the ranges of a search, matched with the settings they vary. */
#include "pipeline/config_internal.h"
#include "pipeline/search.h"

#include <math.h>
#include <string.h>

struct target {
    const struct pipeline_section *section;
    const struct config_field *field;
};

static bool fail(const struct pipeline_config *config, const struct search_range *r,
                 struct error *err, const char *sentence)
{
    if (r->node)
        return yaml_fail(err, r->node, "key 'search.space.%.100s': %s", r->name, sentence);
    return pipeline_config_fail(config, "search.space", err, "'%s': %s", r->name, sentence);
}

/* A name is plain ("learning_rate"), or starts with its section ("train.learning_rate"). */
static bool find_target(const struct pipeline_config *config, const struct search_range *r,
                        struct target *target, struct error *err)
{
    char sentence[256];
    const char *dot = strchr(r->name, '.');

    *target = (struct target){0};
    for (const struct pipeline_section *s = config->system->section; s->name; s++) {
        const size_t length = strlen(s->name);
        const bool within =
            dot && (size_t)(dot - r->name) == length && strncmp(r->name, s->name, length) == 0;
        const struct config_field *field = config_find(s->fields, within ? dot + 1 : r->name);
        if (!field || !s->searchable)
            continue;
        if (target->field) {
            snprintf(sentence, sizeof sentence, "may be '%s.%s' or '%s.%s'; write which",
                     target->section->name, target->field->name, s->name, field->name);
            return fail(config, r, err, sentence);
        }
        *target = (struct target){s, field};
    }
    if (target->field)
        return true;
    return fail(config, r, err, "is not a setting of 'model' or 'train'");
}

static bool check_kind(const struct pipeline_config *config, const struct search_range *r,
                       const struct config_field *f, struct error *err)
{
    if (r->kind == SEARCH_CHOICE)
        return true;
    if (f->type == CONFIG_TYPE_SIZE)
        return r->kind == SEARCH_INT ||
               fail(config, r, err, "is a whole number: use {int: [a, b]} or {choice: [...]}");
    if (f->type == CONFIG_TYPE_NUMBER)
        return true;
    return fail(config, r, err, "is not a number: use {choice: [...]}");
}

/* Every value a range can give must be one the setting takes. */
static bool check_values(struct pipeline_config *config, const struct search_range *r,
                         const struct target *target, struct error *err)
{
    struct pipeline_config scratch = *config;
    struct error why = {0};

    for (size_t i = 0; i < r->choices; i++)
        if (!config_set(pipeline_section_settings(&scratch, target->section), target->field,
                        r->choice[i], &why))
            return fail(config, r, err, why.text);
    if (r->kind == SEARCH_CHOICE || target->field->min == target->field->max ||
        (r->low >= target->field->min && r->high <= target->field->max))
        return true;
    char sentence[256];
    snprintf(sentence, sizeof sentence, "must stay within %.15g and %.15g, not [%.15g, %.15g]",
             target->field->min, target->field->max, r->low, r->high);
    return fail(config, r, err, sentence);
}

bool pipeline_config_resolve_space(struct pipeline_config *config, struct error *err)
{
    struct search_config *search = &config->search;

    for (size_t i = 0; i < search->ranges; i++) {
        struct search_range *r = &search->range[i];
        struct target target;
        if (!find_target(config, r, &target, err) || !check_kind(config, r, target.field, err) ||
            !check_values(config, r, &target, err))
            return false;
        r->key = arena_format(&config->memory, "%s.%s", target.section->name, target.field->name);
        for (size_t j = 0; j < i; j++)
            if (strcmp(search->range[j].key, r->key) == 0)
                return fail(config, r, err, "is the same setting as an earlier range");
    }
    return true;
}
