/*
 * json_scan — a walk through JSON text, value by value, without building a document.
 *
 *   if (json_enter(s, '{'))
 *       while (json_key(s, &key))         each key, then exactly one of
 *           json_enter / json_read_scalar / json_skip
 *   if (json_enter(s, '['))
 *       while (json_item(s))
 *           ...
 *
 * Every function returns false at the first mistake and from then on: the caller only unwinds and
 * asks json_check() at the end. Strings without escapes are views of the body.
 *
 * JSON as RFC 8259 has it, and the NaN, Infinity and -Infinity that Python writes.
 */
#ifndef QUERN_WIRE_JSON_SCAN_H
#define QUERN_WIRE_JSON_SCAN_H

#include "base/arena.h"
#include "base/error.h"
#include "table/table.h"

#include <stdint.h>

enum { JSON_DEPTH_MAX = 512 };

enum json_kind {
    JSON_VALUE_NONE, /* no value begins here */
    JSON_VALUE_OBJECT,
    JSON_VALUE_LIST,
    JSON_VALUE_STRING,
    JSON_VALUE_NUMBER,
    JSON_VALUE_TRUE,
    JSON_VALUE_FALSE,
    JSON_VALUE_NULL,
    JSON_VALUE_NAN,
    JSON_VALUE_INFINITY, /* of either sign */
};

struct json_scalar {
    enum json_kind kind;
    struct table_string text; /* of a string, without quotes and escapes; else as it stands */
    double number;            /* of a number; may be infinite */
};

struct json_scan {
    const char *begin, *at, *end;
    struct arena *memory; /* of strings with escapes */
    size_t depth, depth_max;
    uint64_t object[JSON_DEPTH_MAX / 64];  /* bit per level: an object */
    uint64_t started[JSON_DEPTH_MAX / 64]; /* bit per level: not its first item */
    const char *problem;                   /* NULL: none yet */
};

/* `depth_max` above JSON_DEPTH_MAX counts as that. */
void json_scan_init(struct json_scan *scan, const char *body, size_t size, size_t depth_max,
                    struct arena *memory);

/* What begins here; nothing is read but white space. */
enum json_kind json_peek(struct json_scan *scan);

/* Enter an object or list; `open` is '{' or '['. */
MUST_CHECK bool json_enter(struct json_scan *scan, char open);
/* The next key of the object entered last; false at its end, which is then left. */
MUST_CHECK bool json_key(struct json_scan *scan, struct table_string *key);
/* Whether the list entered last has one more item; false at its end, which is then left. */
MUST_CHECK bool json_item(struct json_scan *scan);
/* Leave out one value of any kind. */
bool json_skip(struct json_scan *scan);
/* A value that is neither object nor list. */
MUST_CHECK bool json_read_scalar(struct json_scan *scan, struct json_scalar *value);
/*
 * The next item of the list entered last, its text alone: `number` is not written. An object or
 * list is not read, only said to be one. False at the end, which is then left.
 */
MUST_CHECK bool json_item_text(struct json_scan *scan, struct json_scalar *value);
/* Nothing but white space follows; otherwise the scan has a problem. */
bool json_finish(struct json_scan *scan);

/* Go on at a value seen earlier, at the level where it stood. */
struct json_mark {
    const char *at;
    size_t depth;
};
struct json_mark json_here(struct json_scan *scan);
void json_return(struct json_scan *scan, struct json_mark mark);

/*
 * False, with ERR_DATA "line 3, column 17: expected ',' or ']'", after a mistake; true otherwise.
 */
MUST_CHECK bool json_check(const struct json_scan *scan, struct error *err);

#endif
