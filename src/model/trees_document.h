/*
 * trees_document — a model file as values: JSON or UBJSON, told by the content.
 *
 * Lists of numbers are flat: those of UBJSON stay where they are in the file, so `bytes` given to
 * the readers must outlive the document. Depth and number of values are bounded.
 */
#ifndef QUERN_MODEL_TREES_DOCUMENT_H
#define QUERN_MODEL_TREES_DOCUMENT_H

#include "base/arena.h"
#include "base/error.h"

#include <stdint.h>

enum {
    DOCUMENT_DEPTH_MAX = 64,
    DOCUMENT_VALUES_MAX = 1 << 24, /* not counting the numbers of lists */
};

enum document_kind {
    DOCUMENT_NULL,
    DOCUMENT_NUMBER,
    DOCUMENT_TEXT,
    DOCUMENT_NUMBERS, /* a list of numbers only; true and false are 1 and 0 */
    DOCUMENT_LIST,
    DOCUMENT_MAP,
};

struct document_value {
    enum document_kind kind;
    char type;    /* of NUMBERS: UBJSON's letter, or 0 for `numbers` */
    size_t count; /* members, items, numbers or bytes of text */
    union {
        double number;
        const char *text; /* NUL-terminated; holds no other NUL */
        const double *numbers;
        const unsigned char *packed; /* big-endian numbers of `type` */
        const struct document_value *item;
        const struct document_member *member;
    };
};

struct document_member {
    const char *key;
    struct document_value value;
};

/* ERR_DATA: not such a document; the message names the place. */
MUST_CHECK bool document_read_json(struct document_value *document, const char *bytes, size_t size,
                                   struct arena *memory, struct error *err);
MUST_CHECK bool document_read_ubj(struct document_value *document, const char *bytes, size_t size,
                                  struct arena *memory, struct error *err);

/* Member `key` of a map; NULL when absent or null, or when `value` is NULL or not a map. */
const struct document_value *document_get(const struct document_value *value, const char *key);
/* Number i of NUMBERS. */
double document_number(const struct document_value *value, size_t i);
/* NUMBERS, or a list without items. */
bool document_is_numbers(const struct document_value *value);

#endif
