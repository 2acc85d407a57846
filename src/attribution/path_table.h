/*
 * path_table — a path_set from a table of paths, one row per path:
 *
 *   path                    channels in order, such as "search > display > search"
 *   total_conversions       how often the path ended in a conversion
 *   total_conversion_value  what those were worth; optional
 *   total_null              how often it ended without; optional, taken as 0
 *
 * CSV, Parquet or JSON lines, a glob of files or a SQL query (table/source.h). Spaces around
 * channels are not part of their names. Channels are sorted by name, so that the order of rows
 * does not matter.
 */
#ifndef QUERN_ATTRIBUTION_PATH_TABLE_H
#define QUERN_ATTRIBUTION_PATH_TABLE_H

#include "attribution/path_set.h"

struct path_table_columns {
    const char *separator;   /* default ">" */
    const char *path;        /* default "path" */
    const char *conversions; /* default "total_conversions" */
    const char *value;       /* NULL: "total_conversion_value" if there is such a column */
    const char *null;        /* NULL: "total_null" if there is such a column */
};

#define PATH_TABLE_COLUMNS                                                                         \
    {                                                                                              \
        .separator = ">", .path = "path", .conversions = "total_conversions"                       \
    }

/*
 * ERR_ARG   the separator is empty
 * ERR_DATA  a missing column; naming file, row and column: an empty path or channel, a number that
 *           is missing, negative, infinite or not a number, a value without conversions
 * ERR_LIMIT a path of more than PATH_LENGTH_MAX channels, or too many channels
 */
MUST_CHECK bool path_table_read(struct path_set *paths, const char *source,
                                const struct path_table_columns *columns, struct error *err);

#endif
