#include "base/utf8.h"

#include <string.h>

static const uint64_t high_bits = UINT64_C(0x8080808080808080);

bool utf8_plain(const char *text, size_t length)
{
    uint64_t seen = 0, word;
    size_t i = 0;

    for (; i + sizeof word <= length; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        seen |= word;
    }
    for (; i < length; i++)
        seen |= (unsigned char)text[i];
    return (seen & high_bits) == 0;
}

size_t utf8_length(const char *text, size_t length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)text;

    if (length == 0)
        return 0;
    const size_t wanted = at[0] < 0x80             ? 1
                          : (at[0] & 0xe0) == 0xc0 ? 2
                          : (at[0] & 0xf0) == 0xe0 ? 3
                          : (at[0] & 0xf8) == 0xf0 ? 4
                                                   : 0;
    if (wanted <= 1 || wanted > length)
        return wanted > length ? 0 : wanted;
    uint32_t code = at[0] & (0x7fu >> wanted);
    for (size_t i = 1; i < wanted; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3fu);
    }
    const bool surrogate = code >= 0xd800 && code < 0xe000;
    return code < least[wanted] || code > 0x10ffff || surrogate ? 0 : wanted;
}

bool utf8_valid(const char *text, size_t length)
{
    uint64_t word;

    for (size_t i = 0; i < length;) {
        if (i + sizeof word <= length) {
            memcpy(&word, text + i, sizeof word);
            if ((word & high_bits) == 0) {
                i += sizeof word;
                continue;
            }
        }
        const size_t step = utf8_length(text + i, length - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

size_t utf8_cut(const char *text, size_t length, size_t most)
{
    size_t cut = most;

    if (length <= most)
        return length;
    /* A byte 10xxxxxx is not the first of a character, and three of them are its most. */
    while (cut > 0 && most - cut < UTF8_MAX - 1 && ((unsigned char)text[cut] & 0xc0) == 0x80)
        cut--;
    return cut;
}

size_t utf8_encode(char out[UTF8_MAX], uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    const size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)((0xf0u << (4 - length) & 0xf0u) | code);
    return length;
}
