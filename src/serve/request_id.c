#include "serve/request_id.h"

#include <stddef.h>

static bool is_allowed(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == ':';
}

bool request_id_valid(const char *id)
{
    size_t length = 0;

    if (!id)
        return false;
    while (length <= REQUEST_ID_MAX && is_allowed(id[length]))
        length++;
    return length > 0 && length <= REQUEST_ID_MAX && id[length] == '\0';
}

void request_id_make(char id[REQUEST_ID_MADE + 1], const uint32_t bits[4])
{
    static const char digits[] = "0123456789abcdef";
    /* The version and the variant stand in the seventh and the ninth byte. */
    const uint32_t word[4] = {bits[0], (bits[1] & 0xffff0fff) | 0x4000,
                              (bits[2] & 0x3fffffff) | 0x80000000, bits[3]};
    size_t at = 0;

    for (size_t i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            id[at++] = '-';
        id[at++] = digits[(word[i / 8] >> (28 - 4 * (i % 8))) & 15];
    }
    id[at] = '\0';
}
