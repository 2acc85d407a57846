/*
 * request_id — the name of a request, in its answer and in the log.
 *
 * A caller's id is taken as it is when it has 1 to REQUEST_ID_MAX characters of [A-Za-z0-9._:-];
 * any other is replaced, not trimmed, so that nothing a caller sends can forge a log line or a
 * header.
 */
#ifndef QUERN_SERVE_REQUEST_ID_H
#define QUERN_SERVE_REQUEST_ID_H

#include <stdbool.h>
#include <stdint.h>

enum { REQUEST_ID_MAX = 128, REQUEST_ID_MADE = 36 };

/* NULL is not one. */
bool request_id_valid(const char *id);

/* A random id of version 4 (RFC 9562) from 128 random bits. */
void request_id_make(char id[REQUEST_ID_MADE + 1], const uint32_t bits[4]);

#endif
