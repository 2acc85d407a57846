#include "wire/rows.h"
#include "base/number.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { VALUE_SHOWN = 40 }; /* bytes of a value that a message quotes */

/* A row need not have such a column: its values are missing until they are there. */
static void clear_rest(const struct rows *rows, const struct rows_column *column, size_t room)
{
    for (size_t row = rows->count; row < room; row++)
        if (column->number)
            column->number[row] = NAN;
        else
            column->text[row] = (struct table_string){NULL, 0};
}

static void take_columns(struct rows *rows, size_t room)
{
    for (size_t c = 0; c < rows->schema->count; c++) {
        struct rows_column *column = &rows->column[c];
        const struct rows_column old = *column;
        if (rows->schema->column[c].kind == SCHEMA_IGNORED)
            continue;
        if (rows->schema->column[c].kind == SCHEMA_NUMBER) {
            column->number = ARENA_NEW(rows->memory, double, room);
            if (rows->count > 0)
                memcpy(column->number, old.number, rows->count * sizeof *old.number);
        } else {
            column->text = ARENA_NEW(rows->memory, struct table_string, room);
            if (rows->count > 0)
                memcpy(column->text, old.text, rows->count * sizeof *old.text);
        }
        if (rows->schema->column[c].need != SCHEMA_REQUIRED)
            clear_rest(rows, column, room);
    }
    unsigned char *faulty = ARENA_ZERO(rows->memory, unsigned char, room);
    if (rows->count > 0)
        memcpy(faulty, rows->faulty, rows->count);
    rows->faulty = faulty;
    rows->room = room;
}

void rows_init(struct rows *rows, const struct schema *schema, const struct wire_limits *limits,
               size_t room, struct row_errors *errors, struct arena *memory)
{
    *rows = (struct rows){.schema = schema, .limits = limits, .memory = memory, .errors = errors};
    rows->column = ARENA_ZERO(memory, struct rows_column, schema->count);
    for (size_t c = 0; c < schema->count; c++)
        rows->used += schema->column[c].kind != SCHEMA_IGNORED;
    if (room > limits->rows)
        room = limits->rows;
    take_columns(rows, room ? room : 1);
}

bool rows_begin(struct rows *rows, struct error *err)
{
    if (rows->count >= rows->limits->rows)
        return error_set(err, ERR_LIMIT, "more than %zu rows", rows->limits->rows);
    if (rows->count == rows->room)
        take_columns(rows, rows->room * 2);
    rows->count++;
    return true;
}

void rows_restart(struct rows *rows)
{
    rows->count = 0;
    rows->records = false;
    *rows->errors = (struct row_errors){.memory = rows->errors->memory};
    memset(rows->faulty, 0, rows->room);
    for (size_t c = 0; c < rows->schema->count; c++)
        if (rows->schema->column[c].kind != SCHEMA_IGNORED &&
            rows->schema->column[c].need != SCHEMA_REQUIRED)
            clear_rest(rows, &rows->column[c], rows->room);
}

void rows_fault(struct rows *rows, size_t row, size_t column, const char *format, ...)
{
    struct row_errors *errors = rows->errors;
    char text[256];
    va_list args;

    if (rows->faulty[row] && column != SIZE_MAX)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!rows->faulty[row]) {
        rows->faulty[row] = 1;
        row_errors_add(errors, row, column == SIZE_MAX ? NULL : rows->schema->column[column].name,
                       "%s", text);
    } else if (errors->first->row == row) {
        errors->first->column = NULL;
        errors->first->text = arena_string(errors->memory, text, strlen(text));
    }
}

void rows_fault_value(struct rows *rows, size_t row, size_t column, const char *value,
                      size_t length, const char *what)
{
    char shown[VALUE_SHOWN + 4];
    const size_t count = utf8_cut(value, length, VALUE_SHOWN);
    const bool readable = utf8_valid(value, count);
    for (size_t i = 0; i < count; i++) {
        const unsigned char c = (unsigned char)value[i];
        shown[i] = c < ' ' || c == 127 ? ' ' : c > 127 && !readable ? '?' : value[i];
    }
    memcpy(shown + count, length > count ? "..." : "", length > count ? 4 : 1);
    rows_fault(rows, row, column, "'%s' %s", shown, what);
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

static bool is_infinite(const char *text, size_t length)
{
    if (length > 0 && (*text == '-' || *text == '+')) {
        text++;
        length--;
    }
    return is_word(text, length, "inf") || is_word(text, length, "infinity");
}

void rows_number_of(struct rows *rows, size_t row, size_t column, const char *text, size_t length)
{
    double value = NAN;

    text_trim(&text, &length);
    if (!text_is_missing(text, length)) {
        const char *end = number_read(text, text + length, &value);
        if ((end == text + length && !isfinite(value)) || is_infinite(text, length))
            rows_fault_value(rows, row, column, text, length, "is not finite");
        else if (end != text + length)
            rows_fault_value(rows, row, column, text, length, "is not a number");
    }
    rows->column[column].number[row] = value;
}

void rows_text_of(struct rows *rows, size_t row, size_t column, const char *text, size_t length)
{
    if (rows->foreign && !utf8_plain(text, length) && !utf8_valid(text, length))
        rows_fault_value(rows, row, column, text, length, "is not UTF-8");
    rows->column[column].text[row] = (struct table_string){text, length};
}

void rows_missing(struct rows *rows, size_t row, size_t column)
{
    if (rows->column[column].number)
        rows->column[column].number[row] = NAN;
    else if (rows->column[column].text)
        rows->column[column].text[row] = (struct table_string){NULL, 0};
}

bool rows_check_columns(const struct schema *schema, const size_t *column, size_t count,
                        const char *what, struct arena *memory, struct error *err)
{
    unsigned char *seen = ARENA_ZERO(memory, unsigned char, schema->count);
    bool lists = false;

    for (size_t f = 0; f < count; f++) {
        if (column[f] == SIZE_MAX)
            continue;
        if (seen[column[f]]++)
            return error_set(err, ERR_DATA, "%s has column '%.100s' twice", what,
                             schema->column[column[f]].name);
    }
    for (size_t c = 0; c < schema->count; c++)
        lists = lists || (seen[c] && schema->column[c].kind == SCHEMA_LIST);
    for (size_t c = 0; c < schema->count; c++)
        if (!seen[c] && schema_requires(&schema->column[c], lists))
            return error_set(err, ERR_DATA, "%s has no column '%.100s'", what,
                             schema->column[c].name);
    return true;
}

bool rows_finish(struct rows *rows, struct wire_rows *out, struct error *err)
{
    if (rows->count == 0)
        return error_set(err, ERR_DATA, "there are no rows");
    for (const struct row_error *error = rows->errors->first; error; error = error->next)
        for (size_t c = 0; c < rows->schema->count; c++)
            rows_missing(rows, error->row, c);
    struct frame_column *column = ARENA_NEW(rows->memory, struct frame_column, rows->schema->count);
    for (size_t c = 0; c < rows->schema->count; c++)
        column[c] = (struct frame_column){rows->column[c].number, rows->column[c].text};
    out->frame = (struct frame){rows->schema, rows->count, column};
    out->records = rows->records;
    return true;
}
