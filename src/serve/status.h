/*
 * status — the HTTP statuses this server gives, with the word its JSON errors carry. The words are
 * those that MLflow's clients know.
 */
#ifndef QUERN_SERVE_STATUS_H
#define QUERN_SERVE_STATUS_H

#include "base/error.h"

#include <stddef.h>

#define STATUSES(X)                                                                                \
    X(200, "OK")                                                                                   \
    X(400, "BAD_REQUEST")                                                                          \
    X(401, "UNAUTHENTICATED")                                                                      \
    X(403, "PERMISSION_DENIED")                                                                    \
    X(404, "RESOURCE_DOES_NOT_EXIST")                                                              \
    X(405, "METHOD_NOT_ALLOWED")                                                                   \
    X(406, "NOT_ACCEPTABLE")                                                                       \
    X(408, "REQUEST_TIMEOUT")                                                                      \
    X(409, "RESOURCE_ALREADY_EXISTS")                                                              \
    X(411, "LENGTH_REQUIRED")                                                                      \
    X(413, "REQUEST_LIMIT_EXCEEDED")                                                               \
    X(415, "UNSUPPORTED_MEDIA_TYPE")                                                               \
    X(500, "INTERNAL_ERROR")                                                                       \
    X(503, "TEMPORARILY_UNAVAILABLE")                                                              \
    X(507, "RESOURCE_EXHAUSTED")

enum status_index {
#define X(code, word) STATUS_##code,
    STATUSES(X)
#undef X
        STATUS_COUNT
};

/* A status that is not in the list counts as 500. */
enum status_index status_index(int status);
int status_code(enum status_index index);
const char *status_word(int status);
/* What a failure of the layers below means to a client: bad data is the request's fault. */
int status_of_error(const struct error *err);

#endif
