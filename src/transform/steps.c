#include "transform/steps.h"

#include <string.h>

bool step_reaches(const struct step *step, enum schema_kind kind)
{
    return (step->columns == STEP_NUMERIC && kind == SCHEMA_NUMBER) ||
           (step->columns == STEP_TEXT && kind == SCHEMA_TEXT);
}

const struct step *steps_naming(const struct transform_config *config, const char *column)
{
    for (size_t s = 0; s < config->count; s++)
        for (size_t i = 0; i < config->step[s].count; i++)
            if (strcmp(config->step[s].column[i], column) == 0)
                return &config->step[s];
    return NULL;
}

enum schema_kind transform_config_kind(const struct transform_config *config, const char *column,
                                       enum schema_kind inferred)
{
    const struct step *step = steps_naming(config, column);

    for (size_t s = 0; s < config->count && !step; s++)
        if (step_reaches(&config->step[s], inferred))
            step = &config->step[s];
    if (!step || step->drop)
        return SCHEMA_IGNORED;
    return step->encode ? SCHEMA_TEXT : SCHEMA_NUMBER;
}

/* "A, B, C", as many as a sentence can hold. */
static void list_columns(struct text *out, const struct schema *schema)
{
    for (size_t i = 0; i < schema->count && out->length < ERROR_TEXT_MAX / 2; i++)
        text_add_format(out, "%s%s", i ? ", " : "", schema->column[i].name);
}

bool transform_config_check(const struct transform_config *config, const struct schema *schema,
                            struct error *err)
{
    for (size_t s = 0; s < config->count; s++)
        for (size_t i = 0; i < config->step[s].count; i++) {
            const char *name = config->step[s].column[i];
            struct text there = {0};
            if (schema_find(schema, name, strlen(name)) != SIZE_MAX)
                continue;
            list_columns(&there, schema);
            error_set(err, ERR_CONFIG, "%s: there is no column '%.200s'; there are: %s",
                      config->step[s].place, name, there.length ? there.bytes : "none");
            text_clear(&there);
            return false;
        }
    return true;
}
