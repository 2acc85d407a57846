/* base64 — bytes as text (RFC 4648, with padding). */
#ifndef QUERN_MONITOR_BASE64_H
#define QUERN_MONITOR_BASE64_H

#include <stdbool.h>
#include <stddef.h>

static inline size_t base64_encoded_size(size_t size)
{
    return (size + 2) / 3 * 4;
}

/* Write base64_encoded_size(size) characters, without a NUL. */
void base64_encode(char *out, const unsigned char *bytes, size_t size);

/* At most length / 4 * 3 bytes into `out`, which may be `text`. False: not base64. */
bool base64_decode(unsigned char *out, size_t *size, const char *text, size_t length);

#endif
