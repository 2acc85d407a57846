/*
 * exposure_log — every impression of every user, sorted by user and time, in compact columns.
 *
 *   offset     [users + 1]        user u owns impressions offset[u] .. offset[u + 1] - 1, in order
 *   time       [impressions]      microseconds since 1970, UTC
 *   campaign   [impressions]      index into name[]
 *   conversion [impressions]      1: a conversion was written on this impression
 *   name       [campaigns]        sorted
 *
 * Unlike a journey_set it keeps a user whole: what was shown after a conversion, or before an
 * earlier one, tells what kind of user it is. Nothing is cut. 11 bytes an impression, 8 a user.
 *
 * What does not fit the memory budget passes through temporary files without a name, and the arrays
 * are one of them, mapped: a pass that calls exposure_log_pass() keeps little of it resident. The
 * log is the same to the last byte.
 *
 * Users stand in the order of their first row in the table; rows of equal user and time keep the
 * order of the table.
 *
 * What a table says beyond that is kept on demand:
 *
 *   row        [impressions]      number of the impression's row in the table, from 0
 *   uid_text   [uid_end[users]]   users' texts, user u's from uid_end[u] to uid_end[u + 1];
 *                                 `integers`: all are integers written plainly
 *   value      [impressions]      what the conversion was worth; 0 where there is none
 *   cost       [campaigns]        of all impressions of the campaign
 */
#ifndef QUERN_INCREMENTAL_EXPOSURE_LOG_H
#define QUERN_INCREMENTAL_EXPOSURE_LOG_H

#include "attribution/path_set.h"
#include "base/arena.h"
#include "base/error.h"
#include "sequence/journeys.h"
#include "table/table.h"

#include <stddef.h>
#include <stdint.h>

enum { EXPOSURE_CAMPAIGNS_MAX = 65535, EXPOSURE_MEMORY_MIB = 1024 };
#define EXPOSURE_ROWS_MAX ((size_t)UINT32_MAX - 1)

struct exposure_log {
    size_t users, impressions, campaigns, conversions;
    const uint64_t *offset;
    const int64_t *time;
    const uint16_t *campaign;
    const uint8_t *conversion;
    const char *const *name;
    int64_t start, end; /* the first and the last time */
    const uint32_t *row;
    const uint64_t *uid_end; /* [users + 1] */
    const char *uid_text;
    bool integers;
    const double *value, *cost;
    struct exposure_file *file; /* that holds the arrays; NULL: `memory` does */
    struct arena memory;
};

/* Unsorted rows; `user` counts from 0 to users - 1, campaigns index `name`, which is sorted. */
struct exposure_rows {
    size_t users, count, campaigns;
    const uint32_t *user;
    const int64_t *time;
    const uint16_t *campaign;
    const uint8_t *conversion;
    const char *const *name; /* copied */
    /* NULL: not there. */
    const uint32_t *row;
    const double *value;            /* [count] */
    const double *cost;             /* [campaigns]; copied */
    const struct table_string *uid; /* [users]; copied */
};

/* Every user has a row. */
void exposure_log_build(struct exposure_log *log, const struct exposure_rows *rows);

/*
 * The table config->path with its columns entity, time, token, outcome and time_unit. Memory beyond
 * config->memory_mib (0: EXPOSURE_MEMORY_MIB) is replaced by temporary files.
 *
 * ERR_DATA  what impressions.h refuses; no rows; no conversion; a campaign called CREDIT_BASELINE
 * ERR_LIMIT more than EXPOSURE_CAMPAIGNS_MAX campaigns or EXPOSURE_ROWS_MAX rows
 * ERR_IO    a temporary file cannot be written
 */
MUST_CHECK bool exposure_log_read(struct exposure_log *log, const struct journey_config *config,
                                  struct error *err);

/* The same with more of it; value and cost come where config->value and config->cost name columns.
 */
struct exposure_wish {
    const struct journey_config *table;
    const struct split_config *training; /* only users of its training split; NULL: all */
    bool identity;                       /* row and uid too */
    const char *folder;                  /* for temporary files; NULL: $TMPDIR, else /tmp */
    struct pool *pool;                   /* may be NULL */
    bool show;                           /* print progress */
};
MUST_CHECK bool exposure_log_load(struct exposure_log *log, const struct exposure_wish *wish,
                                  struct error *err);
void exposure_log_clear(struct exposure_log *log);

/* The text of user u; it is not closed by a NUL. Of a log with identity. */
struct table_string exposure_log_uid(const struct exposure_log *log, size_t u);

/*
 * A pass over users in order calls this before each user: what EXPOSURE_PASSED users back is given
 * back to the system where the log is mapped.
 */
enum { EXPOSURE_PASSED = 4096 };
void exposure_log_pass(const struct exposure_log *log, size_t u);

/*
 * Is user u one of those whose mean stands for that of all? All are in small logs, in larger ones
 * so many that they have about EXPOSURE_SAMPLE impressions, and are EXPOSURE_SAMPLE_USERS at least;
 * spread evenly whatever their order.
 */
enum { EXPOSURE_SAMPLE = 400000, EXPOSURE_SAMPLE_USERS = 1000 };
bool exposure_log_sampled(const struct exposure_log *log, size_t u);

/*
 * The paths in it, for the methods that divide all conversions: a path ends with a conversion or
 * with the user. The names of channels are borrowed from the log.
 */
void exposure_log_paths(struct path_set *paths, const struct exposure_log *log);

#endif
