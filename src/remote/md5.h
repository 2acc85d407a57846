/* md5 — RFC 1321, because a store checks what it is sent by Content-MD5 and names it in ETag. */
#ifndef QUERN_REMOTE_MD5_H
#define QUERN_REMOTE_MD5_H

#include <stddef.h>
#include <stdint.h>

enum { MD5_BYTES = 16, MD5_BLOCK = 64, MD5_BASE64_ROOM = 25, MD5_HEX_ROOM = 33 };

struct md5 {
    uint32_t state[4];
    uint64_t size;
    unsigned char block[MD5_BLOCK];
};

void md5_start(struct md5 *md5);
void md5_add(struct md5 *md5, const void *bytes, size_t size);
void md5_end(struct md5 *md5, unsigned char digest[MD5_BYTES]);

void md5_base64(const unsigned char digest[MD5_BYTES], char text[MD5_BASE64_ROOM]);
void md5_hex(const unsigned char digest[MD5_BYTES], char text[MD5_HEX_ROOM]);

#endif
