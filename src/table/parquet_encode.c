#include "table/parquet_encode.h"

enum {
    GROUP = 8,
    BLOCK = 128,
    MINIBLOCKS = 4,
    MINIBLOCK = BLOCK / MINIBLOCKS,
    HEADER_MAX = 10, /* bytes of a varint */
    BIT_RUN_MIN = 3, /* bytes of equal bits: fewer are smaller packed than as a run of their own */
};

/* Bits waiting to become bytes. */
struct packer {
    uint64_t bits;
    unsigned used;
    unsigned char *out;
};

static inline void pack(struct packer *p, uint64_t value, unsigned width)
{
    p->bits |= value << p->used;
    p->used += width;
    if (p->used >= 64) {
        memcpy(p->out, &p->bits, 8);
        p->out += 8;
        p->used -= 64;
        p->bits = p->used ? value >> (width - p->used) : 0;
    }
}

/* What is left, to a whole byte. */
static inline unsigned char *pack_end(struct packer *p)
{
    const size_t bytes = (p->used + 7) / 8;

    memcpy(p->out, &p->bits, bytes);
    return p->out + bytes;
}

/* ---- hybrid ---- */

static void add_packed(struct parquet_bytes *out, const uint32_t *value, size_t count,
                       unsigned width)
{
    const size_t groups = (count + GROUP - 1) / GROUP;

    if (count == 0)
        return;
    parquet_bytes_add_varint(out, groups << 1 | 1);
    struct packer p = {.out = parquet_bytes_reserve(out, groups * width + 8)};
    if (width)
        for (size_t i = 0; i < count; i++)
            pack(&p, value[i], width);
    const size_t packed = (size_t)(pack_end(&p) - (out->at + out->size));
    memset(out->at + out->size + packed, 0, groups * width - packed);
    out->size += groups * width;
}

static void add_run(struct parquet_bytes *out, uint32_t value, size_t count, unsigned width)
{
    parquet_bytes_add_varint(out, (uint64_t)count << 1);
    parquet_bytes_add(out, &value, (width + 7) / 8);
}

void parquet_encode_hybrid(struct parquet_bytes *out, const uint32_t *value, size_t count,
                           unsigned width)
{
    size_t open = 0; /* first value of those that will be packed */

    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && value[end] == value[i])
            end++;
        if (end - i >= GROUP || (i == 0 && end == count)) {
            add_packed(out, value + open, i - open, width);
            add_run(out, value[i], end - i, width);
            open = i = end;
        } else {
            i = count - i < GROUP ? count : i + GROUP;
        }
    }
    add_packed(out, value + open, count - open, width);
}

/* The bytes from `first` that hold equal bits only; the last may hold fewer than eight. */
static size_t equal_bytes(const unsigned char *bytes, size_t first, size_t count)
{
    const unsigned char wanted = bytes[first];
    const size_t whole = count / GROUP, left = count % GROUP;
    size_t end = first;

    if (wanted != 0 && wanted != 0xff && (first < whole || wanted != (1u << left) - 1))
        return 0;
    while (end < whole && bytes[end] == wanted)
        end++;
    if (end == whole && left && bytes[end] == (wanted ? (1u << left) - 1 : 0))
        end++;
    return end - first;
}

static void add_bits(struct parquet_bytes *out, const unsigned char *bytes, size_t count)
{
    if (count == 0)
        return;
    parquet_bytes_add_varint(out, (uint64_t)count << 1 | 1);
    parquet_bytes_add(out, bytes, count);
}

void parquet_encode_hybrid_bits(struct parquet_bytes *out, const uint64_t *bits, size_t count)
{
    const unsigned char *bytes = (const unsigned char *)bits;
    const size_t all = (count + GROUP - 1) / GROUP;
    size_t open = 0;

    for (size_t i = 0; i < all;) {
        const size_t equal = equal_bytes(bytes, i, count);
        if (equal < BIT_RUN_MIN && equal < all) {
            i++;
            continue;
        }
        const size_t end = (i + equal) * GROUP;
        add_bits(out, bytes + open, i - open);
        add_run(out, bytes[i] & 1, (end < count ? end : count) - i * GROUP, 1);
        open = i += equal;
    }
    add_bits(out, bytes + open, all - open);
}

/* ---- delta ---- */

static void add_block(struct parquet_bytes *out, uint64_t difference[BLOCK], size_t count)
{
    int64_t least = INT64_MAX;

    for (size_t i = 0; i < count; i++)
        least = (int64_t)difference[i] < least ? (int64_t)difference[i] : least;
    for (size_t i = 0; i < count; i++)
        difference[i] -= (uint64_t)least;
    memset(difference + count, 0, (BLOCK - count) * sizeof *difference);
    parquet_bytes_add_zigzag(out, least);
    unsigned char *width = parquet_bytes_reserve(out, MINIBLOCKS + BLOCK * 8 + 8);
    struct packer p = {.out = width + MINIBLOCKS};
    for (size_t m = 0; m < MINIBLOCKS; m++) {
        const uint64_t *mini = difference + m * MINIBLOCK;
        uint64_t all = 0;
        for (size_t i = 0; i < MINIBLOCK; i++)
            all |= mini[i];
        width[m] = (unsigned char)parquet_encode_width(all);
        for (size_t i = 0; i < MINIBLOCK && width[m]; i++)
            pack(&p, mini[i], width[m]);
        p = (struct packer){.out = pack_end(&p)};
    }
    out->size += (size_t)(p.out - width);
}

void parquet_encode_delta(struct parquet_bytes *out, const int64_t *value, size_t count)
{
    uint64_t difference[BLOCK];

    parquet_bytes_add_varint(out, BLOCK);
    parquet_bytes_add_varint(out, MINIBLOCKS);
    parquet_bytes_add_varint(out, count);
    parquet_bytes_add_zigzag(out, count ? value[0] : 0);
    for (size_t first = 1; first < count; first += BLOCK) {
        const size_t here = count - first < BLOCK ? count - first : BLOCK;
        for (size_t i = 0; i < here; i++)
            difference[i] = (uint64_t)value[first + i] - (uint64_t)value[first + i - 1];
        add_block(out, difference, here);
    }
}

static size_t shared_prefix(const struct table_string *a, const struct table_string *b)
{
    const size_t most = a->length < b->length ? a->length : b->length;
    size_t i = 0;

    while (i < most && a->bytes[i] == b->bytes[i])
        i++;
    return i;
}

void parquet_encode_delta_text(struct parquet_bytes *out, const struct table_string *text,
                               size_t count)
{
    int64_t *prefix = memory_take(count, sizeof *prefix);
    int64_t *suffix = memory_take(count, sizeof *suffix);
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        prefix[i] = i ? (int64_t)shared_prefix(&text[i - 1], &text[i]) : 0;
        suffix[i] = (int64_t)text[i].length - prefix[i];
        bytes += (size_t)suffix[i];
    }
    parquet_encode_delta(out, prefix, count);
    parquet_encode_delta(out, suffix, count);
    unsigned char *to = parquet_bytes_reserve(out, bytes);
    for (size_t i = 0; i < count; i++) {
        memcpy(to, text[i].bytes + prefix[i], (size_t)suffix[i]);
        to += suffix[i];
    }
    out->size += bytes;
    free(prefix);
    free(suffix);
}
