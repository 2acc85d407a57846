/*
 * history — orders with the orders before them, cut from sorted columns when a batch needs them.
 *
 * For a target order and each key (customer, terminal ...): its last seq_len - 1 orders with the
 * same key and strictly earlier in time, oldest first, then the order itself. Orders at the same
 * time as the target are not before it. An order without the key has no earlier ones. There is no
 * padding: a history has 1 .. seq_len orders.
 *
 * Columns of a history:
 *
 *   categorical [orders, n_cat]  row of the embedding table
 *   numeric     [orders, n_num]  scaled on training data
 *   time        [orders]         seconds before the target, 0 for the target, at most 1e7
 *
 * The embedding table has n_embedding + 2 rows: 0 is padding (never in a history), then for each
 * categorical feature one row for unknown values followed by one for each known value in byte
 * order; then numeric feature j has row n_embedding - n_num + 1 + j, and the last row is spare. So
 * n_embedding is the number of categorical rows plus n_num.
 *
 * A missing value reads as the feature's `missing`. A feature that is known only after a delay
 * reads as unknown (a number: as missing) in the history of a target less than the delay later,
 * so always in the target itself. That depends on the pair and is decided when a history is cut.
 *
 * The engineered values of an order are computed once, when a set is opened: windows in one pass
 * for each key. Sums are exact, so they do not depend on what the table holds before the window.
 *
 *   struct history_fitted f;   history_fit() or history_load()       lives with a model
 *   struct history_set set;    history_open(&set, &f, &orders)       sorted columns over a table
 *   struct history_buffers b;  history_buffers_init(&b, &f, arena)   one for each thread
 *   history_cut(&set, row, &b, &out)                                 fast, no memory taken
 */
#ifndef QUERN_SEQUENCE_HISTORY_H
#define QUERN_SEQUENCE_HISTORY_H

#include "base/json.h"
#include "sequence/history_config.h"
#include "sequence/history_orders.h"

#define HISTORY_TIME_MAX 1e7f /* seconds */

enum {
    HISTORY_VALUES_MAX = 10000000, /* categories of all features */
    HISTORY_FILE_MAX = 1 << 30,    /* bytes of a history.json */
};

struct history {
    size_t orders;
    const int32_t *categorical;
    const float *numeric;
    const float *time;
};

struct history_row {
    struct history
        sequence[HISTORY_SEQUENCES_MAX]; /* the second has 0 orders if there is one key */
    const float *engineered;             /* [n_engineered] */
};

/* y = (x - shift) * factor, of x after `log`; a missing x is `missing` before that. */
struct history_number {
    double missing, shift, factor;
    int exponent; /* of windows: sums are held in units of 2^(exponent - 60) */
};

struct history_category {
    size_t count;                    /* known values */
    const struct table_string *text; /* [count] in byte order */
    int32_t first;                   /* row of "unknown"; value i has row first + 1 + i */
};

/* Features by name, to find what a caller sends. */
struct history_name {
    const char *name;
    size_t at; /* in the list of features */
};

/* Immutable once made. */
struct history_fitted {
    struct history_config config; /* its own copy, checked */
    size_t n_cat, n_num, n_engineered, n_embedding;
    const struct history_feature **categorical;          /* [n_cat], into config */
    const struct history_feature **numeric;              /* [n_num] */
    struct history_category *category;                   /* [n_cat] */
    struct history_number *number;                       /* [n_num] */
    struct history_number *engineered;                   /* [n_engineered] */
    struct history_name *feature_name, *engineered_name; /* sorted */
    struct arena memory;
};

/* Indices of orders. */
struct history_rows {
    size_t count;
    uint32_t *row;
};

/*
 * Learn vocabulary and scaling. Sequence features learn from every order up to the last training
 * row (those are what the histories of training rows hold), engineered ones from training rows.
 *
 * ERR_DATA  no training rows; a value that is not finite
 */
MUST_CHECK bool history_fit(struct history_fitted *fitted, const struct history_config *config,
                            const struct history_orders *orders, const struct history_rows *train,
                            struct error *err);
void history_fitted_clear(struct history_fitted *fitted);

/* history.json. ERR_DATA names what is wrong. */
json_t *history_json(const struct history_fitted *fitted);
MUST_CHECK bool history_parse(struct history_fitted *fitted, const json_t *document,
                              struct error *err);
MUST_CHECK bool history_save(const struct history_fitted *fitted, const char *path,
                             struct error *err);
MUST_CHECK bool history_load(struct history_fitted *fitted, const char *path, struct error *err);

