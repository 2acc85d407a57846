#include "wire/json_rows.h"

#include "wire/json_list.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void json_rows_init(struct json_rows *reader, struct rows *rows, struct error *err)
{
    *reader = (struct json_rows){.rows = rows, .err = err};
    reader->seen = ARENA_ZERO(rows->memory, size_t, rows->schema->count);
}

void json_rows_start(struct json_rows *reader, const char *body, size_t size)
{
    json_scan_init(&reader->scan, body, size, reader->rows->limits->depth, reader->rows->memory);
}

void json_rows_fail(struct json_rows *reader, const char *format, ...)
{
    char text[256];
    va_list args;

    if (reader->scan.problem)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_set(reader->err, ERR_DATA, "%s", text);
    reader->failed = true;
    reader->scan.problem = "stopped";
}

static void put_number(struct rows *rows, size_t row, size_t column,
                       const struct json_scalar *value)
{
    double number = NAN;

    switch (value->kind) {
    case JSON_VALUE_STRING:
        rows_number_of(rows, row, column, value->text.bytes, value->text.length);
        return;
    case JSON_VALUE_TRUE:
    case JSON_VALUE_FALSE:
        number = value->kind == JSON_VALUE_TRUE;
        break;
    case JSON_VALUE_NUMBER:
        number = value->number;
        break;
    case JSON_VALUE_INFINITY:
        number = INFINITY;
        break;
    default:
        break;
    }
    if (isinf(number))
        rows_fault_value(rows, row, column, value->text.bytes, value->text.length, "is not finite");
    rows->column[column].number[row] = number;
}

void json_rows_put(struct rows *rows, size_t row, size_t column, const struct json_scalar *value)
{
    if (rows->column[column].number) {
        put_number(rows, row, column, value);
        return;
    }
    if (!rows->column[column].text)
        return;
    if (value->kind == JSON_VALUE_NULL || value->kind == JSON_VALUE_NAN)
        rows_missing(rows, row, column);
    else /* numbers and truth values are their own text */
        rows_text_of(rows, row, column, value->text.bytes, value->text.length);
}

void json_rows_cell(struct json_rows *reader, size_t row, size_t column)
{
    struct json_scan *scan = &reader->scan;
    struct json_scalar value = {.kind = JSON_VALUE_NONE};
    bool single = true;

    if (json_peek(scan) == JSON_VALUE_LIST &&
        reader->rows->schema->column[column].kind == SCHEMA_LIST) {
        json_list_read(reader, row, column);
        return;
    }
    if (json_peek(scan) == JSON_VALUE_LIST) {
        /* A tensor of shape [n, 1] has its values in lists of one. */
        if (!json_enter(scan, '['))
            return;
        for (size_t i = 0; json_item(scan); i++) {
            const enum json_kind kind = json_peek(scan);
            single = i == 0 && kind != JSON_VALUE_LIST && kind != JSON_VALUE_OBJECT;
            if (!(single ? json_read_scalar(scan, &value) : json_skip(scan)))
                return;
        }
        single = single && value.kind != JSON_VALUE_NONE;
    } else if (json_peek(scan) == JSON_VALUE_OBJECT) {
        json_skip(scan);
        single = false;
    } else if (!json_read_scalar(scan, &value)) {
        return;
    }
    if (single)
        json_rows_put(reader->rows, row, column, &value);
    else if (reader->rows->schema->column[column].kind != SCHEMA_IGNORED)
        rows_fault(reader->rows, row, column, "must be one value, not a list or an object");
}

void json_rows_list(struct json_rows *reader, const size_t *column, size_t count)
{
    struct json_scan *scan = &reader->scan;
    const size_t row = reader->rows->count - 1;
    size_t field = 0;

    if (!json_enter(scan, '['))
        return;
    for (; json_item(scan); field++) {
        const size_t target = field >= count ? SIZE_MAX : column ? column[field] : field;
        if (target == SIZE_MAX)
            json_skip(scan);
        else
            json_rows_cell(reader, row, target);
    }
    if (field != count)
        rows_fault(reader->rows, row, SIZE_MAX, "has %zu values, not %zu", field, count);
}

/* Keys come in the schema's order more often than not: look there first. */
static size_t find_column(const struct schema *schema, struct table_string key, size_t guess)
{
    if (guess < schema->count && strlen(schema->column[guess].name) == key.length &&
        memcmp(schema->column[guess].name, key.bytes, key.length) == 0)
        return guess;
    return schema_find(schema, key.bytes, key.length);
}

static bool key_is(struct table_string key, const char *name)
{
    return strlen(name) == key.length && memcmp(key.bytes, name, key.length) == 0;
}

/* A key that stands around a row, with a row behind it. */
static bool is_wrapper(struct json_scan *scan, struct table_string key)
{
    const enum json_kind kind = json_peek(scan);

    return (kind == JSON_VALUE_LIST || kind == JSON_VALUE_OBJECT) &&
           (key_is(key, "features") || key_is(key, "values") || key_is(key, "data"));
}

void json_rows_check(struct json_rows *reader, size_t object)
{
    const struct schema *schema = reader->rows->schema;
    bool lists = false;

    for (size_t c = 0; c < schema->count; c++)
        lists = lists || (schema->column[c].kind == SCHEMA_LIST && reader->seen[c] == object &&
                          reader->rows->column[c].text[reader->rows->count - 1].bytes);
    for (size_t c = 0; c < schema->count; c++)
        if (schema_requires(&schema->column[c], lists) && reader->seen[c] != object) {
            rows_fault(reader->rows, reader->rows->count - 1, c, "is not there");
            return;
        }
}

static void read_object(struct json_rows *reader)
{
    struct json_scan *scan = &reader->scan;
    struct rows *rows = reader->rows;
    const size_t row = rows->count - 1, object = ++reader->object;
    const bool bare = reader->bare;
    struct table_string key;
    size_t guess = 0;
    bool wrapped = false;

    reader->bare = false;
    if (!json_enter(scan, '{'))
        return;
    while (json_key(scan, &key)) {
        const size_t c = find_column(rows->schema, key, guess);
        if (c != SIZE_MAX) {
            if (reader->seen[c] == object)
                rows_fault(rows, row, c, "is there twice");
            reader->seen[c] = object;
            guess = c + 1;
            json_rows_cell(reader, row, c);
        } else if (bare && json_rows_wraps(reader, key)) {
            reader->wraps = true;
            scan->problem = "stopped";
        } else if (!wrapped && is_wrapper(scan, key)) {
            wrapped = true;
            json_rows_row(reader);
        } else {
            json_skip(scan);
        }
    }
    if (wrapped)
        return;
    rows->records = true;
    json_rows_check(reader, object);
}

void json_rows_row(struct json_rows *reader)
{
    const struct schema *schema = reader->rows->schema;

    switch (json_peek(&reader->scan)) {
    case JSON_VALUE_LIST:
        json_rows_list(reader, NULL, schema->count);
        break;
    case JSON_VALUE_OBJECT:
        read_object(reader);
        break;
    default:
        if (schema->count == 1) {
            json_rows_cell(reader, reader->rows->count - 1, 0);
            break;
        }
        rows_fault(reader->rows, reader->rows->count - 1, SIZE_MAX,
                   "must be a list or an object of %zu values", schema->count);
        json_skip(&reader->scan);
    }
}
