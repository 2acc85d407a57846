/* json_write — pieces of JSON appended to a text. */
#ifndef QUERN_WIRE_JSON_WRITE_H
#define QUERN_WIRE_JSON_WRITE_H

#include "base/text.h"
#include "transform/frame.h"

/* Punctuation and names as they are. */
void json_write_word(struct text *out, const char *word);
/* In quotes and escaped; the bytes must be UTF-8. */
void json_write_string(struct text *out, const char *text, size_t length);
/* A cell of a column of this kind; null where it is missing. */
void json_write_value(struct text *out, enum schema_kind kind, const struct frame_column *column,
                      size_t row);
/* A row of an answer: an object, or a bare value where the answer has one column. */
void json_write_row(struct text *out, const struct frame *answer, size_t row);
/* What stands in the place of a row at fault; `row` counts from 1. */
void json_write_error(struct text *out, const struct row_error *error, size_t row);

#endif
