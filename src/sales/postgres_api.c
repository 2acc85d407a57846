#include "sales/postgres_api.h"

#include "base/library.h"

#include <pthread.h>

static struct postgres_api api;
static struct error api_error;
static pthread_once_t api_once = PTHREAD_ONCE_INIT;

static void open_library(void)
{
    static const char *const candidates[] = {"libpq.so.5", "libpq.so", NULL};
    static const struct library_symbol symbols[] = {
#define X(name) {"PQ" #name, (void **)&api.name},
        POSTGRES_FUNCTIONS(X)
#undef X
    };

    if (!library_open("PostgreSQL's client library", candidates, symbols,
                      sizeof symbols / sizeof *symbols, "install Debian's libpq5", &api_error) &&
        api_error.code == ERR_NONE)
        BUG("library_open failed without a reason");
}

const struct postgres_api *postgres_api(struct error *err)
{
    pthread_once(&api_once, open_library);
    if (api_error.code == ERR_NONE)
        return &api;
    *err = api_error;
    return NULL;
}
