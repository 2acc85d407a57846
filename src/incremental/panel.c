#include "incremental/panel.h"

#include <stdlib.h>
#include <string.h>

static size_t padded(size_t count)
{
    return (count + KERNEL_LANES - 1) / KERNEL_LANES * KERNEL_LANES;
}

void incremental_panel_init(struct incremental_panel *panel, size_t count)
{
    const size_t width = padded(count);

    *panel = (struct incremental_panel){.kernel = incremental_kernel_best()};
    panel->run = memory_take(count, sizeof *panel->run);
    panel->span = memory_take(count, sizeof *panel->span);
    panel->x = memory_take(PANEL_ROWS * width, sizeof *panel->x);
    panel->controls = memory_take(4 * width, sizeof *panel->controls);
    panel->effects = panel->controls + width;
    panel->at_controls = panel->controls + 2 * width;
    panel->at_effects = panel->controls + 3 * width;
}

void incremental_panel_clear(struct incremental_panel *panel)
{
    free(panel->run);
    free(panel->span);
    free(panel->x);
    free(panel->controls);
    *panel = (struct incremental_panel){0};
}

/* Runs of the user's features, by insertion where their parameters belong. */
static void find_runs(struct incremental_panel *panel, const struct incremental_user *user)
{
    panel->runs = 0;
    for (size_t i = 0; i < user->size;) {
        struct panel_run run = {.from = i, .parameter = user->index[i]};
        while (i < user->size && (i < user->effects_from) == (run.from < user->effects_from) &&
               user->index[i] == run.parameter + run.count) {
            run.count++;
            i++;
        }
        size_t at = panel->runs++;
        for (; at > 0 && panel->run[at - 1].parameter > run.parameter; at--)
            panel->run[at] = panel->run[at - 1];
        panel->run[at] = run;
    }
}

static void place_runs(struct incremental_panel *panel)
{
    size_t column = 0;

    panel->spans = 0;
    for (size_t r = 0; r < panel->runs; r++) {
        struct panel_run *run = &panel->run[r];
        struct incremental_span *last = panel->spans > 0 ? &panel->span[panel->spans - 1] : NULL;
        run->column = column;
        column += run->count;
        if (last && last->parameter + last->count == run->parameter)
            last->count += run->count;
        else
            panel->span[panel->spans++] =
                (struct incremental_span){run->column, run->parameter, run->count};
    }
}

void incremental_panel_begin(struct incremental_panel *panel, const struct incremental_user *user,
                             const double *parameter)
{
    const size_t width = padded(user->size);

    find_runs(panel, user);
    place_runs(panel);
    for (size_t j = user->size; j < width; j++)
        panel->controls[j] = panel->effects[j] = panel->at_controls[j] = panel->at_effects[j] = 0;
    for (size_t r = 0; r < panel->runs; r++) {
        const struct panel_run *run = &panel->run[r];
        const bool effect = run->from >= user->effects_from;
        for (size_t i = 0; i < run->count; i++) {
            const size_t j = run->column + i;
            const double at = parameter[run->parameter + i];
            panel->controls[j] = effect ? 0 : 1;
            panel->effects[j] = effect ? 1 : 0;
            panel->at_controls[j] = effect ? 0 : at;
            panel->at_effects[j] = effect ? at : 0;
        }
    }
    panel->in = (struct incremental_rows){
        .width = width, .x = panel->x, .controls = panel->controls, .effects = panel->effects};
}

void incremental_panel_take(struct incremental_panel *panel, const struct incremental_user *user)
{
    double *x = panel->x + panel->in.rows * panel->in.width;

    for (size_t r = 0; r < panel->runs; r++) {
        const double *from = user->x + panel->run[r].from;
        double *to = x + panel->run[r].column;
        for (size_t i = 0; i < panel->run[r].count; i++)
            to[i] = from[i];
    }
    for (size_t j = user->size; j < panel->in.width; j++)
        x[j] = 0;
    panel->conversion[panel->in.rows++] = user->log->conversion[user->at];
}

void incremental_panel_add(const struct incremental_panel *panel, double *total, const double *sum)
{
    for (size_t s = 0; s < panel->spans; s++) {
        double *to = total + panel->span[s].parameter;
        for (size_t i = 0; i < panel->span[s].count; i++)
            to[i] += sum[panel->span[s].column + i];
    }
}
