/*
 * postgres_session — one connection to PostgreSQL that comes back after it was lost, and never
 * waits without a limit: a server that is stopped in the middle of an answer is as good as gone.
 *
 * Values go to and fro in PostgreSQL's binary format, so that numbers keep every bit and texts need
 * no quoting.
 */
#ifndef QUERN_SALES_POSTGRES_SESSION_H
#define QUERN_SALES_POSTGRES_SESSION_H

#include "base/text.h"
#include "sales/postgres_api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A statement that is prepared on every new connection, under its index as a name. */
struct postgres_session {
    const struct postgres_api *api;
    const char *const *prepared; /* [count] SQL */
    size_t count;
    /* Runs on every new connection, after the settings and before the statements are prepared. */
    bool (*greet)(struct postgres_session *session, struct error *err);

    PGconn *connection; /* NULL: not connected */
    char *target;       /* what the user gave */
    char *password;     /* of it, or NULL: never shown */
    double deadline;    /* of the call that is made */
    double pause;       /* before connecting again; it doubles with every failure */
    double next_try;
    struct error last; /* why connecting failed */
};

/*
 * Take over the connection string. It does not connect.
 *
 * ERR_ARG  not a connection string; it is not shown, for it may hold a password
 */
MUST_CHECK bool postgres_session_init(struct postgres_session *session, const char *target,
                                      struct error *err);
void postgres_session_clear(struct postgres_session *session);

/*
 * Begin a call: it may take `seconds` in all, longer only while an answer is coming in. Connects
 * where there is no connection; after a failure not before a pause of 0.1 to 2 seconds is over, and
 * until then it fails at once.
 */
MUST_CHECK bool postgres_begin(struct postgres_session *session, double seconds, struct error *err);

/* Whether the last failure was that of the connection: the same call may be tried once more. */
bool postgres_is_lost(const struct postgres_session *session);
/* Close the connection: it is in a state that nobody knows. */
void postgres_hang_up(struct postgres_session *session);

/* Statements without parameters and answers. */
MUST_CHECK bool postgres_run(struct postgres_session *session, const char *sql, struct error *err);

enum { POSTGRES_VALUES_MAX = 8, POSTGRES_BYTES_MAX = 1 << 29 };

/* The parameters of a prepared statement. */
struct postgres_values {
    struct text value[POSTGRES_VALUES_MAX];
    size_t count;
};
void postgres_values_clear(struct postgres_values *values);

/*
 * Run prepared statement `which`; *result may be NULL where no answer is wanted, else it is the
 * caller's to clear.
 *
 * ERR_LIMIT  more than POSTGRES_BYTES_MAX in one value
 */
MUST_CHECK bool postgres_ask(struct postgres_session *session, size_t which,
                             const struct postgres_values *values, PGresult **result,
                             struct error *err);

/* Append a parameter: one number, or an empty array to be filled with postgres_put_...(). */
enum postgres_type {
    POSTGRES_BOOL = 16,
    POSTGRES_INT8 = 20,
    POSTGRES_INT4 = 23,
    POSTGRES_TEXT = 25,
    POSTGRES_FLOAT8 = 701,
};
void postgres_add_int64(struct postgres_values *values, int64_t value);
struct text *postgres_add_array(struct postgres_values *values, enum postgres_type type,
                                size_t count);
void postgres_put_bool(struct text *array, bool value);
void postgres_put_int32(struct text *array, int32_t value);
void postgres_put_int64(struct text *array, int64_t value);
void postgres_put_double(struct text *array, double value);
void postgres_put_text(struct text *array, const char *value);

/* Columns of an answer, of just that type. A text lives as long as the answer. */
bool postgres_bool(const struct postgres_session *session, const PGresult *result, int row,
                   int column);
int32_t postgres_int32(const struct postgres_session *session, const PGresult *result, int row,
                       int column);
int64_t postgres_int64(const struct postgres_session *session, const PGresult *result, int row,
                       int column);
double postgres_double(const struct postgres_session *session, const PGresult *result, int row,
                       int column);
const char *postgres_text(const struct postgres_session *session, const PGresult *result, int row,
                          int column);

#endif
