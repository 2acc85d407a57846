#include "wire/json_list.h"

#include "wire/json_write.h"
#include "base/number.h"

#include <math.h>
#include <string.h>

static const char join[] = SCHEMA_LIST_JOIN;

enum { JOIN_LENGTH = sizeof join - 1 };

/* What is wrong with a value, or NULL. */
static const char *problem_of(const struct json_scalar *value)
{
    if (value->kind == JSON_VALUE_INFINITY)
        return "is not finite";
    if (value->kind == JSON_VALUE_STRING &&
        memmem(value->text.bytes, value->text.length, join, JOIN_LENGTH))
        return "holds the separator " SCHEMA_LIST_JOIN;
    return NULL;
}

static struct table_string text_of(const struct json_scalar *value)
{
    if (value->kind == JSON_VALUE_NULL || value->kind == JSON_VALUE_NAN)
        return (struct table_string){"", 0};
    return value->text;
}

/* A walk over the list: the bytes it takes, written where there is a place for them. */
static size_t walk(struct json_rows *reader, size_t row, size_t column, char *to)
{
    struct json_scan *scan = &reader->scan;
    struct json_scalar value;
    size_t length = 0;

    if (!json_enter(scan, '['))
        return 0;
    for (size_t i = 0; json_item(scan); i++) {
        const enum json_kind kind = json_peek(scan);
        if (kind == JSON_VALUE_LIST || kind == JSON_VALUE_OBJECT) {
            rows_fault(reader->rows, row, column, "must be a list of plain values");
            json_skip(scan);
            continue;
        }
        if (!json_read_scalar(scan, &value))
            return 0;
        const char *problem = problem_of(&value);
        const struct table_string text = text_of(&value);
        if (problem)
            rows_fault_value(reader->rows, row, column, text.bytes, text.length, problem);
        if (to && i > 0)
            memcpy(to + length, join, JOIN_LENGTH);
        length += i > 0 ? JOIN_LENGTH : 0;
        if (to && text.length > 0)
            memcpy(to + length, text.bytes, text.length);
        length += text.length;
    }
    return length;
}

void json_list_read(struct json_rows *reader, size_t row, size_t column)
{
    struct rows *rows = reader->rows;
    const struct json_mark start = json_here(&reader->scan);
    const size_t length = walk(reader, row, column, NULL);

    if (reader->scan.problem)
        return;
    char *bytes = arena_take(rows->memory, length + 1, 1);
    json_return(&reader->scan, start);
    walk(reader, row, column, bytes);
    rows_text_of(rows, row, column, bytes, length);
}

static void write_item(struct text *out, const char *bytes, size_t length)
{
    char shortest[NUMBER_WRITE_MAX];
    double number;
    const char *end = bytes + length;

    if (length == 0)
        json_write_word(out, "null");
    else if (number_read(bytes, end, &number) == end && isfinite(number))
        text_add(out, shortest, number_write(shortest, number));
    else
        json_write_string(out, bytes, length);
}

void json_list_write(struct text *out, struct table_string joined)
{
    const char *at = joined.bytes, *end = at + joined.length;

    text_add(out, "[", 1);
    while (joined.length > 0) {
        const char *next = memmem(at, (size_t)(end - at), join, JOIN_LENGTH);
        write_item(out, at, (size_t)((next ? next : end) - at));
        if (!next)
            break;
        text_add(out, ", ", 2);
        at = next + JOIN_LENGTH;
    }
    text_add(out, "]", 1);
}
