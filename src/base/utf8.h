/*
 * utf8 — UTF-8 as RFC 3629 has it: the shortest form only, no surrogates, up to U+10FFFF.
 *
 * Lengths are in bytes. Nothing is read beyond them; zero bytes are characters.
 */
#ifndef QUERN_BASE_UTF8_H
#define QUERN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_MAX = 4 /* bytes of a character */ };

/* Whether every byte is below 128. */
bool utf8_plain(const char *text, size_t length);
bool utf8_valid(const char *text, size_t length);
/* Length of the character at the start of text; 0 if there is none. */
size_t utf8_length(const char *text, size_t length);
/* The largest length up to `most` that does not end inside a character of a valid text. */
size_t utf8_cut(const char *text, size_t length, size_t most);
/* A code point, not a surrogate and not above U+10FFFF; returns its length. No NUL at the end. */
size_t utf8_encode(char out[UTF8_MAX], uint32_t code);

#endif
