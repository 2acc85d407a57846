/*
 * json — JSON documents in files, through Jansson.
 *
 * Written documents are deterministic: keys in the order they were set, numbers with up to 17
 * significant digits. NaN and infinities do not exist in JSON: use json_number(), which gives null.
 */
#ifndef QUERN_BASE_JSON_H
#define QUERN_BASE_JSON_H

#include "base/error.h"

#include <jansson.h>

/* Parse a file of at most `limit` bytes; the error names file, line and column. json_decref() it.
 */
MUST_CHECK bool json_read(const char *path, size_t limit, json_t **document, struct error *err);

/* Write a document whole or not at all. */
MUST_CHECK bool json_write(const char *path, const json_t *document, struct error *err);

/* A real, or null where the number is not finite. */
json_t *json_number(double value);

#endif
