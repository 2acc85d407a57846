/*
 * http — requests from sockets: libmicrohttpd brings them, serve_answer() answers them.
 *
 * One event loop (epoll) a worker; all accept from one socket. A connection is in one of three
 * states, and each has at most `timeout` seconds in all, however its bytes trickle:
 *
 *   waiting    for the first line of a request        then it is closed
 *   reading    headers and body                       408, and it is closed
 *   answering  until the client has taken the answer  then it is closed
 *
 * libmicrohttpd cannot answer in the middle of a body, so the 408 is written by http_watch() on the
 * socket itself, after the request was taken from its event loop.
 */
#ifndef QUERN_SERVE_HTTP_H
#define QUERN_SERVE_HTTP_H

#include "serve/service.h"

struct http;

struct http_options {
    int socket; /* listening, non-blocking; stays the caller's */
    double timeout;
    const char *certificate, *key; /* PEM texts; NULL: no TLS */
};

MUST_CHECK bool http_start(struct http **http, struct service *service,
                           const struct http_options *options, struct error *err);

/* End what has taken too long. Called a few times a second by one thread. */
void http_watch(struct http *http);

/*
 * Refuse further connections, and close each one with its next answer. The listening socket is of
 * no more use, also to its owner.
 */
void http_drain(struct http *http);

struct http_load {
    size_t connections, busy; /* busy: bytes to read, or a request without its answer */
};
struct http_load http_load(struct http *http);

/* Close everything. */
void http_stop(struct http *http);

#endif
