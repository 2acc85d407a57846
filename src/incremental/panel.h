/*
 * incremental_panel — impressions of one user side by side, so that losses, gradients and second
 * derivatives become small matrix products.
 *
 *     incremental_panel_begin(&panel, &user, parameter);       after incremental_user_begin()
 *     while (incremental_user_next(&user)) {
 *         if (panel.in.rows == PANEL_ROWS) ... work on it, incremental_panel_empty(&panel) ...
 *         incremental_panel_take(&panel, &user);
 *     }
 *
 * Columns stand in the order of the parameters, whatever the order of the user's features, so that
 * what belongs to consecutive parameters lies in one run.
 */
#ifndef QUERN_INCREMENTAL_PANEL_H
#define QUERN_INCREMENTAL_PANEL_H

#include "incremental/feature.h"
#include "incremental/kernel.h"

enum { PANEL_ROWS = 32 };

/* Features that follow each other in a user's order and among the parameters. */
struct panel_run {
    size_t from; /* in user.x */
    size_t column, parameter, count;
};

struct incremental_panel {
    const struct incremental_kernel *kernel;
    struct incremental_rows in; /* in.x is x below */
    size_t runs;
    struct panel_run *run; /* in the order of the parameters */
    size_t spans;
    struct incremental_span *span;    /* the same, neighbours joined */
    double *x;                        /* [PANEL_ROWS][in.width] */
    double *controls, *effects;       /* [in.width] which columns they are */
    double *at_controls, *at_effects; /* [in.width] parameters; 0 where they are not */
    bool conversion[PANEL_ROWS];
};

/* Room for users of any design of `count` parameters. */
void incremental_panel_init(struct incremental_panel *panel, size_t count);
void incremental_panel_clear(struct incremental_panel *panel);

void incremental_panel_begin(struct incremental_panel *panel, const struct incremental_user *user,
                             const double *parameter);
void incremental_panel_take(struct incremental_panel *panel, const struct incremental_user *user);
static inline void incremental_panel_empty(struct incremental_panel *panel)
{
    panel->in.rows = 0;
}

/* total [parameters] += sum [in.width] */
void incremental_panel_add(const struct incremental_panel *panel, double *total, const double *sum);

#endif
