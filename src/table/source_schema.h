/* source_schema — the columns and pieces of a source; used by source.c alone. */
#ifndef QUERN_TABLE_SOURCE_SCHEMA_H
#define QUERN_TABLE_SOURCE_SCHEMA_H

#include "table/source.h"

MUST_CHECK bool source_find_columns(struct table_source *source, duckdb_connection connection,
                                    struct error *err);
MUST_CHECK bool source_find_pieces(struct table_source *source, duckdb_connection connection,
                                   struct error *err);

#endif
