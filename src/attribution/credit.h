/*
 * credit — credits of all methods over all channels, side by side, with what comes along:
 * removal effects of each Markov chain and the transition matrix of order 1.
 *
 *     struct credit_table credits;
 *     if (!attribution_credits(&credits, &request, err)) return false;
 *     ok = credit_write_folder(&credits, folder, err);
 *     credit_clear(&credits);
 *
 * Columns follow the order of attribution_methods[], then those given (attention). Names of their
 * columns in files are NAME_conversions and NAME_value. Where a method leaves conversions to nobody
 * (incremental), tables have one more row, "(baseline)"; it is no channel. Figures are columns that
 * are no credits, such as costs; they come last.
 */
#ifndef QUERN_ATTRIBUTION_CREDIT_H
#define QUERN_ATTRIBUTION_CREDIT_H

#include "attribution/config.h"
#include "attribution/markov.h"
#include "attribution/path_set.h"
#include "base/pool.h"

#include <stdio.h>

enum { CREDIT_COLUMNS_MAX = 32, CREDIT_FIGURES_MAX = 4 };

/* The name of the row of conversions that no channel caused. */
#define CREDIT_BASELINE "(baseline)"

struct credit_column {
    const char *name;          /* of the method */
    const double *conversions; /* [channels] */
    const double *value;       /* [channels]; NULL when values are not given */
    double baseline;           /* conversions that no channel caused; 0 where all are divided */
    double baseline_value;     /* and what they were worth */
    bool bound;                /* an end of an interval, no method of its own */
    double seconds;            /* of processor time that it took; 0: not measured */
};

struct credit_figure {
    const char *name;     /* of its column in files */
    const double *number; /* [channels]; NaN: there is none */
};

struct credit_removal {
    size_t order;
    const double *conversions; /* [channels] */
    const double *value;       /* [channels]; NULL when values are not given */
};

struct credit_table {
    size_t channels, count, removals, transitions;
    const char *const *channel; /* names, copied */
    struct credit_column column[CREDIT_COLUMNS_MAX];
    size_t figures;
    struct credit_figure figure[CREDIT_FIGURES_MAX];
    struct credit_removal removal[MARKOV_ORDER_MAX];
    const struct markov_transition *transition;
    double conversions, value; /* totals */
    bool has_value;
    bool has_baseline; /* files and prints end with a row "(baseline)" */
    struct arena memory;
};

struct credit_request {
    const struct path_set *paths;
    const struct attribution_config *config;
    const struct credit_column *extra; /* [extras], copied; such as attention */
    size_t extras;
    const struct credit_figure *figure; /* [figures], copied */
    size_t figures;
    bool baseline;     /* the extras leave some conversions to nobody */
    struct pool *pool; /* may be NULL */
};

/*
 * ERR_DATA   no path has a conversion
 * ERR_LIMIT  too many channels or states for a Markov chain
 */
MUST_CHECK bool attribution_credits(struct credit_table *credits,
                                    const struct credit_request *request, struct error *err);
void credit_clear(struct credit_table *credits);

/* The column of a method, or NULL. */
const struct credit_column *credit_find(const struct credit_table *credits, const char *method);

/*
 * Tables in files, format by the name's end (table/writer.h):
 *
 *   credits             channel_name, NAME_conversions[, NAME_value] for each column, then figures
 *   transition matrix   channel_from, channel_to, transition_probability
 *   removal effects     channel_name, order, removal_effect_conversions[, removal_effect_value]
 */
MUST_CHECK bool credit_write(const struct credit_table *credits, const char *path,
                             struct error *err);
MUST_CHECK bool credit_write_transitions(const struct credit_table *credits, const char *path,
                                         struct error *err);
MUST_CHECK bool credit_write_removals(const struct credit_table *credits, const char *path,
                                      struct error *err);

/* Beside "dir/out.csv": dir/out.transition_matrix.csv and dir/out.removal_effects.csv; all three.
 */
MUST_CHECK bool credit_write_beside(const struct credit_table *credits, const char *path,
                                    struct error *err);

/* What a run writes: {attribution,transition_matrix,removal_effects}.{csv,parquet} in `folder`. */
MUST_CHECK bool credit_write_folder(const struct credit_table *credits, const char *folder,
                                    struct error *err);

/*
 * Conversions credited, as text on `to`. With a `width` above 0 an aligned table that leaves out
 * the last methods where they do not fit, saying so; with 0 all columns of the file, as CSV.
 */
MUST_CHECK bool credit_print(const struct credit_table *credits, FILE *to, size_t width,
                             struct error *err);

#endif
