/*
 * session — an in-memory DuckDB with its connections, and its errors as one sentence.
 *
 * DuckDB runs with one thread of its own: a query works in the thread that asks for its rows.
 * Quern's workers open a connection each, and rows keep their order.
 */
#ifndef QUERN_TABLE_SESSION_H
#define QUERN_TABLE_SESSION_H

#include "base/error.h"
#include "base/text.h"
#include "table/duckdb_api.h"

struct session {
    const struct duckdb_api *duck;
    duckdb_database database;
};

MUST_CHECK bool session_open(struct session *session, struct error *err);
/* No-op on a zeroed struct. */
void session_close(struct session *session);
MUST_CHECK bool session_connect(const struct session *session, duckdb_connection *connection,
                                struct error *err);

/* Run one statement; the caller destroys *result after success. */
MUST_CHECK bool session_query(const struct duckdb_api *duck, duckdb_connection connection,
                              const char *sql, duckdb_result *result, struct error *err);

/*
 * Start a statement whose rows are made while duck->fetch_chunk() asks for them. When that gives
 * NULL, duck->result_error() tells the end of the rows from a failure.
 */
MUST_CHECK bool session_stream(const struct duckdb_api *duck, duckdb_connection connection,
                               const char *sql, duckdb_result *result, struct error *err);

/*
 * Record what DuckDB said: its first lines without the kind ("IO Error: "), hints and candidate
 * lists. The code is ERR_IO for input and output, else ERR_DATA. Returns false.
 */
bool session_error(struct error *err, const char *message);

/* 'text' and "name", with quotes inside doubled. */
void session_add_literal(struct text *sql, const char *text);
void session_add_name(struct text *sql, const char *name);

#endif
