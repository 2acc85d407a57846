#include "model/trees_document.h"

#include <string.h>

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
