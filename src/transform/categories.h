/*
 * categories — the values of a column that training rows had, in order, and how to find one.
 *
 *   code 0 .. count - 1; a missing value is a category of its own and the last, if `missing`
 *
 * Where every value is a number they are ordered as numbers, and "415", "415.0" and "4.15e2" are
 * one category; otherwise they are ordered and compared byte for byte.
 */
#ifndef QUERN_TRANSFORM_CATEGORIES_H
#define QUERN_TRANSFORM_CATEGORIES_H

#include "base/arena.h"
#include "table/table.h"

#define CATEGORY_UNKNOWN SIZE_MAX

struct category_slot {
    const char *bytes;
    uint32_t length, code; /* code + 1; 0: a free slot */
};

struct categories {
    size_t count;
    bool missing;
    const struct table_string *text; /* [count], what a feature is named after */
    const double *number;            /* [count], NULL when some value is no number */
    size_t mask;                     /* slots - 1 */
    const struct category_slot *slot;
};

/*
 * The distinct values, in order and each once, as a lookup. `number` NULL, or as many numbers as
 * values in ascending order. Values and numbers are copied. The missing category comes on top.
 */
void categories_make(struct categories *categories, const struct table_string *text,
                     const double *number, size_t count, bool missing, struct arena *memory);

/* CATEGORY_UNKNOWN for a text that training rows did not have. */
size_t categories_find(const struct categories *categories, const struct table_string *text);

#endif
