/*
 * json_list — lists of values in a cell of a SCHEMA_LIST column (transform/schema.h).
 *
 *   [12.5, null, "KS"]   is   12.5;SEP;;SEP;KS
 *
 * Numbers and truth values are their own text; null and NaN are empty. A text that holds the
 * separator itself, a list or an object within the list are faults of the row.
 */
#ifndef QUERN_WIRE_JSON_LIST_H
#define QUERN_WIRE_JSON_LIST_H

#include "base/text.h"
#include "wire/json_rows.h"

/* The list that follows, into a cell. */
void json_list_read(struct json_rows *reader, size_t row, size_t column);

/* A joined text as a list: what reads as a number is one, an empty value is null. */
void json_list_write(struct text *out, struct table_string joined);

#endif
