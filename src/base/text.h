/* text — numbers and times from text, checked; growable text. */
#ifndef QUERN_BASE_TEXT_H
#define QUERN_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole decimal integer (sign allowed), nothing before or after it; false if not or too large. */
bool text_to_int64(const char *text, size_t length, int64_t *value);
/* A whole decimal number; false if not. "nan" and "inf" are not numbers here. */
bool text_to_double(const char *text, size_t length, double *value);
/*
 * A cell of a column of numbers: a number with blanks around it or none, or one of the spellings of
 * a missing value, which gives NaN: nothing, "NaN" and "null" in any case, "NA". The same in the
 * rows that a pipeline learns from and in those that it scores.
 */
bool text_to_number(const char *text, size_t length, double *value);
bool text_is_missing(const char *text, size_t length); /* without blanks around it */
void text_trim(const char **text, size_t *length);     /* of blanks and tabs */
/* true/false, t/f, yes/no, y/n, 1/0, 1.0/0.0, in any case. */
bool text_to_bool(const char *text, size_t length, bool *value);
/*
 * ISO 8601: YYYY-MM-DD, optionally [T or space]HH:MM[:SS[.fraction]][Z|+HH[:MM]|-HH[:MM]].
 * Without a zone it is UTC. Microseconds since 1970; a finer fraction is cut.
 */
bool text_to_time(const char *text, size_t length, int64_t *microseconds);
/*
 * The other way: "2026-01-31T09:26:53.120Z" and a NUL, to the millisecond; of times from 1970 to
 * 9999. Cheap enough for every line of a log.
 */
enum { TEXT_TIME_SIZE = 25 };
void text_from_time(char text[TEXT_TIME_SIZE], int64_t microseconds);
/*
 * The shortest plain decimal that reads back as the same number, never with an exponent: "0.0375",
 * "12", "0.00000012". What would need more than 17 decimals is rounded to 17, so that tiny numbers
 * are "0". "NaN" of what is not finite.
 */
enum { TEXT_DECIMAL_SIZE = 336 };
void text_from_decimal(char text[TEXT_DECIMAL_SIZE], double value);
/* Something, then `end`, in any case: "data.CSV" ends with ".csv", ".csv" does not. */
bool text_ends_with(const char *text, const char *end);

/* Growable bytes, always NUL-terminated once something was added. */
struct text {
    char *bytes;
    size_t length, room;
};
void text_add(struct text *text, const char *bytes, size_t length);
void text_add_format(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_clear(struct text *text);

#endif
