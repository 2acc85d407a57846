#include "model/trees_document.h"

#include <jansson.h>
#include <string.h>

struct reading {
    struct arena *memory;
    struct error *err;
    size_t values;
};

const struct document_value *document_get(const struct document_value *value, const char *key)
{
    if (!value || value->kind != DOCUMENT_MAP)
        return NULL;
    for (size_t i = 0; i < value->count; i++)
        if (strcmp(value->member[i].key, key) == 0)
            return value->member[i].value.kind == DOCUMENT_NULL ? NULL : &value->member[i].value;
    return NULL;
}

bool document_is_numbers(const struct document_value *value)
{
    return value->kind == DOCUMENT_NUMBERS || (value->kind == DOCUMENT_LIST && value->count == 0);
}

static uint64_t big_endian(const unsigned char *bytes, size_t size)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | bytes[i];
    return bits;
}

double document_number(const struct document_value *value, size_t i)
{
    const unsigned char *at = value->packed;

    switch (value->type) {
    case 'i':
        return (int8_t)at[i];
    case 'U':
        return at[i];
    case 'I':
        return (int16_t)big_endian(at + 2 * i, 2);
    case 'l':
        return (int32_t)big_endian(at + 4 * i, 4);
    case 'L':
        return (double)(int64_t)big_endian(at + 8 * i, 8);
    case 'd': {
        const uint32_t bits = (uint32_t)big_endian(at + 4 * i, 4);
        float number;

        memcpy(&number, &bits, sizeof number);
        return number;
    }
    case 'D': {
        const uint64_t bits = big_endian(at + 8 * i, 8);
        double number;

        memcpy(&number, &bits, sizeof number);
        return number;
    }
    default:
        return value->numbers[i];
    }
}

static bool is_number(const json_t *json)
{
    return json_is_number(json) || json_is_boolean(json);
}

static double number_of(const json_t *json)
{
    return json_is_boolean(json) ? json_is_true(json) : json_number_value(json);
}

static bool all_numbers(const json_t *list)
{
    const size_t count = json_array_size(list);

    for (size_t i = 0; i < count; i++)
        if (!is_number(json_array_get(list, i)))
            return false;
    return count > 0;
}

static bool convert(struct reading *reading, struct document_value *value, const json_t *json,
                    size_t depth);

static bool convert_list(struct reading *reading, struct document_value *value, const json_t *json,
                         size_t depth)
{
    value->count = json_array_size(json);
    if (all_numbers(json)) {
        double *numbers = ARENA_NEW(reading->memory, double, value->count);

        value->kind = DOCUMENT_NUMBERS;
        value->numbers = numbers;
        for (size_t i = 0; i < value->count; i++)
            numbers[i] = number_of(json_array_get(json, i));
        return true;
    }
    struct document_value *item = ARENA_ZERO(reading->memory, struct document_value, value->count);

    value->kind = DOCUMENT_LIST;
    value->item = item;
    for (size_t i = 0; i < value->count; i++)
        if (!convert(reading, &item[i], json_array_get(json, i), depth + 1))
            return false;
    return true;
}

static bool convert_map(struct reading *reading, struct document_value *value, json_t *json,
                        size_t depth)
{
    struct document_member *member =
        ARENA_ZERO(reading->memory, struct document_member, json_object_size(json));
    const char *key;
    json_t *inner;

    value->kind = DOCUMENT_MAP;
    value->member = member;
    json_object_foreach(json, key, inner)
    {
        member[value->count].key = arena_string(reading->memory, key, strlen(key));
        if (!convert(reading, &member[value->count++].value, inner, depth + 1))
            return false;
    }
    return true;
}

static bool convert(struct reading *reading, struct document_value *value, const json_t *json,
                    size_t depth)
{
    if (depth > DOCUMENT_DEPTH_MAX)
        return error_set(reading->err, ERR_DATA, "values are nested more than %d deep",
                         DOCUMENT_DEPTH_MAX);
    if (++reading->values > DOCUMENT_VALUES_MAX)
        return error_set(reading->err, ERR_LIMIT, "there are more than %d values",
                         DOCUMENT_VALUES_MAX);
    if (json_is_array(json))
        return convert_list(reading, value, json, depth);
    if (json_is_object(json))
        return convert_map(reading, value, (json_t *)json, depth);
    if (json_is_string(json)) {
        value->kind = DOCUMENT_TEXT;
        value->count = json_string_length(json);
        value->text = arena_string(reading->memory, json_string_value(json), value->count);
    } else if (is_number(json)) {
        value->kind = DOCUMENT_NUMBER;
        value->number = number_of(json);
    }
    return true;
}

bool document_read_json(struct document_value *document, const char *bytes, size_t size,
                        struct arena *memory, struct error *err)
{
    struct reading reading = {.memory = memory, .err = err};
    json_error_t where;
    json_t *json = json_loadb(bytes, size, 0, &where);

    if (!json)
        return error_set(err, ERR_DATA, "line %d, column %d: %s", where.line, where.column,
                         where.text);
    *document = (struct document_value){0};
    const bool ok = convert(&reading, document, json, 0);
    json_decref(json);
    return ok;
}
