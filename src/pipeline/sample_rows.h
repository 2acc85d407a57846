/*
 * sample_rows — rows such as a bundle was trained on, made from its reference.json: deciles of the
 * numbers, categories as often as they were seen. For load tests and examples; the same each time.
 */
#ifndef QUERN_PIPELINE_SAMPLE_ROWS_H
#define QUERN_PIPELINE_SAMPLE_ROWS_H

#include "base/error.h"
#include "base/text.h"

#include <stddef.h>

/*
 * Append `rows` lines of CSV in the order of the bundle's input columns, no header. A bundle
 * without reference.json gives zeros and the text "a".
 *
 * ERR_DATA  not a bundle, or reference.json is damaged
 */
MUST_CHECK bool sample_rows(struct text *csv, const char *bundle, size_t rows, struct error *err);

#endif
