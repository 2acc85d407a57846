/* The bytes of the encodings, against the examples of Encodings.md and a decoder of our own. */
#include "base/rng.h"
#include "support/test.h"
#include "table/parquet_encode.h"
#include "table/parquet_thrift.h"

static void expect_bytes(struct parquet_bytes *got, const char *want)
{
    char text[256];

    for (size_t i = 0; i < got->size && i < 80; i++)
        snprintf(text + 3 * i, 4, "%02x ", got->at[i]);
    text[got->size ? 3 * got->size - 1 : 0] = '\0';
    EXPECT_STR(text, want);
    parquet_bytes_clear(got);
}

TEST(parquet_hybrid_bytes)
{
    static const struct {
        uint32_t value[20];
        size_t count;
        unsigned width;
        const char *want;
    } cases[] = {
        /* the example of Encodings.md: 0 to 7 in three bits */
        {{0, 1, 2, 3, 4, 5, 6, 7}, 8, 3, "03 88 c6 fa"},
        {{4, 4, 4, 4, 4, 4, 4, 4, 4}, 9, 3, "12 04"},
        {{300, 300}, 2, 9, "04 2c 01"},
        {{0, 0, 0}, 3, 0, "06"},
        {{1}, 1, 1, "02 01"},
        {{1, 0, 1}, 3, 1, "03 05"},
        {{0, 1, 2, 3, 4, 5, 6, 7, 5, 5, 5, 5, 5, 5, 5, 5}, 16, 3, "03 88 c6 fa 10 05"},
        {{0}, 0, 3, ""},
    };

    EACH_ROW(cases, c) {
        struct parquet_bytes out = {0};
        parquet_encode_hybrid(&out, c->value, c->count, c->width);
        expect_bytes(&out, c->want);
    }
}

TEST(parquet_hybrid_of_bits)
{
    static const struct {
        uint64_t bits[2];
        size_t count;
        const char *want;
    } cases[] = {
        {{0xffffffff}, 32, "40 01"},
        {{0x1ff}, 9, "12 01"},
        {{0}, 100, "c8 01 00"},
        {{5}, 3, "03 05"},
        {{0xffffffffff}, 80, "50 01 50 00"},
        {{0xff00ff}, 24, "07 ff 00 ff"},
        {{0xffffff05}, 35, "03 05 30 01 03 00"},
    };

    EACH_ROW(cases, c) {
        struct parquet_bytes out = {0};
        parquet_encode_hybrid_bits(&out, c->bits, c->count);
        expect_bytes(&out, c->want);
    }
}

TEST(parquet_delta_bytes)
{
    static const struct {
        int64_t value[8];
        size_t count;
        const char *want;
    } cases[] = {
        {{0}, 0, "80 01 04 00 00"},
        {{-3}, 1, "80 01 04 01 05"},
        /* the first example of Encodings.md: every difference is 1, so nothing is packed */
        {{1, 2, 3, 4, 5}, 5, "80 01 04 05 02 02 00 00 00 00"},
        /* the second: differences -2 -2 -2 1 1 1 1, less -2, in two bits */
        {{7, 5, 3, 1, 2, 3, 4, 5}, 8, "80 01 04 08 0e 03 02 00 00 00 c0 3f 00 00 00 00 00 00"},
    };

    EACH_ROW(cases, c) {
        struct parquet_bytes out = {0};
        parquet_encode_delta(&out, c->value, c->count);
        expect_bytes(&out, c->want);
    }
}

TEST(parquet_thrift_bytes)
{
    struct parquet_bytes out = {0};
    struct parquet_thrift t = {.out = &out};

    parquet_thrift_integer(&t, 1, THRIFT_I32, -1);
    parquet_thrift_struct(&t, 5);
    parquet_thrift_bool(&t, 1, true);
    parquet_thrift_byte(&t, 2, 64);
    parquet_thrift_end(&t);
    parquet_thrift_list(&t, 6, THRIFT_I32, 2);
    parquet_thrift_element_integer(&t, 3);
    parquet_thrift_element_integer(&t, 300);
    parquet_thrift_list(&t, 7, THRIFT_STRUCT, 15);
    parquet_thrift_binary(&t, 9, "ab", 2);
    parquet_thrift_end(&t);
    expect_bytes(&out, "15 01 4c 11 13 40 00 19 25 06 d8 04 19 fc 0f 28 02 61 62 00");
}

static uint64_t get_bits(const unsigned char *bytes, size_t at, unsigned width)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < width; i++)
        value |= (uint64_t)(bytes[(at + i) / 8] >> ((at + i) % 8) & 1) << i;
    return value;
}

static uint64_t get_varint(const unsigned char **at)
{
    uint64_t value = 0;
    unsigned shift = 0;

    for (; **at & 0x80; shift += 7)
        value |= (uint64_t)(*(*at)++ & 0x7f) << shift;
    return value | (uint64_t) * (*at)++ << shift;
}

TEST(parquet_hybrid_decodes_at_every_width)
{
    struct rng rng = rng_new(5, 5);
    uint32_t value[1000];

    for (unsigned width = 0; width <= 32; width++) {
        struct parquet_bytes out = {0};
        const size_t count = 1 + rng_below(&rng, 1000);
        for (size_t i = 0; i < count; i++)
            value[i] = i && rng_below(&rng, 16) > width % 17
                           ? value[i - 1]
                           : (uint32_t)rng_below(&rng, (uint64_t)1 << width);
        parquet_encode_hybrid(&out, value, count, width);
        const unsigned char *at = out.at, *end = out.at + out.size;
        size_t done = 0;
        while (at < end) {
            const uint64_t header = get_varint(&at);
            const size_t here = header & 1 ? (header >> 1) * 8 : header >> 1;
            for (size_t i = 0; i < here && done + i < count; i++)
                EXPECT_EQ(get_bits(at, header & 1 ? i * width : 0, width), value[done + i]);
            at += header & 1 ? (header >> 1) * width : (width + 7) / 8;
            done += here;
        }
        EXPECT(at == end && done >= count && done < count + 8);
        parquet_bytes_clear(&out);
    }
}
