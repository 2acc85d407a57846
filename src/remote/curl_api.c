#include "remote/curl_api.h"

#include "base/library.h"

#include <pthread.h>

static struct curl_api api;
static struct error api_error;
static pthread_once_t api_once = PTHREAD_ONCE_INIT;

static const struct library_symbol symbols[] = {
#define X(name) {#name, (void **)&api.name##_},
    CURL_FUNCTIONS(X)
#undef X
};

static void open_library(void)
{
    static const char *const candidates[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};

    if (!library_open("libcurl", candidates, symbols, sizeof symbols / sizeof *symbols,
                      "install libcurl4", &api_error))
        return;
    if (api.curl_global_init_(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        error_set(&api_error, ERR_LIBRARY, "libcurl cannot be initialised");
}

const struct curl_api *curl_api(struct error *err)
{
    pthread_once(&api_once, open_library);
    if (api_error.code == ERR_NONE)
        return &api;
    *err = api_error;
    return NULL;
}
