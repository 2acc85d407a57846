#include "wire/json_rows.h"

#include <stdint.h>
#include <string.h>

/* Begin one more row and read it. */
static void add_row(struct json_rows *reader, const size_t *column, size_t count)
{
    if (!rows_begin(reader->rows, reader->err)) {
        reader->failed = true;
        reader->scan.problem = "stopped";
    } else if (column) {
        json_rows_list(reader, column, count);
    } else {
        json_rows_row(reader);
    }
}

/* What the list or object that follows has first; nothing is read. */
static enum json_kind peek_inside(struct json_scan *scan, struct table_string *key)
{
    const struct json_mark here = json_here(scan);
    enum json_kind kind = JSON_VALUE_NONE;

    if (key ? json_enter(scan, '{') && json_key(scan, key)
            : json_enter(scan, '[') && json_item(scan))
        kind = json_peek(scan);
    if (!scan->problem)
        json_return(scan, here);
    return kind;
}

/* The values of one column; the first one begins the rows. */
static void read_column(struct json_rows *reader, size_t column, bool first)
{
    struct json_scan *scan = &reader->scan;
    struct rows *rows = reader->rows;
    size_t row = 0;

    if (!json_enter(scan, '['))
        return;
    for (; json_item(scan); row++) {
        if (first && !rows_begin(rows, reader->err)) {
            reader->failed = true;
            scan->problem = "stopped";
            return;
        }
        if (row < rows->count)
            json_rows_cell(reader, row, column);
        else
            json_skip(scan);
    }
    if (row != rows->count)
        json_rows_fail(reader, "column '%.100s' has %zu values, those before it %zu",
                       rows->schema->column[column].name, row, rows->count);
}

static void read_columns(struct json_rows *reader)
{
    const struct schema *schema = reader->rows->schema;
    struct json_scan *scan = &reader->scan;
    const size_t object = ++reader->object;
    struct table_string key;
    bool first = true;

    if (!json_enter(scan, '{'))
        return;
    while (json_key(scan, &key)) {
        const size_t c = schema_find(schema, key.bytes, key.length);
        if (c == SIZE_MAX) {
            json_skip(scan);
            continue;
        }
        if (reader->seen[c] == object)
            json_rows_fail(reader, "column '%.100s' is there twice", schema->column[c].name);
        reader->seen[c] = object;
        read_column(reader, c, first);
        first = false;
    }
    for (size_t c = 0; c < schema->count; c++)
        if (schema_requires(&schema->column[c], false) && reader->seen[c] != object)
            json_rows_fail(reader, "column '%.100s' is not there", schema->column[c].name);
}

void json_rows_value(struct json_rows *reader)
{
    struct json_scan *scan = &reader->scan;
    const struct schema *schema = reader->rows->schema;
    struct table_string key;

    if (json_peek(scan) == JSON_VALUE_OBJECT) {
        /* Where a value may be a list, an object of lists is one row. */
        if (!schema_has_lists(schema) && peek_inside(scan, &key) == JSON_VALUE_LIST &&
            schema_find(schema, key.bytes, key.length) != SIZE_MAX)
            read_columns(reader);
        else
            add_row(reader, NULL, 0);
        return;
    }
    if (json_peek(scan) != JSON_VALUE_LIST) {
        json_rows_fail(reader, "rows must be a list or an object");
        return;
    }
    const enum json_kind inside = peek_inside(scan, NULL);
    if (inside != JSON_VALUE_NONE && inside != JSON_VALUE_LIST && inside != JSON_VALUE_OBJECT &&
        schema->count != 1) {
        add_row(reader, NULL, 0);
        return;
    }
    if (!json_enter(scan, '['))
        return;
    while (json_item(scan))
        add_row(reader, NULL, 0);
}

/* "columns": the index of each name; NULL after a mistake. */
static size_t *read_names(struct json_rows *reader, size_t *count)
{
    struct json_scan *scan = &reader->scan;
    const struct schema *schema = reader->rows->schema;
    struct json_scalar name;
    size_t room = 64;
    size_t *column = ARENA_NEW(reader->rows->memory, size_t, room);

    *count = 0;
    if (!json_enter(scan, '['))
        return NULL;
    while (json_item(scan)) {
        if (!json_read_scalar(scan, &name))
            return NULL;
        if (*count == room) {
            size_t *larger = ARENA_NEW(reader->rows->memory, size_t, room * 2);
            memcpy(larger, column, room * sizeof *column);
            column = larger;
            room *= 2;
        }
        column[(*count)++] = schema_find(schema, name.text.bytes, name.text.length);
    }
    return column;
}

static void read_split_rows(struct json_rows *reader, const size_t *column, size_t count)
{
    if (!json_enter(&reader->scan, '['))
        return;
    while (json_item(&reader->scan)) {
        if (json_peek(&reader->scan) != JSON_VALUE_LIST) {
            json_rows_fail(reader, "'dataframe_split' must have a list of lists as 'data'");
            return;
        }
        add_row(reader, column, count);
    }
}

/* "data" may come in front of "columns", so both are looked up before they are read. */
static void read_split(struct json_rows *reader)
{
    struct json_scan *scan = &reader->scan;
    struct json_mark columns = {0}, data = {0};
    struct table_string key;
    size_t *column = NULL, count = reader->rows->schema->count;

    if (!json_enter(scan, '{'))
        return;
    while (json_key(scan, &key)) {
        if (key.length == 7 && memcmp(key.bytes, "columns", 7) == 0)
            columns = json_here(scan);
        else if (key.length == 4 && memcmp(key.bytes, "data", 4) == 0)
            data = json_here(scan);
        json_skip(scan);
    }
    if (scan->problem)
        return;
    const struct json_mark end = json_here(scan);
    if (!data.at) {
        json_rows_fail(reader, "'dataframe_split' has no 'data'");
        return;
    }
    if (columns.at) {
        json_return(scan, columns);
        column = read_names(reader, &count);
        if (column && !rows_check_columns(reader->rows->schema, column, count, "'dataframe_split'",
                                          reader->rows->memory, reader->err)) {
            reader->failed = true;
            scan->problem = "stopped";
        }
    } else {
        column = ARENA_NEW(reader->rows->memory, size_t, count);
        for (size_t c = 0; c < count; c++)
            column[c] = c;
    }
    if (scan->problem)
        return;
    json_return(scan, data);
    read_split_rows(reader, column, count);
    if (!scan->problem)
        json_return(scan, end);
}

