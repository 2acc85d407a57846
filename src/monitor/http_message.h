/*
 * http_message — the client's half of HTTP/1.1, as far as loading and replaying need it: where to
 * connect, a request as bytes, an answer from bytes. No TLS.
 */
#ifndef QUERN_MONITOR_HTTP_MESSAGE_H
#define QUERN_MONITOR_HTTP_MESSAGE_H

#include "base/error.h"
#include "base/text.h"
#include "table/table.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

enum { HTTP_URL_MAX = 4096, HTTP_HEAD_MAX = 64 * 1024, HTTP_ANSWER_MAX = 256 << 20 };

/* http://HOST[:PORT][/PATH] */
struct http_url {
    char host[256], port[8];
    char path[HTTP_URL_MAX];         /* at least "/" */
    struct sockaddr_storage address; /* of the host; IPv4 if it has both */
    socklen_t address_size;
};

/*
 * ERR_ARG  not such a URL      ERR_IO  the host has no address
 */
MUST_CHECK bool http_url_parse(struct http_url *url, const char *text, struct error *err);

/* A socket that is connecting or connected, without delay of small packets. */
MUST_CHECK bool http_connect(int *fd, const struct http_url *url, struct error *err);

struct http_request {
    const char *method, *path;                  /* path NULL: that of the URL */
    const char *content_type, *accept, *bearer; /* or NULL */
    const char *id;                             /* X-Request-Id, or NULL */
    struct table_string body;
};
/* Append the request. ERR_DATA: a header that cannot be sent, such as one with a line break. */
MUST_CHECK bool http_request_write(struct text *out, const struct http_url *url,
                                   const struct http_request *request, struct error *err);

/* An answer; `body` points into the bytes given, or for chunks into the same, moved together. */
struct http_answer {
    int status;
    bool keep;                      /* the connection may be used again */
    size_t size;                    /* bytes of the whole answer */
    struct table_string body, type; /* type: bytes NULL if there is none */
};

enum http_progress { HTTP_MORE, HTTP_DONE, HTTP_BROKEN };

/*
 * Look whether `bytes` begins with a whole answer. On HTTP_MORE *need is a number of bytes that are
 * certainly needed, so that the caller need not ask before. `ended`: the server closed, and no more
 * will come. Chunks are moved together in place when all are there.
 */
enum http_progress http_answer_parse(struct http_answer *answer, char *bytes, size_t size,
                                     bool ended, size_t *need);

#endif
