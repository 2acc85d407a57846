/*
 * history_config — what a pipeline file says about histories: the sections `source`, `histories`
 * and `split`.
 *
 *   source:
 *     path: transactions.csv.gz
 *     time: TX_DATETIME
 *     outcome: TX_FRAUD            # true, false or missing
 *     outcome_after: 7 days        # how long until an outcome is known
 *   histories:
 *     by: [CUSTOMER_ID, TERMINAL_ID]   # one sequence each
 *     seq_len: 51
 *     features:                    # of each order of a sequence
 *       - {column: TX_AMOUNT}
 *       - {column: TX_FRAUD, type: category, outcome_after: 7 days}
 *       - {value: hour, type: category}
 *     engineered:                  # of the target order alone
 *       - {column: TX_AMOUNT, log: true}
 *       - {value: [count, mean], column: TX_AMOUNT, by: CUSTOMER_ID, window: [1 day, 7 days]}
 *       - {value: mean, column: TX_FRAUD, by: TERMINAL_ID, window: 7 days, delay: 7 days}
 *   split:
 *     train: [2018-07-25, 2018-07-31]  # both days included, UTC
 *     test: [2018-08-08, 2018-08-14]
 *     drop_known: CUSTOMER_ID
 *
 * A feature is a value of an order: a column as it stands, or computed from the calendar or from
 * earlier orders of the same key, in training and in scoring by the same code. Lists under `value`
 * and `window` stand for one feature each, in order. Durations are a number and second(s),
 * minute(s), hour(s), day(s) or week(s).
 *
 * An outcome is never read before it is known: a feature of `source.outcome` in a sequence has its
 * `outcome_after` (that of the source when not given), and a window over it a `delay` no shorter.
 */
#ifndef QUERN_SEQUENCE_HISTORY_CONFIG_H
#define QUERN_SEQUENCE_HISTORY_CONFIG_H

#include "base/arena.h"
#include "base/config.h"
#include "base/text.h"
#include "base/yaml.h"

enum {
    HISTORY_SEQUENCES_MAX = 2,
    HISTORY_FEATURES_MAX = 4096, /* of each list */
    HISTORY_LENGTH_MAX = 10000,  /* seq_len */
    HISTORY_NAME_MAX = 256,      /* bytes of the name of a column or feature */
    HISTORY_COLUMNS_MAX = 8192,
};

#define HISTORY_DURATION_MAX INT64_C(3155760000000000) /* 100 years in microseconds */

enum history_value {
    HISTORY_COLUMN,  /* the column itself */
    HISTORY_HOUR,    /* 0..23, UTC */
    HISTORY_WEEKDAY, /* 0..6 from Monday */
    HISTORY_NIGHT,   /* 1 until 06:59, else 0 */
    HISTORY_WEEKEND, /* 1 on Saturday and Sunday, else 0 */
    HISTORY_SINCE,   /* seconds since the previous order of the key; missing for the first */
    HISTORY_COUNT,   /* orders in the window */
    HISTORY_SUM,     /* of a column over the window, missing values left out; 0 over none */
    HISTORY_MEAN,    /* missing over none; so are the next two */
    HISTORY_MIN,
    HISTORY_MAX,
    HISTORY_RATIO, /* the order's own value over the mean of the window */
};
enum history_kind { HISTORY_NUMBER, HISTORY_CATEGORY };
enum history_scale { HISTORY_MIN_MAX, HISTORY_STANDARD, HISTORY_UNSCALED };

/*
 * A window holds the orders of the key with time in (t - delay - window, t - delay], where t is the
 * order's own time, and always strictly before t. 0 as window: all earlier ones.
 */
struct history_feature {
    const char *name;   /* unique in its list; made of the rest when not given */
    int value;          /* enum history_value */
    const char *column; /* of COLUMN, SUM .. RATIO, else NULL */
    const char *by;     /* key of SINCE .. RATIO, else NULL */
    int type;           /* enum history_kind; engineered ones are numbers */
    int64_t window, delay;
    int64_t outcome_after; /* of a sequence: reads as unknown when younger; -1: known at once */
    int scale;             /* enum history_scale, of numbers */
    bool log;              /* sign(x) * log(1 + |x|) before scaling */
    const char *missing;   /* stands for a missing value: a category, or the text of a number */
    size_t min_count;      /* rarer categories count as unknown */
    size_t values_max;     /* the most frequent categories that get a row each */
};

struct history_source {
    const char *path, *query; /* exactly one is set */
    const char *time, *outcome;
    const char *positive;  /* the outcome that counts as true, as text; NULL: a boolean column */
    int64_t outcome_after; /* microseconds; -1: not given */
    int time_unit;         /* enum time_unit (journeys.h) */
};

struct history_recipe {
    const char *by[HISTORY_SEQUENCES_MAX];
    size_t sequences;
    size_t seq_len;
    struct history_feature *feature, *engineered;
    size_t feature_count, engineered_count;
};

struct history_config {
    struct history_source source;
    struct history_recipe histories;
};

/* from <= time < to; equal when not given. */
struct history_range {
    int64_t from, to; /* microseconds UTC */
};

enum history_part { HISTORY_TRAIN, HISTORY_VALIDATION, HISTORY_CALIBRATION, HISTORY_TEST };
enum { HISTORY_PARTS = 4 };
extern const char *const history_part_names[]; /* ends with NULL */

struct history_split {
    struct history_range range[HISTORY_PARTS];
    const char *drop_known; /* column, or NULL */
    int64_t known_after;    /* -1: source.outcome_after */
};

extern const struct config_field history_source_fields[], history_recipe_fields[],
    history_split_fields[], history_feature_fields[];

/* Sections of a pipeline file; see struct pipeline_section. Texts go into `memory`. */
MUST_CHECK bool history_source_read(const struct yaml_node *section, void *settings,
                                    struct arena *memory, struct error *err);
void history_source_write(struct text *out, const void *settings, size_t indent);
void history_source_reference(struct text *out);
MUST_CHECK bool history_recipe_read(const struct yaml_node *section, void *settings,
                                    struct arena *memory, struct error *err);
void history_recipe_write(struct text *out, const void *settings, size_t indent);
void history_recipe_reference(struct text *out);
MUST_CHECK bool history_split_read(const struct yaml_node *section, void *settings,
                                   struct arena *memory, struct error *err);
void history_split_write(struct text *out, const void *settings, size_t indent);
void history_split_reference(struct text *out);

/*
 * What no section can see alone, and whatever a history.json could get wrong; gives features of
 * the outcome their delays. ERR_CONFIG: a sentence without a place, naming the key.
 */
MUST_CHECK bool history_config_check(struct history_config *config, struct error *err);
MUST_CHECK bool history_split_check(const struct history_split *split,
                                    const struct history_source *source, struct error *err);

/* "7 days" and back. */
MUST_CHECK bool history_duration(const char *text, int64_t *microseconds);
void history_duration_text(char text[32], int64_t microseconds);

#endif
