#include "transform/fit.h"

#include <stdint.h>
#include <string.h>

static bool fit_column(struct transform *t, const struct step *step, size_t column,
                       const struct frame *rows, struct error *err)
{
    const struct schema_column *it = &rows->schema->column[column];
    struct column_op op = {.column = column};

    if (it->kind != (step->encode ? SCHEMA_TEXT : SCHEMA_NUMBER))
        return error_set(err, ERR_DATA, "column '%.200s' must be read as %s", it->name,
                         step->encode ? "text" : "numbers");
    const bool ok = step->encode ? fit_category(&op, step, rows->column[column].text, rows->rows,
                                                it->name, &t->memory, err)
                                 : fit_number(&op, step, rows->column[column].number, rows->rows,
                                              it->name, err);
    return ok && fitted_add_op(t, &op, err);
}

static bool fit_listed(struct transform *t, const struct step *step, const struct frame *rows,
                       struct error *err)
{
    for (size_t i = 0; i < step->count; i++) {
        const size_t column = schema_find(rows->schema, step->column[i], strlen(step->column[i]));
        if (!fit_column(t, step, column, rows, err))
            return false;
    }
    return true;
}

static bool fit_rest(struct transform *t, const struct transform_config *config,
                     const struct step *step, const struct frame *rows, struct error *err)
{
    for (size_t c = 0; c < rows->schema->count; c++)
        if (step_reaches(step, rows->schema->column[c].kind) &&
            !steps_naming(config, rows->schema->column[c].name) &&
            !fit_column(t, step, c, rows, err))
            return false;
    return true;
}

static bool fit_steps(struct transform *t, const struct transform_config *config,
                      const struct frame *rows, struct error *err)
{
    fitted_add_stage(t);
    for (size_t s = 0; s < config->count; s++) {
        const struct step *step = &config->step[s];
        struct stage *last = &t->stage[t->stages - 1];
        if (step->drop)
            continue;
        if (last->kind != MATRIX_NONE)
            last = fitted_add_stage(t);
        const bool ok = step->columns == STEP_LIST     ? fit_listed(t, step, rows, err)
                        : step->columns == STEP_MATRIX ? fit_matrix(t, step, rows, err)
                                                       : fit_rest(t, config, step, rows, err);
        if (!ok)
            return error_wrap(err, "%s", step->place);
    }
    return fitted_finish(t, err);
}

bool transform_fit(struct transform **transform, const struct transform_config *config,
                   const struct frame *rows, struct error *err)
{
    if (rows->rows == 0)
        return error_set(err, ERR_DATA, "there are no training rows to fit the steps on");
    if (!transform_config_check(config, rows->schema, err))
        return false;
    struct transform *t = fitted_new(rows->schema, config->count + 1);
    if (!fit_steps(t, config, rows, err)) {
        transform_free(t);
        return false;
    }
    *transform = t;
    return true;
}
