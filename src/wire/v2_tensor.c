#include "wire/v2_tensor.h"
#include "base/number.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    size_t size; /* of an element; 0: it differs */
} types[] = {
    {"BOOL", 1}, {"UINT8", 1}, {"UINT16", 2}, {"UINT32", 4}, {"UINT64", 8},
    {"INT8", 1}, {"INT16", 2}, {"INT32", 4},  {"INT64", 8},  {"FP16", 2},
    {"BF16", 2}, {"FP32", 4},  {"FP64", 8},   {"BYTES", 0},
};

enum v2_type v2_type_of(struct table_string name)
{
    size_t i = 0;

    while (i < V2_TYPE_COUNT && !(strlen(types[i].name) == name.length &&
                                  memcmp(types[i].name, name.bytes, name.length) == 0))
        i++;
    return (enum v2_type)i;
}

static double from_half(uint16_t bits)
{
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    const double size = exponent == 0    ? ldexp(fraction, -24)
                        : exponent != 31 ? ldexp(1024 + fraction, exponent - 25)
                        : fraction       ? NAN
                                         : INFINITY;
    return bits & 0x8000 ? -size : size;
}

static double from_bfloat(uint16_t bits)
{
    const uint32_t wide = (uint32_t)bits << 16;
    float value;

    memcpy(&value, &wide, sizeof value);
    return (double)value;
}

/* One element as a number. Integers above 2^53 are rounded. */
static double element_number(enum v2_type type, const char *at)
{
    switch (type) {
#define X(name, c_type, expression)                                                                \
    case V2_##name: {                                                                              \
        c_type value;                                                                              \
        memcpy(&value, at, sizeof value);                                                          \
        return (expression);                                                                       \
    }
        X(BOOL, uint8_t, value != 0)
        X(UINT8, uint8_t, value)
        X(UINT16, uint16_t, value)
        X(UINT32, uint32_t, value)
        X(UINT64, uint64_t, (double)value)
        X(INT8, int8_t, value)
        X(INT16, int16_t, value)
        X(INT32, int32_t, value)
        X(INT64, int64_t, (double)value)
        X(FP16, uint16_t, from_half(value))
        X(BF16, uint16_t, from_bfloat(value))
        X(FP32, float, (double)value)
        X(FP64, double, value)
#undef X
    default:
        return NAN;
    }
}

/* A number where a text belongs: "true" and "false", integers in full, else the shortest decimal
 * of the number as the double it is. */
static struct table_string number_text(enum v2_type type, const char *at, double number,
                                       struct arena *memory)
{
    char text[NUMBER_WRITE_MAX];
    size_t length;

    if (type == V2_BOOL)
        return number != 0 ? (struct table_string){"true", 4} : (struct table_string){"false", 5};
    if (type == V2_INT64) {
        int64_t whole;
        memcpy(&whole, at, sizeof whole);
        length = (size_t)snprintf(text, sizeof text, "%lld", (long long)whole);
    } else if (type == V2_UINT64) {
        uint64_t whole;
        memcpy(&whole, at, sizeof whole);
        length = (size_t)snprintf(text, sizeof text, "%llu", (unsigned long long)whole);
    } else {
        length = number_write(text, number);
    }
    return (struct table_string){arena_string(memory, text, length), length};
}

static void put_number(struct rows *rows, size_t row, size_t column, enum v2_type type,
                       const char *at)
{
    const double number = element_number(type, at);

    if (isinf(number))
        rows_fault(rows, row, column, "is not finite");
    if (rows->column[column].number)
        rows->column[column].number[row] = number;
    else if (!isfinite(number))
        rows_missing(rows, row, column);
    else if (rows->column[column].text)
        rows->column[column].text[row] = number_text(type, at, number, rows->memory);
}

static void put_bytes(struct rows *rows, size_t row, size_t column, const char *at, size_t length)
{
    if (rows->column[column].number)
        rows_number_of(rows, row, column, at, length);
    else if (length == 0)
        rows_missing(rows, row, column);
    else if (rows->column[column].text)
        rows_text_of(rows, row, column, at, length);
}

/* BYTES: a length in front of each element. */
static void bytes_values(struct json_rows *reader, const struct v2_tensor *tensor,
                         const size_t *column)
{
    const char *at = tensor->binary, *end = at + tensor->binary_size;

    for (size_t row = 0; row < tensor->rows; row++)
        for (size_t i = 0; i < tensor->width; i++) {
            uint32_t length = 0;
            if ((size_t)(end - at) >= sizeof length)
                memcpy(&length, at, sizeof length);
            if ((size_t)(end - at) < sizeof length || (size_t)(end - at) - sizeof length < length) {
                json_rows_fail(reader, "input '%.*s' ends inside element %zu",
                               (int)tensor->name.length, tensor->name.bytes,
                               row * tensor->width + i);
                return;
            }
            at += sizeof length;
            if (column[i] != SIZE_MAX)
                put_bytes(reader->rows, row, column[i], at, length);
            at += length;
        }
    if (at != end)
        json_rows_fail(reader, "input '%.*s' has %zu bytes more than its shape",
                       (int)tensor->name.length, tensor->name.bytes, (size_t)(end - at));
}

static void binary_values(struct json_rows *reader, const struct v2_tensor *tensor,
                          const size_t *column)
{
    const size_t size = types[tensor->type].size;
    const char *at = tensor->binary;

    if (tensor->type == V2_BYTES) {
        bytes_values(reader, tensor, column);
        return;
    }
    if (tensor->binary_size != tensor->rows * tensor->width * size) {
        json_rows_fail(reader, "input '%.*s' has %zu bytes, its shape needs %zu",
                       (int)tensor->name.length, tensor->name.bytes, tensor->binary_size,
                       tensor->rows * tensor->width * size);
        return;
    }
    for (size_t row = 0; row < tensor->rows; row++)
        for (size_t i = 0; i < tensor->width; i++, at += size)
            if (column[i] != SIZE_MAX)
                put_number(reader->rows, row, column[i], tensor->type, at);
}

/* "data" is flat or nested; only the order of its values counts. */
static void json_values(struct json_rows *reader, const struct v2_tensor *tensor,
                        const size_t *column)
{
    struct json_scan *scan = &reader->scan;
    const size_t count = tensor->rows * tensor->width, level = tensor->data.depth;
    size_t done = 0;

    json_return(scan, tensor->data);
    if (!json_enter(scan, '['))
        return;
    while (scan->depth > level && !scan->problem) {
        if (!json_item(scan))
            continue;
        if (json_peek(scan) == JSON_VALUE_LIST) {
            if (!json_enter(scan, '['))
                return;
            continue;
        }
        struct json_scalar value;
        if (!json_read_scalar(scan, &value))
            return;
        if (done < count && column[done % tensor->width] != SIZE_MAX)
            json_rows_put(reader->rows, done / tensor->width, column[done % tensor->width], &value);
        done++;
    }
    if (done != count)
        json_rows_fail(reader, "input '%.*s' has %zu values, its shape needs %zu",
                       (int)tensor->name.length, tensor->name.bytes, done, count);
}

void v2_tensor_values(struct json_rows *reader, const struct v2_tensor *tensor,
                      const size_t *column)
{
    if (tensor->has_binary)
        binary_values(reader, tensor, column);
    else
        json_values(reader, tensor, column);
}
