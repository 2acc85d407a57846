#include "remote/md5.h"

#include <stdio.h>
#include <string.h>

/* floor(2^32 * |sin(i + 1)|), as the RFC defines its table. */
static const uint32_t sine[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static uint32_t rotated(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

static void mix_block(uint32_t state[4], const unsigned char *block)
{
    static const unsigned char turns[4][4] = {
        {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t word[16], a = state[0], b = state[1], c = state[2], d = state[3];

    for (size_t i = 0; i < 16; i++)
        word[i] = (uint32_t)block[4 * i] | (uint32_t)block[4 * i + 1] << 8 |
                  (uint32_t)block[4 * i + 2] << 16 | (uint32_t)block[4 * i + 3] << 24;
    for (unsigned i = 0; i < 64; i++) {
        const unsigned round = i / 16;
        const uint32_t f = round == 0   ? (b & c) | (~b & d)
                           : round == 1 ? (d & b) | (~d & c)
                           : round == 2 ? b ^ c ^ d
                                        : c ^ (b | ~d);
        static const unsigned char step[4] = {1, 5, 3, 7}, from[4] = {0, 1, 5, 0};
        const uint32_t x = word[(step[round] * i + from[round]) % 16];
        const uint32_t keep = d;
        d = c;
        c = b;
        b += rotated(a + f + x + sine[i], turns[round][i % 4]);
        a = keep;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

void md5_start(struct md5 *md5)
{
    *md5 = (struct md5){.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}};
}

void md5_add(struct md5 *md5, const void *bytes, size_t size)
{
    const unsigned char *from = bytes;

    while (size > 0) {
        const size_t used = md5->size % MD5_BLOCK;
        const size_t take = size < MD5_BLOCK - used ? size : MD5_BLOCK - used;
        if (take == MD5_BLOCK) {
            mix_block(md5->state, from);
        } else {
            memcpy(md5->block + used, from, take);
            if (used + take == MD5_BLOCK)
                mix_block(md5->state, md5->block);
        }
        md5->size += take;
        from += take;
        size -= take;
    }
}

void md5_end(struct md5 *md5, unsigned char digest[MD5_BYTES])
{
    static const unsigned char padding[MD5_BLOCK] = {0x80};
    const uint64_t bits = md5->size * 8;
    const size_t used = md5->size % MD5_BLOCK;
    unsigned char length[8];

    for (size_t i = 0; i < sizeof length; i++)
        length[i] = (unsigned char)(bits >> (8 * i));
    md5_add(md5, padding, used < 56 ? 56 - used : 120 - used);
    md5_add(md5, length, sizeof length);
    for (size_t i = 0; i < MD5_BYTES; i++)
        digest[i] = (unsigned char)(md5->state[i / 4] >> (8 * (i % 4)));
}

void md5_base64(const unsigned char digest[MD5_BYTES], char text[MD5_BASE64_ROOM])
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *to = text;

    for (size_t i = 0; i < MD5_BYTES; i += 3) {
        const unsigned b = i + 1 < MD5_BYTES ? digest[i + 1] : 0;
        const unsigned c = i + 2 < MD5_BYTES ? digest[i + 2] : 0;
        const unsigned bits = (unsigned)digest[i] << 16 | b << 8 | c;
        for (int shift = 18; shift >= 0; shift -= 6)
            *to++ = letters[bits >> shift & 63];
    }
    text[22] = text[23] = '='; /* 16 bytes end one byte into a group of three */
    text[24] = '\0';
}

void md5_hex(const unsigned char digest[MD5_BYTES], char text[MD5_HEX_ROOM])
{
    for (size_t i = 0; i < MD5_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
}
