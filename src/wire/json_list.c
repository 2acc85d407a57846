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

/* A joined text that grows in an arena. */
struct joined {
    char *bytes;
    size_t length, room;
    struct arena *memory;
};

static void joined_take(struct joined *joined, size_t room)
{
    char *larger = arena_take(joined->memory, room, 1);

    if (joined->length > 0)
        memcpy(larger, joined->bytes, joined->length);
    joined->bytes = larger;
    joined->room = room;
}

static inline void joined_add(struct joined *joined, struct table_string text, bool first)
{
    const size_t more = text.length + JOIN_LENGTH;

    if (joined->room - joined->length < more)
        joined_take(joined, 2 * (joined->room + more));
    if (!first) {
        memcpy(joined->bytes + joined->length, join, JOIN_LENGTH);
        joined->length += JOIN_LENGTH;
    }
    if (text.length > 0)
        memcpy(joined->bytes + joined->length, text.bytes, text.length);
    joined->length += text.length;
}

/* Bytes that a list as most are will take; `at` is behind its bracket. */
static size_t likely_size(const char *at, const char *end)
{
    const char *close = memchr(at, ']', (size_t)(end - at));
    const size_t size = (size_t)((close ? close : at) - at);

    return size + size / 2 + JOIN_LENGTH;
}

void json_list_read(struct json_rows *reader, size_t row, size_t column)
{
    struct json_scan *scan = &reader->scan;
    struct rows *rows = reader->rows;
    struct joined joined = {.memory = rows->memory};
    struct json_scalar value;
    bool first = true;

    if (!json_enter(scan, '['))
        return;
    joined_take(&joined, likely_size(scan->at, scan->end));
    for (; json_item_text(scan, &value); first = false) {
        if (value.kind == JSON_VALUE_LIST || value.kind == JSON_VALUE_OBJECT) {
            rows_fault(rows, row, column, "must be a list of plain values");
            json_skip(scan);
            continue;
        }
        const char *problem = problem_of(&value);
        const struct table_string text = text_of(&value);
        if (problem)
            rows_fault_value(rows, row, column, text.bytes, text.length, problem);
        joined_add(&joined, text, first);
    }
    if (!scan->problem)
        rows_text_of(rows, row, column, joined.bytes, joined.length);
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
