/* history_internal — shared by the files of sequence/history. */
#ifndef QUERN_SEQUENCE_HISTORY_INTERNAL_H
#define QUERN_SEQUENCE_HISTORY_INTERNAL_H

#include "sequence/history.h"

#define HISTORY_DAY INT64_C(86400000000)
#define HISTORY_TIME_BOUND INT64_C(500000000000000000) /* about the year 17800; differences fit */

#define HISTORY_YEAR_MAX INT64_C(253402214400000000) /* 9999-12-31, of a split */

extern const char *const history_value_names[];

/* Does the value look at a window of a key? Of a column's values? */
static inline bool history_uses_key(int value)
{
    return value >= HISTORY_SINCE;
}
static inline bool history_uses_column(int value)
{
    return value == HISTORY_COLUMN || value >= HISTORY_SUM;
}

/* One feature by itself. ERR_CONFIG. */
MUST_CHECK bool history_feature_check(const struct history_feature *feature, struct error *err);
const char *history_feature_name(const struct history_feature *feature, struct arena *memory);
/* ISO 8601 with microseconds where there are any. */
void history_time_text(char text[40], int64_t microseconds);

/* A true or false outcome as a category: "1" or "0" however it is spelled. */
struct table_string history_outcome_text(const struct history_source *source, const char *column,
                                         struct table_string text);
/* The text of a time as a cell of the time column. ERR_DATA. */
MUST_CHECK bool history_time_parse(const struct history_source *source, struct table_string text,
                                   int64_t *time, struct error *err);

/* The calendar of an instant, UTC. */
static inline int64_t history_day(int64_t time)
{
    return time / HISTORY_DAY - (time % HISTORY_DAY < 0);
}

/* All orders by (key, time, row). */
struct history_sorted {
    uint32_t *sorted, *end, *earlier; /* as in struct history_key */
    uint32_t *first; /* [keys + 1] where the orders of each key begin in `sorted` */
    size_t keys;
};
/* `by_time` holds all rows by (time, row). */
void history_sort_time(const int64_t *time, size_t rows, uint32_t *by_time);
void history_sort_key(const struct history_column *key, const int64_t *time, size_t rows,
                      const uint32_t *by_time, struct history_sorted *out);
void history_sorted_clear(struct history_sorted *sorted);

/*
 * Computes values of features for all orders, one feature at a time. Keys are sorted when first
 * used. `exponent` is that of struct history_number.
 */
struct history_values {
    const struct history_orders *orders;
    uint32_t *by_time;
    struct history_sorted *key; /* [orders->columns]; of a column never used as key all NULL */
    /* Scratch, in the order of one key; kept while features of the same key follow each other. */
    const struct history_sorted *gathered;
    const double *gathered_column;
    int64_t *time;    /* [rows] of the orders */
    uint32_t *before; /* [rows] how many are strictly earlier */
    double *number;   /* [rows] of a column */
    uint32_t *queue;  /* [rows] scratch */
    double *value;    /* [rows] the result; NaN is missing */
};
void history_values_init(struct history_values *values, const struct history_orders *orders);
void history_values_clear(struct history_values *values);
struct history_sorted *history_values_key(struct history_values *values, const char *column);
/* Fills values->value. */
void history_values_compute(struct history_values *values, const struct history_feature *feature,
                            int exponent);
/* The column of a feature as numbers: the outcome, or one that is held. */
const double *history_values_column(const struct history_values *values, const char *column);

/* A computed value on the way to a model. */
float history_scaled(const struct history_feature *feature, const struct history_number *number,
                     double value);
double history_squashed(const struct history_feature *feature, double value);

/* Row of a category; `text` with NULL bytes is missing. */
int32_t history_category_row(const struct history_feature *feature,
                             const struct history_category *category, struct table_string text);
/* The text of a computed whole number as a category; NaN is missing. */
struct table_string history_category_text(double value, char room[32]);

/* HISTORY_HOUR .. HISTORY_WEEKEND of an instant, UTC. */
double history_calendar(int value, int64_t time);

/* Puts "unknown" (a number: missing) where an order `age` microseconds old has no outcome yet. */
void history_hide_unknown(const struct history_fitted *fitted, int64_t age, int32_t *categorical,
                          float *numeric);
/* Seconds, at most HISTORY_TIME_MAX. */
float history_age(int64_t age);

/* SIZE_MAX when there is none. */
size_t history_name_find(const struct history_name *list, size_t count, const char *name);

/* n_cat, n_num, n_engineered and the lists of features from a checked config. */
void history_fitted_layout(struct history_fitted *fitted);
/* Rows of the embedding table from the sizes of the vocabularies. ERR_LIMIT. */
MUST_CHECK bool history_fitted_number(struct history_fitted *fitted, struct error *err);
void history_config_copy(struct history_config *out, const struct history_config *config,
                         struct arena *memory);

#endif