/* {"name": ..., "type": ..., "val": ...}: one value of the row. */
static void read_named(struct json_rows *reader, size_t object)
{
    struct json_scan *scan = &reader->scan;
    const struct schema *schema = reader->rows->schema;
    struct json_mark value = {0};
    struct table_string key;
    struct json_scalar name = {.kind = JSON_VALUE_NONE};

    if (!json_enter(scan, '{'))
        return;
    while (json_key(scan, &key)) {
        if (key.length == 4 && memcmp(key.bytes, "name", 4) == 0) {
            if (!json_read_scalar(scan, &name))
                return;
            continue;
        }
        if (key.length == 3 && memcmp(key.bytes, "val", 3) == 0)
            value = json_here(scan);
        json_skip(scan);
    }
    if (scan->problem)
        return;
    if (name.kind != JSON_VALUE_STRING || !value.at) {
        json_rows_fail(reader, "'input' must be a list of objects with 'name' and 'val'");
        return;
    }
    const size_t c = schema_find(schema, name.text.bytes, name.text.length);
    if (c == SIZE_MAX)
        return;
    const struct json_mark end = json_here(scan);
    json_return(scan, value);
    json_rows_cell(reader, reader->rows->count - 1, c);
    reader->seen[c] = object;
    if (!scan->problem)
        json_return(scan, end);
}

static void read_input(struct json_rows *reader)
{
    const size_t object = ++reader->object;

    if (!rows_begin(reader->rows, reader->err)) {
        reader->failed = true;
        reader->scan.problem = "stopped";
        return;
    }
    if (!json_enter(&reader->scan, '['))
        return;
    while (json_item(&reader->scan))
        read_named(reader, object);
    json_rows_check(reader, object);
}

static const struct shape {
    const char *key;
    void (*read)(struct json_rows *reader);
} shapes[] = {
    {"instances", json_rows_value},
    {"inputs", json_rows_value},
    {"dataframe_records", json_rows_value},
    {"predictions", json_rows_value}, /* the answer of the server before, in a chain */
    {"dataframe_split", read_split},
    {"data", json_rows_value},
    {"input", read_input},
};

/* The shape a key of the body announces; NULL if it is a column, or something to pass over. */
static const struct shape *find_shape(struct json_rows *reader, struct table_string key)
{
    const enum json_kind kind = json_peek(&reader->scan);

    if (kind != JSON_VALUE_LIST && kind != JSON_VALUE_OBJECT)
        return NULL;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (strlen(shapes[i].key) == key.length &&
            memcmp(shapes[i].key, key.bytes, key.length) == 0)
            return schema_find(reader->rows->schema, key.bytes, key.length) == SIZE_MAX ? &shapes[i]
                                                                                        : NULL;
    return NULL;
}

bool json_rows_wraps(struct json_rows *reader, struct table_string key)
{
    return find_shape(reader, key) != NULL;
}

/*
 * Bodies of lists are long: one whose first key is a column is read as a row at once, without a
 * first walk that looks for a key that announces rows. False: there was such a key after all.
 */
static bool read_bare(struct json_rows *reader)
{
    struct json_scan *scan = &reader->scan;
    const struct schema *schema = reader->rows->schema;
    const struct json_mark top = json_here(scan);
    struct table_string key;

    if (!schema_has_lists(schema) || json_peek(scan) != JSON_VALUE_OBJECT ||
        peek_inside(scan, &key) == JSON_VALUE_NONE || scan->problem ||
        schema_find(schema, key.bytes, key.length) == SIZE_MAX)
        return false;
    reader->bare = true;
    json_rows_value(reader);
    if (!reader->wraps)
        return true;
    scan->problem = NULL;
    json_return(scan, top);
    rows_restart(reader->rows);
    return false;
}

void json_rows_body(struct json_rows *reader)
{
    static const char wanted[] = "exactly one of 'instances', 'inputs', 'dataframe_split', "
                                 "'dataframe_records'";
    struct json_scan *scan = &reader->scan;
    const struct json_mark top = json_here(scan);
    struct table_string key;
    bool done = false, row = false;

    if (read_bare(reader)) {
        json_finish(scan);
        return;
    }
    if (json_peek(scan) != JSON_VALUE_OBJECT) {
        json_rows_value(reader);
    } else if (json_enter(scan, '{')) {
        while (json_key(scan, &key)) {
            const struct shape *shape = find_shape(reader, key);
            if (shape && done) {
                json_rows_fail(reader, "the body must have %s", wanted);
            } else if (shape) {
                shape->read(reader);
                done = true;
            } else {
                row = row || schema_find(reader->rows->schema, key.bytes, key.length) != SIZE_MAX ||
                      (key.length == 8 && memcmp(key.bytes, "features", 8) == 0);
                json_skip(scan);
            }
        }
        if (!done && row && !scan->problem) {
            json_return(scan, top);
            json_rows_value(reader);
        } else if (!done) {
            json_rows_fail(reader, "the body must be a list of rows, or an object with %s", wanted);
        }
    }
    if (!json_finish(scan))
        return;
}
