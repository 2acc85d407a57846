#include "monitor/base64.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(char *out, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i += 3, out += 4) {
        const size_t left = size - i;
        const uint32_t word = (uint32_t)bytes[i] << 16 |
                              (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                              (left > 2 ? bytes[i + 2] : 0);
        out[0] = digits[word >> 18];
        out[1] = digits[word >> 12 & 63];
        out[2] = left > 1 ? digits[word >> 6 & 63] : '=';
        out[3] = left > 2 ? digits[word & 63] : '=';
    }
}

static bool digit_value(char c, uint32_t *value)
{
    const char *at = c ? strchr(digits, c) : NULL;

    *value = at ? (uint32_t)(at - digits) : 0;
    return at != NULL;
}

bool base64_decode(unsigned char *out, size_t *size, const char *text, size_t length)
{
    size_t used = 0;

    if (length % 4 != 0)
        return false;
    for (size_t i = 0; i < length; i += 4) {
        const bool last = i + 4 == length;
        const size_t pad = !last ? 0 : text[i + 3] != '=' ? 0 : text[i + 2] != '=' ? 1 : 2;
        uint32_t word = 0;
        for (size_t k = 0; k < 4; k++) {
            uint32_t digit = 0;
            if (k < 4 - pad && !digit_value(text[i + k], &digit))
                return false;
            word = word << 6 | digit;
        }
        for (size_t k = 0; k < 3 - pad; k++)
            out[used++] = (unsigned char)(word >> (16 - 8 * k));
    }
    *size = used;
    return true;
}
