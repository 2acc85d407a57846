/*
 * duckdb_api — the functions of DuckDB's C API that Quern uses, found when first needed.
 *
 * DuckDB is a 70 MB library: it is opened with dlopen() by the first table that is read or written,
 * so that commands without tables start in milliseconds. The list below is the whole dependency;
 * `duck->query` is duckdb_query() of duckdb.h, with its exact type.
 *
 * Looked for in $DUCKDB_ROOT, the folder given to meson as duckdb_root, beside the program
 * (../.deps/duckdb, ../lib/quern), in ./.deps/duckdb and in the system's library path.
 */
#ifndef QUERN_TABLE_DUCKDB_API_H
#define QUERN_TABLE_DUCKDB_API_H

#include "base/error.h"

#include <duckdb.h>

#define DUCKDB_FUNCTIONS(X)                                                                        \
    X(create_config)                                                                               \
    X(set_config)                                                                                  \
    X(destroy_config)                                                                              \
    X(open_ext)                                                                                    \
    X(close)                                                                                       \
    X(connect)                                                                                     \
    X(disconnect)                                                                                  \
    X(interrupt)                                                                                   \
    X(free)                                                                                        \
    X(query)                                                                                       \
    X(destroy_result)                                                                              \
    X(result_error)                                                                                \
    X(column_count)                                                                                \
    X(column_name)                                                                                 \
    X(column_type)                                                                                 \
    X(fetch_chunk)                                                                                 \
    X(prepare)                                                                                     \
    X(prepare_error)                                                                               \
    X(destroy_prepare)                                                                             \
    X(extract_statements)                                                                          \
    X(extract_statements_error)                                                                    \
    X(prepare_extracted_statement)                                                                 \
    X(destroy_extracted)                                                                           \
    X(prepared_statement_type)                                                                     \
    X(pending_prepared_streaming)                                                                  \
    X(pending_error)                                                                               \
    X(execute_pending)                                                                             \
    X(destroy_pending)                                                                             \
    X(destroy_data_chunk)                                                                          \
    X(data_chunk_get_size)                                                                         \
    X(data_chunk_set_size)                                                                         \
    X(data_chunk_get_vector)                                                                       \
    X(vector_size)                                                                                 \
    X(vector_get_data)                                                                             \
    X(vector_get_validity)                                                                         \
    X(vector_ensure_validity_writable)                                                             \
    X(create_logical_type)                                                                         \
    X(destroy_logical_type)                                                                        \
    X(create_table_function)                                                                       \
    X(destroy_table_function)                                                                      \
    X(table_function_set_name)                                                                     \
    X(table_function_set_extra_info)                                                               \
    X(table_function_set_bind)                                                                     \
    X(table_function_set_init)                                                                     \
    X(table_function_set_function)                                                                 \
    X(register_table_function)                                                                     \
    X(bind_get_extra_info)                                                                         \
    X(bind_add_result_column)                                                                      \
    X(init_set_max_threads)                                                                        \
    X(function_get_extra_info)                                                                     \
    X(function_set_error)

struct duckdb_api {
#define X(name) __typeof__(duckdb_##name) *name;
    DUCKDB_FUNCTIONS(X)
#undef X
};

/* The opened library, the same for every caller; NULL with ERR_LIBRARY when it is not there. */
const struct duckdb_api *duckdb_api(struct error *err);

#endif
