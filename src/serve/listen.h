/* listen — a listening TCP socket from a host and a port. */
#ifndef QUERN_SERVE_LISTEN_H
#define QUERN_SERVE_LISTEN_H

#include "base/error.h"

#include <stddef.h>

/*
 * `host` is a name or an address; port 0 takes a free one. *bound is the port.
 *
 * ERR_ARG  no such host      ERR_IO  the port is taken, or may not be used
 */
MUST_CHECK bool listen_open(int *socket, size_t *bound, const char *host, size_t port,
                            struct error *err);

/* Whether only this machine can reach a host: 127.*, ::1, localhost. */
bool listen_is_local(const char *host);

#endif
