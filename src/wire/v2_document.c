#include "wire/v2_document.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool key_is(struct table_string key, const char *name)
{
    return strlen(name) == key.length && memcmp(key.bytes, name, key.length) == 0;
}

const char *v2_shown(struct v2_reader *r, struct table_string name)
{
    enum { SHOWN = 100 };

    return arena_format(r->json.rows->memory, "%.*s",
                        name.length < SHOWN ? (int)name.length : SHOWN, name.bytes);
}

const char *v2_names(struct v2_reader *r, const struct schema *schema)
{
    char list[160] = "";

    for (size_t c = 0; c < schema->count && strlen(list) + 24 < sizeof list; c++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%.20s", c ? ", " : "",
                 schema->column[c].name);
    return arena_format(r->json.rows->memory, "%s", list);
}

/* A whole number from 0 to 2^53; anything else stops the reader. */
static size_t read_size(struct v2_reader *r, const char *what)
{
    struct json_scalar value = {.kind = JSON_VALUE_NONE};

    if (!json_read_scalar(&r->json.scan, &value))
        return 0;
    if (value.kind != JSON_VALUE_NUMBER || !(value.number >= 0 && value.number <= 0x1p53) ||
        value.number != (double)(size_t)value.number) {
        json_rows_fail(&r->json, "%s must be a whole number, not %s", what,
                       v2_shown(r, value.text));
        return 0;
    }
    return (size_t)value.number;
}

static bool read_truth(struct v2_reader *r, const char *what)
{
    struct json_scalar value = {.kind = JSON_VALUE_NONE};

    if (!json_read_scalar(&r->json.scan, &value))
        return false;
    if (value.kind != JSON_VALUE_TRUE && value.kind != JSON_VALUE_FALSE)
        json_rows_fail(&r->json, "%s must be true or false, not %s", what, v2_shown(r, value.text));
    return value.kind == JSON_VALUE_TRUE;
}

static struct table_string read_text(struct v2_reader *r, const char *what)
{
    struct json_scalar value = {.kind = JSON_VALUE_NONE};

    if (json_read_scalar(&r->json.scan, &value) && value.kind != JSON_VALUE_STRING)
        json_rows_fail(&r->json, "%s must be a text, not %s", what, v2_shown(r, value.text));
    return value.kind == JSON_VALUE_STRING ? value.text : (struct table_string){"", 0};
}

static void read_shape(struct v2_reader *r, struct v2_tensor *tensor)
{
    struct json_scan *scan = &r->json.scan;
    size_t dimensions = 0;

    tensor->width = 1;
    if (!json_enter(scan, '['))
        return;
    for (; json_item(scan); dimensions++) {
        const size_t size = read_size(r, "a dimension");
        if (dimensions == 0)
            tensor->rows = size;
        else if (dimensions == 1)
            tensor->width = size;
    }
    if (!scan->problem && (dimensions == 0 || dimensions > 2))
        json_rows_fail(&r->json, "a shape must be [rows] or [rows, columns], not of %zu dimensions",
                       dimensions);
}

static void read_input_parameters(struct v2_reader *r, struct v2_tensor *tensor)
{
    struct json_scan *scan = &r->json.scan;
    struct table_string key;

    if (!json_enter(scan, '{'))
        return;
    while (json_key(scan, &key)) {
        if (key_is(key, "binary_data_size")) {
            tensor->has_binary = true;
            tensor->binary_size = read_size(r, "binary_data_size");
        } else if (key_is(key, "shared_memory_region")) {
            json_rows_fail(&r->json, "shared memory is not offered here");
        } else {
            json_skip(scan);
        }
    }
}

/* The bytes of a binary tensor, from those that no tensor before it has taken. */
static void take_binary(struct v2_reader *r, struct v2_tensor *tensor)
{
    if (!tensor->has_binary)
        return;
    if (tensor->binary_size > (size_t)(r->end - r->binary)) {
        json_rows_fail(&r->json, "input '%s' has binary_data_size %zu, but only %zu bytes are left",
                       v2_shown(r, tensor->name), tensor->binary_size,
                       (size_t)(r->end - r->binary));
        return;
    }
    tensor->binary = r->binary;
    r->binary += tensor->binary_size;
}

static void read_tensor(struct v2_reader *r, struct v2_tensor *tensor)
{
    struct json_scan *scan = &r->json.scan;
    struct table_string key;
    bool has_shape = false;

    *tensor = (struct v2_tensor){.type = V2_TYPE_COUNT};
    if (!json_enter(scan, '{'))
        return;
    while (json_key(scan, &key)) {
        if (key_is(key, "name")) {
            tensor->name = read_text(r, "the name of an input");
        } else if (key_is(key, "datatype")) {
            const struct table_string name = read_text(r, "datatype");
            tensor->type = v2_type_of(name);
            if (tensor->type == V2_TYPE_COUNT)
                json_rows_fail(&r->json, "there is no datatype '%s'", v2_shown(r, name));
        } else if (key_is(key, "shape")) {
            has_shape = true;
            read_shape(r, tensor);
        } else if (key_is(key, "parameters")) {
            read_input_parameters(r, tensor);
        } else {
            if (key_is(key, "data")) {
                tensor->has_data = true;
                tensor->data = json_here(scan);
            }
            json_skip(scan);
        }
    }
    if (scan->problem)
        return;
    if (!tensor->name.bytes || tensor->type == V2_TYPE_COUNT || !has_shape ||
        tensor->has_data == tensor->has_binary)
        json_rows_fail(&r->json, "an input must have name, shape, datatype, and either data or "
                                 "parameters.binary_data_size");
    take_binary(r, tensor);
}

