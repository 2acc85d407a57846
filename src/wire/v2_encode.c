#include "base/number.h"
#include "wire/json_write.h"
#include "wire/v2.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

const char *v2_datatype(enum schema_kind kind)
{
    return kind == SCHEMA_NUMBER ? "FP64" : "BYTES";
}

static size_t binary_size(const struct frame_column *column, size_t rows)
{
    size_t size = 0;

    if (!column->text)
        return rows * sizeof(double);
    for (size_t row = 0; row < rows; row++)
        size += sizeof(uint32_t) + column->text[row].length;
    return size;
}

static void add_binary(struct text *out, const struct frame_column *column, size_t rows)
{
    if (!column->text) {
        text_add(out, (const char *)column->number, rows * sizeof(double));
        return;
    }
    for (size_t row = 0; row < rows; row++) {
        const uint32_t length = (uint32_t)column->text[row].length;
        text_add(out, (const char *)&length, sizeof length);
        if (length > 0)
            text_add(out, column->text[row].bytes, length);
    }
}

static void add_output(struct text *out, const struct v2_output *output, const struct frame *answer)
{
    const struct schema_column *column = &answer->schema->column[output->column];
    const struct frame_column *values = &answer->column[output->column];

    json_write_word(out, "{\"name\":");
    json_write_string(out, column->name, strlen(column->name));
    text_add_format(out, ",\"datatype\":\"%s\",\"shape\":[%zu],", v2_datatype(column->kind),
                    answer->rows);
    if (output->binary) {
        text_add_format(out, "\"parameters\":{\"binary_data_size\":%zu}}",
                        binary_size(values, answer->rows));
        return;
    }
    json_write_word(out, "\"data\":[");
    for (size_t row = 0; row < answer->rows; row++) {
        text_add(out, ",", row > 0);
        json_write_value(out, SCHEMA_TEXT, values, row); /* a list is one element too */
    }
    json_write_word(out, "]}");
}

bool v2_encode(struct text *out, size_t *json_size, const struct v2_request *request,
               const char *model, const char *version, const struct frame *answer,
               const struct row_errors *errors, struct error *err)
{
    const size_t start = out->length;
    bool binary = false;

    if (errors && errors->first)
        return wire_row_error(errors, err);
    json_write_word(out, "{\"model_name\":");
    json_write_string(out, model, strlen(model));
    if (version) {
        json_write_word(out, ",\"model_version\":");
        json_write_string(out, version, strlen(version));
    }
    if (request->id) {
        json_write_word(out, ",\"id\":");
        json_write_string(out, request->id, strlen(request->id));
    }
    json_write_word(out, ",\"outputs\":[");
    for (size_t i = 0; i < request->output_count; i++) {
        text_add(out, ",", i > 0);
        add_output(out, &request->output[i], answer);
        binary = binary || request->output[i].binary;
    }
    json_write_word(out, "]}");
    *json_size = binary ? out->length - start : V2_JSON_ALL;
    for (size_t i = 0; i < request->output_count; i++)
        if (request->output[i].binary)
            add_binary(out, &answer->column[request->output[i].column], answer->rows);
    return true;
}
