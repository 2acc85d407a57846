#include "wire/csv.h"
#include "wire/json_write.h"
#include "base/number.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void add_number(struct text *out, double value)
{
    char bytes[NUMBER_WRITE_MAX];

    text_add(out, bytes, number_write(bytes, value));
}

static void encode_json(struct text *out, const struct frame *answer,
                        const struct row_errors *errors, bool lines)
{
    if (!lines)
        json_write_word(out, "{\"predictions\": [");
    for (size_t row = 0; row < answer->rows; row++) {
        if (!lines && row > 0)
            text_add(out, ", ", 2);
        const struct row_error *error = errors ? row_errors_find(errors, row) : NULL;
        if (error)
            json_write_error(out, error, row + 1);
        else
            json_write_row(out, answer, row);
        if (lines)
            text_add(out, "\n", 1);
    }
    if (!lines)
        json_write_word(out, "]}\n");
}

void csv_write_field(struct text *out, const char *text, size_t length)
{
    bool quote = false;

    for (size_t i = 0; i < length && !quote; i++)
        quote = text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r';
    if (!quote) {
        text_add(out, text, length);
        return;
    }
    text_add(out, "\"", 1);
    for (size_t i = 0; i < length; i++)
        text_add(out, text[i] == '"' ? "\"\"" : &text[i], text[i] == '"' ? 2 : 1);
    text_add(out, "\"", 1);
}

void csv_write_row(struct text *out, const struct frame *answer, const size_t *column, size_t count,
                   size_t row)
{
    for (size_t i = 0; i < count; i++) {
        const struct frame_column *values = &answer->column[column[i]];
        if (i > 0)
            text_add(out, ",", 1);
        if (values->number && isfinite(values->number[row]))
            add_number(out, values->number[row]);
        else if (values->text && values->text[row].bytes)
            csv_write_field(out, values->text[row].bytes, values->text[row].length);
    }
    text_add(out, "\n", 1);
}

bool wire_encode(struct text *out, enum wire_media media, const struct frame *answer,
                 const size_t *csv, size_t csv_count, const struct row_errors *errors,
                 struct error *err)
{
    if (media == WIRE_CSV) {
        if (errors && errors->first)
            return wire_row_error(errors, err);
        for (size_t row = 0; row < answer->rows; row++)
            csv_write_row(out, answer, csv, csv_count, row);
        return true;
    }
    encode_json(out, answer, errors, media == WIRE_JSONL);
    return true;
}

bool wire_row_error(const struct row_errors *errors, struct error *err)
{
    const struct row_error *first = errors->first;

    for (const struct row_error *error = first; error; error = error->next)
        if (error->row < first->row)
            first = error;
    if (first->column)
        return error_set(err, ERR_DATA, "row %zu, column '%.200s': %.300s", first->row + 1,
                         first->column, first->text);
    return error_set(err, ERR_DATA, "row %zu %.300s", first->row + 1, first->text);
}
