/* curl_api — libcurl's functions, opened when a remote place is first used (base/library.h). */
#ifndef QUERN_REMOTE_CURL_API_H
#define QUERN_REMOTE_CURL_API_H

#include "base/error.h"

#include <curl/curl.h>

#define CURL_FUNCTIONS(X)                                                                          \
    X(curl_global_init)                                                                            \
    X(curl_easy_init)                                                                              \
    X(curl_easy_setopt)                                                                            \
    X(curl_easy_perform)                                                                           \
    X(curl_easy_getinfo)                                                                           \
    X(curl_easy_reset)                                                                             \
    X(curl_easy_cleanup)                                                                           \
    X(curl_easy_strerror)                                                                          \
    X(curl_slist_append)                                                                           \
    X(curl_slist_free_all)                                                                         \
    X(curl_getdate)

struct curl_api {
#define X(name) __typeof__(name) *name##_;
    CURL_FUNCTIONS(X)
#undef X
};

/* NULL with ERR_LIBRARY when libcurl cannot be opened. Safe from any thread. */
const struct curl_api *curl_api(struct error *err);

#endif
