/*
 * csv — the header line of a CSV file: its delimiter and column names.
 *
 * The rest of the file is read by DuckDB; the names must be known first, so that a malformed row is
 * an error with its line and not a guess at another dialect.
 */
#ifndef QUERN_TABLE_CSV_H
#define QUERN_TABLE_CSV_H

#include "base/arena.h"
#include "base/error.h"

#include <stddef.h>

enum { CSV_HEADER_MAX = 1 << 20 };

struct csv_header {
    char delimiter;
    size_t count;
    const char **name; /* [count], from the arena */
};

/*
 * Split a header line (a byte order mark and a line end are dropped). Empty names become
 * column_N, from 1.
 *
 * ERR_DATA   empty, a quote that is not closed, a NUL byte, or a name that comes twice
 * ERR_LIMIT  longer than CSV_HEADER_MAX or more than TABLE_COLUMNS_MAX columns
 */
MUST_CHECK bool csv_header_read(struct csv_header *header, const char *line, size_t length,
                                struct arena *memory, struct error *err);

#endif
