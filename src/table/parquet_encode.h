/*
 * parquet_encode — the encodings of Parquet's Encodings.md that this program writes.
 *
 *   hybrid       runs of two kinds behind a varint header: count << 1 and the value once, in as
 *                many bytes as its width needs; or groups of eight << 1 | 1 and the values packed,
 *                lowest bits first. The last group is filled up with zeros.
 *   delta        DELTA_BINARY_PACKED: blocks of 128 differences in four miniblocks of 32, each
 *                packed with its own width after the block's least difference is taken off
 *   delta text   DELTA_BYTE_ARRAY: delta of the lengths shared with the text before, delta of the
 *                lengths of what is left, then that
 *
 * All of them wrap around like 64-bit integers, so any value may stand beside any other.
 */
#ifndef QUERN_TABLE_PARQUET_ENCODE_H
#define QUERN_TABLE_PARQUET_ENCODE_H

#include "table/parquet_bytes.h"
#include "table/table.h"

/* Values below 2^width, width 0 to 32. */
void parquet_encode_hybrid(struct parquet_bytes *out, const uint32_t *value, size_t count,
                           unsigned width);
/* The same of width 1, from a bitmap whose bits from `count` on are 0 up to the word's end. */
void parquet_encode_hybrid_bits(struct parquet_bytes *out, const uint64_t *bits, size_t count);

void parquet_encode_delta(struct parquet_bytes *out, const int64_t *value, size_t count);

void parquet_encode_delta_text(struct parquet_bytes *out, const struct table_string *text,
                               size_t count);

/* The bits that a value needs: 0 for 0, 1 for 1, 2 for 2 and 3. */
static inline unsigned parquet_encode_width(uint64_t value)
{
    return value ? 64 - (unsigned)__builtin_clzll(value) : 0;
}

#endif
