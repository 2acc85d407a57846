#include "wire/csv.h"
#include "base/number.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

size_t csv_lines(const char *body, size_t size)
{
    const char *at = body, *end = body + size;
    size_t count = 1;

    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        at++;
        count++;
    }
    return count;
}

/* At a line end: "\n", "\r\n", "\r" at the end of all, or the end of all. */
static inline bool at_line_end(const char *at, const char *end)
{
    return at == end || *at == '\n' || (*at == '\r' && (at + 1 == end || at[1] == '\n'));
}

static inline bool at_field_end(const char *at, const char *end)
{
    return at == end || *at == ',' || at_line_end(at, end);
}

static inline const char *skip_field(const char *at, const char *end)
{
    while (!at_field_end(at, end))
        at++;
    return at;
}

/* The closing quote of a field that starts behind an opening one; NULL: there is none. */
static const char *closing_quote(const char *at, const char *end, bool *doubled)
{
    *doubled = false;
    for (;;) {
        at = memchr(at, '"', (size_t)(end - at));
        if (!at || at + 1 == end || at[1] != '"')
            return at;
        *doubled = true;
        at += 2;
    }
}

static struct table_string unquote(struct rows *rows, const char *at, const char *close)
{
    char *bytes = arena_take(rows->memory, (size_t)(close - at), 1);
    size_t length = 0;

    for (; at < close; at++) {
        at += *at == '"';
        bytes[length++] = *at;
    }
    return (struct table_string){bytes, length};
}

static void put_field(struct rows *rows, size_t column, struct table_string value)
{
    const size_t row = rows->count - 1;

    if (column == SIZE_MAX || rows->schema->column[column].kind == SCHEMA_IGNORED)
        return;
    if (rows->column[column].number)
        rows_number_of(rows, row, column, value.bytes, value.length);
    else if (value.length == 0)
        rows_missing(rows, row, column);
    else
        rows_text_of(rows, row, column, value.bytes, value.length);
}

/* Returns the end of the field; NULL: the quote is never closed. */
static const char *quoted_field(struct rows *rows, size_t column, const char *at, const char *end)
{
    bool doubled;
    const char *close = closing_quote(at + 1, end, &doubled);

    if (!close)
        return NULL;
    put_field(rows, column,
              doubled ? unquote(rows, at + 1, close)
                      : (struct table_string){at + 1, (size_t)(close - at - 1)});
    at = close + 1;
    if (!at_field_end(at, end)) {
        rows_fault(rows, rows->count - 1, column, "has text after its closing quote");
        at = skip_field(at, end);
    }
    return at;
}

/* One field into its column; returns its end. NULL: a quote is never closed. */
static inline const char *read_field(struct rows *rows, size_t column, const char *at,
                                     const char *end)
{
    const char *start = at;
    double *number;

    if (__builtin_expect(at < end && *at == '"', 0))
        return quoted_field(rows, column, at, end);
    if (column == SIZE_MAX)
        return skip_field(at, end);
    number = rows->column[column].number;
    if (number) {
        double value;
        at = number_read(at, end, &value);
        if (__builtin_expect(at && at_field_end(at, end) && isfinite(value), 1)) {
            number[rows->count - 1] = value;
            return at;
        }
        at = start;
    }
    at = skip_field(at, end);
    if (number || at == start)
        put_field(rows, column, (struct table_string){start, (size_t)(at - start)});
    else if (rows->column[column].text)
        rows_text_of(rows, rows->count - 1, column, start, (size_t)(at - start));
    return at;
}

/* One record; returns its end, in front of the line end. */
static const char *read_record(struct rows *rows, const struct csv_layout *layout, const char *at,
                               const char *end)
{
    size_t field = 0;

    for (;; at++, field++) {
        at = read_field(rows, field < layout->count ? layout->column[field] : SIZE_MAX, at, end);
        if (!at || at_line_end(at, end))
            break;
    }
    if (field + 1 != layout->count)
        rows_fault(rows, rows->count - 1, SIZE_MAX, "has %zu fields, not %zu%s", field + 1,
                   layout->count, layout->header ? " as the header" : "");
    return at;
}

bool csv_rows_read(struct rows *rows, const struct csv_layout *layout, const char *body,
                   size_t size, struct table_string *record, struct error *err)
{
    const char *end = body + size;

    for (const char *at = body; at < end;) {
        if (at_line_end(at, end)) {
            at++;
            continue;
        }
        if (!rows_begin(rows, err))
            return false;
        const char *start = at;
        at = read_record(rows, layout, at, end);
        if (!at)
            return error_set(err, ERR_DATA, "row %zu: a quote is never closed", rows->count);
        if (record)
            record[rows->count - 1] = (struct table_string){start, (size_t)(at - start)};
    }
    return true;
}

/* Behind the line end of the record at `at`; NULL: it is not whole. */
static const char *skip_record(const char *at, const char *end)
{
    bool doubled;

    for (;; at++) {
        if (at < end && *at == '"') {
            at = closing_quote(at + 1, end, &doubled);
            if (!at || at + 1 == end)
                return NULL;
            at++;
        }
        at = skip_field(at, end);
        if (at == end)
            return NULL;
        if (*at == '\n')
            return at + 1;
        if (*at == '\r')
            return at + 1 < end ? at + 2 : NULL;
    }
}

size_t csv_cut(const char *body, size_t size, size_t target, bool last)
{
    const char *end = body + size;
    const size_t reach = target < size ? target : size;

    if (last && target >= size)
        return size;
    if (!memchr(body, '"', reach)) {
        const char *newline = memrchr(body, '\n', reach);
        if (newline)
            return (size_t)(newline - body) + 1;
    }
    const char *at = body;
    while ((size_t)(at - body) < reach) {
        const char *next = skip_record(at, end);
        if (!next)
            return last ? size : (size_t)(at - body);
        at = next;
    }
    return (size_t)(at - body);
}
