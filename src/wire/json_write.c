#include "wire/json_write.h"
#include "wire/json_list.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void json_write_word(struct text *out, const char *word)
{
    text_add(out, word, strlen(word));
}

static void add_number(struct text *out, double value)
{
    char bytes[NUMBER_WRITE_MAX];

    text_add(out, bytes, number_write(bytes, value));
}

/* Bytes from `at` on that stand for themselves inside a JSON string. */
static size_t plain_run(const char *at, size_t length)
{
    size_t i = 0;

    while (i < length && (unsigned char)at[i] >= ' ' && at[i] != '"' && at[i] != '\\')
        i++;
    return i;
}

void json_write_string(struct text *out, const char *text, size_t length)
{
    text_add(out, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        const size_t run = plain_run(text + i, length - i);
        text_add(out, text + i, run);
        i += run;
        if (i == length)
            break;
        if (text[i] == '"' || text[i] == '\\')
            text_add(out, (const char[]){'\\', text[i]}, 2);
        else if (text[i] == '\n')
            text_add(out, "\\n", 2);
        else
            text_add_format(out, "\\u%04x", (unsigned)(unsigned char)text[i]);
    }
    text_add(out, "\"", 1);
}

void json_write_value(struct text *out, enum schema_kind kind, const struct frame_column *column,
                      size_t row)
{
    if (kind == SCHEMA_LIST && column->text[row].bytes)
        json_list_write(out, column->text[row]);
    else if (column->number && isfinite(column->number[row]))
        add_number(out, column->number[row]);
    else if (column->text && column->text[row].bytes)
        json_write_string(out, column->text[row].bytes, column->text[row].length);
    else
        json_write_word(out, "null");
}

void json_write_error(struct text *out, const struct row_error *error, size_t row)
{
    json_write_word(out, "{\"error\": ");
    json_write_string(out, error->text, strlen(error->text));
    text_add_format(out, ", \"row\": %zu", row);
    if (error->column) {
        json_write_word(out, ", \"column\": ");
        json_write_string(out, error->column, strlen(error->column));
    }
    json_write_word(out, "}");
}

void json_write_row(struct text *out, const struct frame *answer, size_t row)
{
    if (answer->schema->count == 1) {
        json_write_value(out, answer->schema->column[0].kind, &answer->column[0], row);
        return;
    }
    for (size_t c = 0; c < answer->schema->count; c++) {
        const char *name = answer->schema->column[c].name;
        text_add(out, c ? ", " : "{", c ? 2 : 1);
        json_write_string(out, name, strlen(name));
        text_add(out, ": ", 2);
        json_write_value(out, answer->schema->column[c].kind, &answer->column[c], row);
    }
    json_write_word(out, "}");
}
