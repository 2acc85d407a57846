/*
 * profile — any table in a few lines: rows, and for each column its type, missing values, about how
 * many distinct ones, the smallest and the largest.
 */
#ifndef QUERN_TABLE_PROFILE_H
#define QUERN_TABLE_PROFILE_H

#include "table/source.h"

#include <stdio.h>

/* Reads the whole source. Lines are cut to `columns` of a terminal; 0 cuts nothing. */
MUST_CHECK bool table_profile_print(const struct table_source *source, FILE *to, size_t columns,
                                    struct error *err);

#endif