/* The orders of one key, sorted by (time, row). */
struct history_key {
    uint32_t *sorted;  /* [rows] grouped by key; orders without the key stand nowhere */
    uint32_t *end;     /* [rows] of each order: place in `sorted` after its last earlier order */
    uint32_t *earlier; /* [rows] how many earlier orders it has */
};

struct history_set {
    const struct history_fitted *fitted;
    size_t rows;
    int64_t *time;        /* [rows] */
    double *outcome;      /* [rows] 1, 0 or NaN */
    int32_t *categorical; /* [rows, n_cat] */
    float *numeric;       /* [rows, n_num] */
    float *engineered;    /* [rows, n_engineered] */
    struct history_key key[HISTORY_SEQUENCES_MAX];
};

/* The set keeps nothing of `orders`; `fitted` must outlive it. */
void history_open(struct history_set *set, const struct history_fitted *fitted,
                  const struct history_orders *orders);
void history_close(struct history_set *set);

struct history_series;

/* Room for one row. `row` tells which orders of the set a history is made of. */
struct history_buffers {
    int32_t *categorical[HISTORY_SEQUENCES_MAX]; /* [seq_len, n_cat] */
    float *numeric[HISTORY_SEQUENCES_MAX];       /* [seq_len, n_num] */
    float *time[HISTORY_SEQUENCES_MAX];          /* [seq_len] */
    uint32_t *row[HISTORY_SEQUENCES_MAX];        /* [seq_len] */
    float *engineered;                           /* [n_engineered]; used by history_from_arrays() */
    const struct history_series **sent;          /* its scratch: of each feature */
};
void history_buffers_init(struct history_buffers *buffers, const struct history_fitted *fitted,
                          struct arena *memory);

/* `out` points into the buffers and the set. */
void history_cut(const struct history_set *set, size_t row, const struct history_buffers *buffers,
                 struct history_row *out);

/* How many orders a history will have, without cutting it: to put rows of like length together. */
size_t history_length(const struct history_set *set, size_t row, size_t sequence);

/*
 * Rows whose key had a true outcome since `since` that was known at the start of the row's day
 * (UTC): one of an order more than `after` before that start.
 */
struct history_known {
    const char *by; /* column; NULL: no row is one of these */
    int64_t since, after;
};
/* `drop_known` of a split: since the start of training, `known_after`. */
struct history_known history_known_of(const struct history_config *config,
                                      const struct history_split *split);
/* Leave them out. ERR_DATA: the orders have no such column. */
MUST_CHECK bool history_drop_known(struct history_rows *rows, const struct history_orders *orders,
                                   const struct history_known *known, struct error *err);

/*
 * The rows of a part of the split, in the order of the table; free with history_rows_clear().
 * Without an outcome a row is in no part. With `drop_known` rows of validation, calibration and
 * test that are known are left out.
 *
 * ERR_DATA  the part has a range and no row
 */
MUST_CHECK bool history_select(struct history_rows *rows, const struct history_orders *orders,
                               const struct history_config *config,
                               const struct history_split *split, enum history_part part,
                               struct error *err);
void history_rows_clear(struct history_rows *rows);

/*
 * One order with its histories as a caller sends them: for each sequence the times of its orders,
 * oldest first and the order itself last, and for each feature as many values. Of engineered
 * features the value itself, before scaling.
 */
struct history_series {
    const char *name; /* of a feature */
    size_t count;
    const struct table_string *text; /* [count]; bytes NULL is missing; or */
    const double *number;            /* [count]; NaN is missing */
};
struct history_arrays {
    const struct history_series *series; /* [series_count] features of each order */
    size_t series_count;
    const int64_t *time; /* [times] microseconds UTC */
    size_t times;        /* 0: there is no such history */
};
struct history_input {
    struct history_arrays sequence[HISTORY_SEQUENCES_MAX];
    const struct history_series *engineered; /* [engineered_count], one value each */
    size_t engineered_count;
};

/*
 * A second history that is not there is the current order alone, taken from the first. A feature
 * that is not there reads as missing, an unknown category as unknown; a history longer than seq_len
 * keeps its last orders.
 *
 * ERR_DATA  series of unequal length, a time after the next one or after the target's, no first
 *           history, a name that is no feature, a text that is no number, a number that is infinite
 */
MUST_CHECK bool history_from_arrays(const struct history_fitted *fitted,
                                    const struct history_input *input,
                                    const struct history_buffers *buffers, struct history_row *out,
                                    struct error *err);

#endif
