/*
 * short_text — up to 16 bytes of text as two numbers, so that comparing and hashing need no call.
 *
 * Ids and campaign names are mostly this short. Together with the length the numbers are the text:
 * no other of that length has the same. Of a longer text they are its first and last eight bytes.
 */
#ifndef QUERN_SEQUENCE_SHORT_TEXT_H
#define QUERN_SEQUENCE_SHORT_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { SHORT_TEXT_MAX = 16 };

struct short_text {
    uint64_t first, last;
};

/* Reads no byte beyond the text. */
static inline struct short_text short_text_of(const char *text, size_t length)
{
    struct short_text key = {0};
    uint32_t first, last;

    if (length >= 8) {
        memcpy(&key.first, text, 8);
        memcpy(&key.last, text + length - 8, 8);
    } else if (length >= 4) {
        memcpy(&first, text, 4);
        memcpy(&last, text + length - 4, 4);
        key.first = first;
        key.last = last;
    } else if (length > 0) { /* 1 to 3: the first, the middle and the last byte */
        key.first = (unsigned char)text[0];
        key.last = (uint64_t)(unsigned char)text[length / 2] << 8 | (unsigned char)text[length - 1];
    }
    return key;
}

static inline int short_text_equal(struct short_text a, struct short_text b)
{
    return a.first == b.first && a.last == b.last;
}

#endif
