#include "wire/json_write.h"
#include "wire/number.h"

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

void json_write_value(struct text *out, const struct frame_column *column, size_t row)
{
    if (column->number && isfinite(column->number[row]))
        add_number(out, column->number[row]);
    else if (column->text && column->text[row].bytes)
        json_write_string(out, column->text[row].bytes, column->text[row].length);
    else
        json_write_word(out, "null");
}
