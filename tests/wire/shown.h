/* shown — a small schema, and decoded rows as text, for the tests of this room. */
#ifndef QUERN_TESTS_WIRE_SHOWN_H
#define QUERN_TESTS_WIRE_SHOWN_H

#include "wire/wire.h"

/* State text, Length number, Phone ignored, Mins number. */
extern const struct schema rows_schema;
extern const struct wire_limits rows_limits;

/*
 * "KS|128|137.5;OH|-|1" (a missing value is "-"), with "!column: text" for a row at fault; or
 * "error: sentence". Lives until the next call.
 */
const char *rows_shown(enum wire_media media, const struct schema *schema, const char *body,
                       size_t size);
/* The same of rows that are decoded. */
const char *rows_text(const struct wire_rows *rows);

#endif
