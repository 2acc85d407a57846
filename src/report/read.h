/* read — values from a report document, where anything may be missing or of another type. */
#ifndef QUERN_REPORT_READ_H
#define QUERN_REPORT_READ_H

#include <jansson.h>

/* NaN unless it is a number; "NaN" and null are NaN too. */
double read_number(const json_t *object, const char *key);
double read_item(const json_t *array, size_t index);

/* "" unless it is text. */
const char *read_text(const json_t *object, const char *key);
const char *read_text_item(const json_t *array, size_t index);

/* The first of two keys that is text and not empty. */
const char *read_label(const json_t *object, const char *key, const char *otherwise);

#endif
