/* sqlite_api — SQLite, opened when the first store of its kind is. */
#ifndef QUERN_SALES_SQLITE_API_H
#define QUERN_SALES_SQLITE_API_H

#include "base/error.h"

#include <sqlite3.h>

/* The functions used, without "sqlite3_". */
#define SQLITE_FUNCTIONS(X)                                                                        \
    X(open_v2)                                                                                     \
    X(close_v2)                                                                                    \
    X(busy_timeout)                                                                                \
    X(errmsg)                                                                                      \
    X(errstr)                                                                                      \
    X(exec)                                                                                        \
    X(get_autocommit)                                                                              \
    X(prepare_v3)                                                                                  \
    X(finalize)                                                                                    \
    X(step)                                                                                        \
    X(reset)                                                                                       \
    X(changes)                                                                                     \
    X(bind_int64)                                                                                  \
    X(bind_double)                                                                                 \
    X(bind_text)                                                                                   \
    X(column_int64)                                                                                \
    X(column_double)                                                                               \
    X(column_text)

struct sqlite_api {
#define X(name) __typeof__(&sqlite3_##name) name;
    SQLITE_FUNCTIONS(X)
#undef X
};

/* ERR_LIBRARY: not installed. The same table for every caller. */
const struct sqlite_api *sqlite_api(struct error *err);

#endif