static void read_inputs(struct v2_reader *r)
{
    struct json_scan *scan = &r->json.scan;

    r->has_inputs = true;
    if (!json_enter(scan, '['))
        return;
    while (json_item(scan)) {
        if (r->count == r->room) {
            json_rows_fail(&r->json, "there are more inputs than the %zu columns", r->room);
            return;
        }
        read_tensor(r, &r->tensor[r->count++]);
    }
}

static void read_output_parameters(struct v2_reader *r, struct v2_output *output)
{
    struct json_scan *scan = &r->json.scan;
    struct table_string key;

    if (!json_enter(scan, '{'))
        return;
    while (json_key(scan, &key)) {
        if (key_is(key, "binary_data"))
            output->binary = read_truth(r, "binary_data");
        else if (key_is(key, "classification"))
            json_rows_fail(&r->json, "classification is not offered here: ask for the outputs");
        else if (key_is(key, "shared_memory_region"))
            json_rows_fail(&r->json, "shared memory is not offered here");
        else
            json_skip(scan);
    }
}

static void read_output(struct v2_reader *r, struct v2_output *output, bool *binary_given)
{
    struct json_scan *scan = &r->json.scan;
    struct table_string key, name = {NULL, 0};

    *output = (struct v2_output){.column = SIZE_MAX};
    *binary_given = false;
    if (!json_enter(scan, '{'))
        return;
    while (json_key(scan, &key)) {
        if (key_is(key, "name")) {
            name = read_text(r, "the name of an output");
        } else if (key_is(key, "parameters")) {
            *binary_given = true;
            read_output_parameters(r, output);
        } else {
            json_skip(scan);
        }
    }
    if (scan->problem)
        return;
    if (name.bytes)
        output->column = schema_find(r->answer, name.bytes, name.length);
    if (output->column == SIZE_MAX)
        json_rows_fail(&r->json, "there is no output '%s'; there are: %s",
                       name.bytes ? v2_shown(r, name) : "", v2_names(r, r->answer));
}

static void read_outputs(struct v2_reader *r, bool *binary_given)
{
    struct v2_request *request = r->request;

    if (!json_enter(&r->json.scan, '['))
        return;
    while (json_item(&r->json.scan)) {
        if (request->output_count == r->answer->count) {
            json_rows_fail(&r->json, "more outputs are asked for than there are: %s",
                           v2_names(r, r->answer));
            return;
        }
        read_output(r, &request->output[request->output_count],
                    &binary_given[request->output_count]);
        request->output_count++;
    }
}

static void read_parameters(struct v2_reader *r)
{
    struct table_string key;

    if (!json_enter(&r->json.scan, '{'))
        return;
    while (json_key(&r->json.scan, &key)) {
        if (key_is(key, "binary_data_output"))
            r->binary_outputs = read_truth(r, "binary_data_output");
        else
            json_skip(&r->json.scan);
    }
}

static void read_id(struct v2_reader *r)
{
    struct json_scalar value;

    if (json_read_scalar(&r->json.scan, &value) && value.kind != JSON_VALUE_NULL)
        r->request->id = arena_string(r->json.rows->memory, value.text.bytes, value.text.length);
}

void v2_document_read(struct v2_reader *r)
{
    struct json_scan *scan = &r->json.scan;
    struct v2_request *request = r->request;
    bool *binary_given = ARENA_ZERO(r->json.rows->memory, bool, r->answer->count);
    struct table_string key;

    request->output = ARENA_ZERO(r->json.rows->memory, struct v2_output, r->answer->count);
    if (!json_enter(scan, '{'))
        return;
    while (json_key(scan, &key)) {
        if (key_is(key, "id"))
            read_id(r);
        else if (key_is(key, "inputs") && !r->has_inputs)
            read_inputs(r);
        else if (key_is(key, "outputs") && request->output_count == 0)
            read_outputs(r, binary_given);
        else if (key_is(key, "parameters"))
            read_parameters(r);
        else
            json_skip(scan);
    }
    if (!json_finish(scan))
        return;
    if (request->output_count == 0)
        for (size_t c = 0; c < r->answer->count; c++)
            request->output[request->output_count++].column = c;
    for (size_t i = 0; i < request->output_count; i++)
        if (!binary_given[i])
            request->output[i].binary = r->binary_outputs;
    if (r->count == 0)
        json_rows_fail(&r->json, "the body has no inputs");
    else if (r->binary != r->end)
        json_rows_fail(&r->json, "%zu bytes behind the JSON belong to no input",
                       (size_t)(r->end - r->binary));
}
