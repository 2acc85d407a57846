/*
 * library — shared libraries opened when first used, so that a command that needs none starts in
 * milliseconds. One table of names and addresses per library (see table/duckdb_api.c).
 */
#ifndef QUERN_BASE_LIBRARY_H
#define QUERN_BASE_LIBRARY_H

#include "base/error.h"

#include <stddef.h>

struct library_symbol {
    const char *name;
    void **address; /* where to store it */
};

/*
 * Open the first of `candidates` (NULL-terminated paths or names) that exists and resolve every
 * symbol. `hint` ends the message when nothing is found: how to install it.
 *
 * ERR_LIBRARY  no candidate opens, or a symbol is missing
 */
MUST_CHECK bool library_open(const char *title, const char *const *candidates,
                             const struct library_symbol *symbols, size_t count, const char *hint,
                             struct error *err);

#endif
