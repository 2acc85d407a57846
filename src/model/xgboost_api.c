#include "model/xgboost_api.h"

#include "base/library.h"

#include <pthread.h>
#include <stdlib.h>

static struct xgboost_api api;
static struct error api_error;
static pthread_once_t api_once = PTHREAD_ONCE_INIT;

static const struct library_symbol symbols[] = {
#define X(type, name, arguments) {"XG" #name, (void **)&api.name},
    XGBOOST_FUNCTIONS(X)
#undef X
};

/* What the library has to say comes back as errors; its log is dropped. */
static void ignore(const char *line)
{
    (void)line;
}

static void open_library(void)
{
    const char *named = getenv("XGBOOST_LIBRARY");
    const char *candidate[4] = {0};
    size_t count = 0;

    if (named && named[0])
        candidate[count++] = named;
    candidate[count++] = "libxgboost.so.0";
    candidate[count++] = "libxgboost.so";
    /*
     * Its threads wait for each other after every level of a tree. Spinning meanwhile, which is
     * OpenMP's habit, takes the processor from whoever they wait for when the machine is shared:
     * a second of work then takes ten. Read when the library loads; a user's own choice stands.
     */
    setenv("OMP_WAIT_POLICY", "passive", 0);
    if (!library_open("XGBoost", candidate, symbols, sizeof symbols / sizeof *symbols,
                      "run tools/setup or set XGBOOST_LIBRARY", &api_error))
        return;
    api.BRegisterLogCallback(ignore);
    api.BSetGlobalConfig("{\"verbosity\": 0}");
}

const struct xgboost_api *xgboost_api(struct error *err)
{
    pthread_once(&api_once, open_library);
    if (api_error.code == ERR_NONE)
        return &api;
    *err = api_error;
    return NULL;
}
