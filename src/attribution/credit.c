#include "attribution/credit.h"

#include "attribution/method.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

static const double *copy(struct arena *memory, const double *numbers, size_t count)
{
    double *own = ARENA_NEW(memory, double, count);

    memcpy(own, numbers, count * sizeof *own);
    return own;
}

static void add_column(struct credit_table *credits, const struct credit_column *column)
{
    BUG_ON(credits->count == CREDIT_COLUMNS_MAX);
    credits->column[credits->count++] = *column;
}

static bool run_method(struct credit_table *credits, const struct credit_request *request,
                       const struct method *method, struct error *err)
{
    const size_t n = credits->channels;
    const bool value = credits->has_value;
    double *sums = ARENA_ZERO(&credits->memory, double, 4 * n);
    const struct method_call call = {
        .paths = request->paths,
        .config = request->config,
        .pool = request->pool,
        .order = method->order,
        .conversions = sums,
        .value = value ? sums + n : NULL,
        .removal_conversions = method->order ? sums + 2 * n : NULL,
        .removal_value = method->order && value ? sums + 3 * n : NULL,
    };

    const double begun = clock_processor_seconds();
    if (!method->credit(&call, err))
        return error_wrap(err, "%s", method->name);
    add_column(credits, &(struct credit_column){.name = method->name,
                                                .conversions = call.conversions,
                                                .value = call.value,
                                                .seconds = clock_processor_seconds() - begun});
    if (method->order)
        credits->removal[credits->removals++] =
            (struct credit_removal){method->order, call.removal_conversions, call.removal_value};
    return true;
}

static bool take_transitions(struct credit_table *credits, const struct credit_request *request,
                             struct error *err)
{
    struct markov_transition *list, *own;

    if (!markov_transitions(request->paths, request->config->self_loops, &list,
                            &credits->transitions, err))
        return false;
    own = ARENA_NEW(&credits->memory, struct markov_transition, credits->transitions);
    memcpy(own, list, credits->transitions * sizeof *own);
    credits->transition = own;
    free(list);
    return true;
}

static void take_names(struct credit_table *credits, const struct path_set *paths)
{
    const char **names = ARENA_NEW(&credits->memory, const char *, paths->channels);

    for (size_t c = 0; c < paths->channels; c++)
        names[c] = arena_string(&credits->memory, paths->channel[c], strlen(paths->channel[c]));
    credits->channel = names;
    credits->channels = paths->channels;
}

bool attribution_credits(struct credit_table *credits, const struct credit_request *request,
                         struct error *err)
{
    const struct path_set *paths = request->paths;
    struct credit_table made = {.has_value = paths->value != NULL,
                                .has_baseline = request->baseline};

    if (!path_set_check(paths, err))
        return false;
    take_names(&made, paths);
    path_set_totals(paths, &made.conversions, &made.value);
    for (const struct method *const *m = attribution_methods; *m; m++)
        if ((*m)->order <= request->config->markov_order && !run_method(&made, request, *m, err))
            goto failed;
    if (!take_transitions(&made, request, err))
        goto failed;
    for (size_t i = 0; i < request->extras; i++) {
        const struct credit_column *extra = &request->extra[i];
        struct credit_column own = *extra;
        own.conversions = copy(&made.memory, extra->conversions, made.channels);
        own.value = extra->value ? copy(&made.memory, extra->value, made.channels) : NULL;
        add_column(&made, &own);
    }
    BUG_ON(request->figures > CREDIT_FIGURES_MAX);
    for (size_t i = 0; i < request->figures; i++)
        made.figure[made.figures++] = (struct credit_figure){
            request->figure[i].name, copy(&made.memory, request->figure[i].number, made.channels)};
    *credits = made;
    return true;
failed:
    credit_clear(&made);
    return false;
}

void credit_clear(struct credit_table *credits)
{
    arena_clear(&credits->memory);
    *credits = (struct credit_table){0};
}

const struct credit_column *credit_find(const struct credit_table *credits, const char *method)
{
    for (size_t i = 0; i < credits->count; i++)
        if (strcmp(credits->column[i].name, method) == 0)
            return &credits->column[i];
    return NULL;
}
