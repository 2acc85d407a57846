#include "forecast/model.h"

#include <math.h>
#include <string.h>

static const struct forecast_kind *const kinds[] = {
#define X(name) &forecast_kind_##name,
    FORECAST_KINDS(X)
#undef X
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const struct forecast_kind *forecast_kind_find(const char *name)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

void forecast_kind_names(char *text, size_t room)
{
    text[0] = '\0';
    for (size_t i = 0; i < KINDS; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, room - used, "%s%s", i ? ", " : "", kinds[i]->name);
    }
}

bool forecast_fit(struct forecast_model *model, const struct forecast_kind *kind,
                  const struct forecast_task *task, struct error *err)
{
    struct forecast_model made = {.kind = kind};

    if (kind->uses_features) {
        made.feature = task->feature;
        made.features = task->features;
    }
    if (kind->fit && !kind->fit(&made, task, err)) {
        forecast_model_clear(&made);
        return error_wrap(err, "%s", kind->name);
    }
    *model = made;
    return true;
}

void forecast_model_clear(struct forecast_model *model)
{
    arena_clear(&model->memory);
    *model = (struct forecast_model){0};
}

double forecast_most(const struct forecast_model *model, const struct panel *panel, size_t item,
                     size_t month)
{
    double most = INFINITY;

    for (size_t f = 0; f < model->features; f++)
        if (model->feature[f]->most)
            most = fmin(most, fmax(model->feature[f]->most(panel, item, month), 0));
    return most;
}

void forecast_month(const struct forecast_model *model, const struct panel *panel, size_t month,
                    double *out)
{
    model->kind->predict(model, panel, month, out);
    for (size_t i = 0; i < panel->items; i++) {
        const double most = forecast_most(model, panel, i, month);
        if (out[i] > most)
            out[i] = most;
    }
}

json_t *forecast_parameters(const struct forecast_model *model)
{
    json_t *list = json_array();

    if (model->kind->describe)
        model->kind->describe(model, list);
    return list;
}

void forecast_parameter_add(json_t *list, const char *name, double value, const char *meaning)
{
    json_array_append_new(list, json_pack("{s:s, s:o, s:s}", "name", name, "value",
                                          json_number(value), "meaning", meaning));
}

bool forecast_distorted(const struct feature *const *feature, size_t features,
                        const struct panel *panel, size_t item, size_t month)
{
    for (size_t f = 0; f < features; f++)
        if (feature[f]->distorted && feature[f]->distorted(panel, item, month))
            return true;
    return false;
}
