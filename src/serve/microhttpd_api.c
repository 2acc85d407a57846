#include "serve/microhttpd_api.h"

#include "base/library.h"
#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>

static struct microhttpd_api api;
static struct error api_error;
static pthread_once_t api_once = PTHREAD_ONCE_INIT;

static void say_and_abort(void *context, const char *file, unsigned line, const char *why)
{
    (void)context;
    log_line("libmicrohttpd gave up (%s:%u): %s", file, line, why ? why : "it does not say why");
    abort();
}

static void open_library(void)
{
    static const char *const candidates[] = {"libmicrohttpd.so.12", "libmicrohttpd.so", NULL};
    static const struct library_symbol symbols[] = {
#define X(name) {"MHD_" #name, (void **)&api.name},
        MICROHTTPD_FUNCTIONS(X)
#undef X
    };

    if (!library_open("libmicrohttpd", candidates, symbols, sizeof symbols / sizeof *symbols,
                      "install Debian's libmicrohttpd12", &api_error) &&
        api_error.code == ERR_NONE)
        BUG("library_open failed without a reason");
    if (api_error.code == ERR_NONE)
        api.set_panic_func(say_and_abort, NULL);
}

const struct microhttpd_api *microhttpd_api(struct error *err)
{
    pthread_once(&api_once, open_library);
    if (api_error.code == ERR_NONE)
        return &api;
    *err = api_error;
    return NULL;
}
