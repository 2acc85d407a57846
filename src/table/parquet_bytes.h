/*
 * parquet_bytes — growable bytes that an encoder writes into without asking for each one.
 *
 * Reserve what a loop can need at most, write at `at + size`, add to `size`.
 */
#ifndef QUERN_TABLE_PARQUET_BYTES_H
#define QUERN_TABLE_PARQUET_BYTES_H

#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct parquet_bytes {
    unsigned char *at;
    size_t size, room;
};

/* Where the next `count` bytes may be written; they count once `size` is raised. */
static inline unsigned char *parquet_bytes_reserve(struct parquet_bytes *bytes, size_t count)
{
    if (bytes->room - bytes->size < count) {
        bytes->room = bytes->room * 2 + count;
        bytes->at = (unsigned char *)memory_resize(bytes->at, bytes->room, 1);
    }
    return bytes->at + bytes->size;
}

static inline void parquet_bytes_add(struct parquet_bytes *bytes, const void *from, size_t count)
{
    if (count)
        memcpy(parquet_bytes_reserve(bytes, count), from, count);
    bytes->size += count;
}

static inline void parquet_bytes_add_byte(struct parquet_bytes *bytes, unsigned char value)
{
    *parquet_bytes_reserve(bytes, 1) = value;
    bytes->size++;
}

/* Unsigned LEB128: seven bits a byte, low bits first. */
static inline void parquet_bytes_add_varint(struct parquet_bytes *bytes, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        parquet_bytes_add_byte(bytes, (unsigned char)(value | 0x80));
    parquet_bytes_add_byte(bytes, (unsigned char)value);
}

/* Zigzag: 0, -1, 1, -2 become 0, 1, 2, 3. */
static inline void parquet_bytes_add_zigzag(struct parquet_bytes *bytes, int64_t value)
{
    parquet_bytes_add_varint(bytes, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

/* Little-endian, as every number in Parquet. */
static inline void parquet_bytes_add_u32(struct parquet_bytes *bytes, uint32_t value)
{
    parquet_bytes_add(bytes, &value, sizeof value);
}

static inline void parquet_bytes_clear(struct parquet_bytes *bytes)
{
    free(bytes->at);
    *bytes = (struct parquet_bytes){0};
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are written as they are");

#endif
