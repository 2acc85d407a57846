/*
 * schema — the columns of a raw row, in order: what a bundle expects and what it answers.
 *
 *   SCHEMA_NUMBER   a number; NaN is missing
 *   SCHEMA_TEXT     a category or other text; compared byte for byte
 *   SCHEMA_IGNORED  stands in the source and in requests, is used by nothing: any value will do
 *   SCHEMA_LIST     several values, oldest first, as one text that joins them by SCHEMA_LIST_JOIN;
 *                   in JSON that text or a list. Empty is none, or one that is missing: lists that
 *                   belong together tell.
 *
 * A column that is not required may be left out of requests and files; it is missing then. Those
 * with SCHEMA_UNLESS_LISTS only where the row or the file's header has a list: a caller sends an
 * order with its history as lists, or the order as it is.
 *
 * In JSON, as bundles hold it: [{"name": "State", "type": "text"}, ...] with "number", "text",
 * "ignored" or "list", and "need": "optional" or "unless_lists" where it is not required. Names are
 * unique and not empty.
 */
#ifndef QUERN_TRANSFORM_SCHEMA_H
#define QUERN_TRANSFORM_SCHEMA_H

#include "base/arena.h"
#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>

enum { SCHEMA_COLUMNS_MAX = 10000, SCHEMA_NAME_MAX = 1024 };

enum schema_kind { SCHEMA_NUMBER, SCHEMA_TEXT, SCHEMA_IGNORED, SCHEMA_LIST };

enum schema_need { SCHEMA_REQUIRED, SCHEMA_OPTIONAL, SCHEMA_UNLESS_LISTS };

#define SCHEMA_LIST_JOIN ";SEP;"

struct schema_column {
    const char *name;
    enum schema_kind kind;
    enum schema_need need;
};

/* The arrays live in the arena of whoever made the schema. */
struct schema {
    size_t count;
    const struct schema_column *column; /* [count] */
};

/* A row must have the column; `lists`: it has a list. */
static inline bool schema_requires(const struct schema_column *column, bool lists)
{
    return column->kind != SCHEMA_IGNORED && column->need != SCHEMA_OPTIONAL &&
           !(lists && column->need == SCHEMA_UNLESS_LISTS);
}

/* Index of a column of this name (`length` bytes); SIZE_MAX if there is none. */
size_t schema_find(const struct schema *schema, const char *name, size_t length);

bool schema_has_lists(const struct schema *schema);

/* A new reference. */
json_t *schema_json(const struct schema *schema);

/*
 * ERR_DATA  not a schema: names twice, unknown types, over a limit
 */
MUST_CHECK bool schema_parse(struct schema *schema, const json_t *document, struct arena *memory,
                             struct error *err);

#endif
