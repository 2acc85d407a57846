/*
 * microhttpd_api — libmicrohttpd, opened when the server starts: it brings GnuTLS, which no other
 * command should wait for.
 */
#ifndef QUERN_SERVE_MICROHTTPD_API_H
#define QUERN_SERVE_MICROHTTPD_API_H

#include "base/error.h"

#include <microhttpd.h>

/* The functions used, without "MHD_". */
#define MICROHTTPD_FUNCTIONS(X)                                                                    \
    X(start_daemon)                                                                                \
    X(stop_daemon)                                                                                 \
    X(quiesce_daemon)                                                                              \
    X(run)                                                                                         \
    X(get_timeout)                                                                                 \
    X(get_daemon_info)                                                                             \
    X(set_panic_func)                                                                              \
    X(is_feature_supported)                                                                        \
    X(get_connection_info)                                                                         \
    X(get_connection_values)                                                                       \
    X(lookup_connection_value)                                                                     \
    X(create_response_from_buffer)                                                                 \
    X(add_response_header)                                                                         \
    X(suspend_connection)                                                                          \
    X(resume_connection)                                                                           \
    X(queue_response)                                                                              \
    X(destroy_response)

struct microhttpd_api {
#define X(name) __typeof__(&MHD_##name) name;
    MICROHTTPD_FUNCTIONS(X)
#undef X
};

/* ERR_LIBRARY: not installed. The same table for every caller. */
const struct microhttpd_api *microhttpd_api(struct error *err);

#endif
