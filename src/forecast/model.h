/*
 * model — what predicts a month of every item from the months before.
 *
 *   PrevMonthSale            the sales of the month before
 *   SameMonthLastYearSales   the sales of the same month a year before
 *   Ridge                    linear in the features, squared loss + alpha |w|^2, free intercept
 *   CustomModel              the structural equation (equation.h), fitted by L-BFGS
 *
 * A model is fitted on the months before `end` and predicts one month at a time; longer horizons
 * put predictions in the place of sales (predict.h). To add one: a file with its struct
 * forecast_kind, a line in FORECAST_KINDS.
 */
#ifndef QUERN_FORECAST_MODEL_H
#define QUERN_FORECAST_MODEL_H

#include "base/json.h"
#include "base/pool.h"
#include "forecast/feature.h"

struct forecast_task {
    const struct panel *panel;
    size_t end; /* fit on the months before it */
    const struct feature *const *feature;
    size_t features;
    double alpha;      /* of Ridge */
    struct pool *pool; /* of CustomModel; NULL: the caller alone. The result is the same. */
};

struct forecast_model {
    const struct forecast_kind *kind;
    const struct feature *const *feature; /* as given */
    size_t features;
    size_t rows;       /* pairs of item and month it was fitted on */
    double *parameter; /* of the kind */
    size_t parameters;
    double *scale;    /* [items] of CustomModel */
    double noise;     /* of CustomModel: relative spread of a month */
    const char *note; /* NULL, or how the fit ended */
    struct arena memory;
};

struct forecast_kind {
    const char *name;
    bool uses_features;
    /* Fill what is the kind's own in a zeroed model. */
    bool (*fit)(struct forecast_model *model, const struct forecast_task *task, struct error *err);
    /* Predict a month from the sales before it; out [items], NaN where that is not possible. */
    void (*predict)(const struct forecast_model *model, const struct panel *panel, size_t month,
                    double *out);
    /* Add {"name", "value", "meaning"} for each parameter. */
    void (*describe)(const struct forecast_model *model, json_t *list);
};

#define FORECAST_KINDS(X)                                                                          \
    X(prev_month)                                                                                  \
    X(same_month_last_year)                                                                        \
    X(ridge)                                                                                       \
    X(custom)

#define X(name) extern const struct forecast_kind forecast_kind_##name;
FORECAST_KINDS(X)
#undef X

/* By name, or NULL. */
const struct forecast_kind *forecast_kind_find(const char *name);
/* Names with commas between, for messages. */
void forecast_kind_names(char *text, size_t room);

/*
 * ERR_DATA     no pair of item and month has all features, or CustomModel's months
 * ERR_LIBRARY  CustomModel: libLBFGS is not there
 */
MUST_CHECK bool forecast_fit(struct forecast_model *model, const struct forecast_kind *kind,
                             const struct forecast_task *task, struct error *err);
/* No-op on a zeroed struct. */
void forecast_model_clear(struct forecast_model *model);

/* A month of every item, out [items], capped by what can be sold where a feature says so. */
void forecast_month(const struct forecast_model *model, const struct panel *panel, size_t month,
                    double *out);

/* The most of an item that can be sold in a month, by the features of the model; never negative. */
double forecast_most(const struct forecast_model *model, const struct panel *panel, size_t item,
                     size_t month);

/* [{"name", "value", "meaning"}]; json_decref() it. */
json_t *forecast_parameters(const struct forecast_model *model);

/* Add one parameter to such a list. */
void forecast_parameter_add(json_t *list, const char *name, double value, const char *meaning);

/* A feature says that the sales of this month tell nothing about what is usual. */
bool forecast_distorted(const struct feature *const *feature, size_t features,
                        const struct panel *panel, size_t item, size_t month);

#endif
