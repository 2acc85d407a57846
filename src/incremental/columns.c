#include "incremental/columns.h"

#include <math.h>

/* The value of [channels + 1] at `ends` of the credits. */
static const double *value_at(const struct incremental_amounts *a, const double *ends,
                              struct arena *memory)
{
    double *value = ARENA_NEW(memory, double, a->channels + 1);
    double worth = 0, conversions = 0; /* of all conversions */

    for (size_t k = 0; k <= a->channels; k++) {
        worth += a->value[k];
        conversions += a->credit[k];
    }
    for (size_t k = 0; k <= a->channels; k++)
        value[k] = ends[k] * (a->credit[k] != 0 ? a->value[k] / a->credit[k]
                              : conversions > 0 ? worth / conversions
                                                : 0);
    return value;
}

static void add_column(struct incremental_columns *columns, const struct incremental_amounts *a,
                       const char *name, const double *credit, struct arena *memory)
{
    const double *value = !a->value             ? NULL
                          : credit == a->credit ? a->value
                                                : value_at(a, credit, memory);

    columns->column[columns->columns++] =
        (struct credit_column){.name = name,
                               .conversions = credit,
                               .value = value,
                               .baseline = credit[a->channels],
                               .baseline_value = value ? value[a->channels] : 0,
                               .bound = credit == a->low || credit == a->high};
}

static void add_ratio(struct incremental_columns *columns, const char *name, const double *above,
                      const double *below, size_t channels, struct arena *memory)
{
    double *ratio = ARENA_NEW(memory, double, channels + 1);

    for (size_t k = 0; k < channels; k++)
        ratio[k] = below[k] > 0 ? above[k] / below[k] : NAN;
    columns->figure[columns->figures++] = (struct credit_figure){name, ratio};
}

void incremental_columns_make(struct incremental_columns *columns,
                              const struct incremental_amounts *amounts, struct arena *memory)
{
    *columns = (struct incremental_columns){0};
    add_column(columns, amounts, "incremental", amounts->credit, memory);
    if (amounts->low) {
        add_column(columns, amounts, "incremental_low", amounts->low, memory);
        add_column(columns, amounts, "incremental_high", amounts->high, memory);
    }
    if (amounts->before)
        add_column(columns, amounts, "incremental_without_experiments", amounts->before, memory);
    if (!amounts->cost)
        return;
    columns->figure[columns->figures++] = (struct credit_figure){"cost", amounts->cost};
    add_ratio(columns, "cost_per_incremental_conversion", amounts->cost, amounts->credit,
              amounts->channels, memory);
    if (amounts->value)
        add_ratio(columns, "incremental_return", amounts->value, amounts->cost, amounts->channels,
                  memory);
}

void incremental_columns_give(const struct incremental_columns *columns,
                              struct credit_request *request)
{
    request->extra = columns->column;
    request->extras = columns->columns;
    request->figure = columns->figure;
    request->figures = columns->figures;
    request->baseline = true;
}
