#include "sales/sqlite_api.h"

#include "base/library.h"

#include <pthread.h>

static struct sqlite_api api;
static struct error api_error;
static pthread_once_t api_once = PTHREAD_ONCE_INIT;

static void open_library(void)
{
    static const char *const candidates[] = {"libsqlite3.so.0", "libsqlite3.so", NULL};
    static const struct library_symbol symbols[] = {
#define X(name) {"sqlite3_" #name, (void **)&api.name},
        SQLITE_FUNCTIONS(X)
#undef X
    };

    if (!library_open("SQLite", candidates, symbols, sizeof symbols / sizeof *symbols,
                      "install Debian's libsqlite3-0", &api_error) &&
        api_error.code == ERR_NONE)
        BUG("library_open failed without a reason");
}

const struct sqlite_api *sqlite_api(struct error *err)
{
    pthread_once(&api_once, open_library);
    if (api_error.code == ERR_NONE)
        return &api;
    *err = api_error;
    return NULL;
}
