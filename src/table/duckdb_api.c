#include "table/duckdb_api.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/library.h"

#include <pthread.h>
#include <unistd.h>

enum { CANDIDATES_MAX = 8 };

static struct duckdb_api api;
static struct error api_error;
static pthread_once_t api_once = PTHREAD_ONCE_INIT;

static const struct library_symbol symbols[] = {
#define X(name) {"duckdb_" #name, (void **)&api.name},
    DUCKDB_FUNCTIONS(X)
#undef X
};

/* The folder of the running program with its last '/', or "" when /proc does not tell. */
static void program_folder(char *folder, size_t room)
{
    const ssize_t length = readlink("/proc/self/exe", folder, room - 1);

    folder[length > 0 ? length : 0] = '\0';
    *(char *)file_base_name(folder) = '\0';
}

static void open_library(void)
{
    static const char name[] = "libduckdb.so";
    const char *root = getenv("DUCKDB_ROOT");
    char *candidate[CANDIDATES_MAX + 1] = {0};
    size_t count = 0;
    char folder[4096];

    program_folder(folder, sizeof folder);
    if (root && root[0])
        candidate[count++] = file_join(root, name);
    if (QUERN_DUCKDB_ROOT[0])
        candidate[count++] = file_join(QUERN_DUCKDB_ROOT, name);
    candidate[count++] = file_join(folder, "../.deps/duckdb/libduckdb.so");
    candidate[count++] = file_join(folder, "../../.deps/duckdb/libduckdb.so"); /* build/tests */
    candidate[count++] = file_join(folder, "../lib/quern/libduckdb.so");
    candidate[count++] = file_join(".deps/duckdb", name);
    candidate[count++] = file_join("", name);
    if (!library_open("DuckDB", (const char *const *)candidate, symbols,
                      sizeof symbols / sizeof *symbols, "run tools/setup or set DUCKDB_ROOT",
                      &api_error) &&
        api_error.code == ERR_NONE)
        BUG("library_open failed without a reason");
    for (size_t i = 0; i < count; i++)
        free(candidate[i]);
}

const struct duckdb_api *duckdb_api(struct error *err)
{
    pthread_once(&api_once, open_library);
    if (api_error.code == ERR_NONE)
        return &api;
    *err = api_error;
    return NULL;
}
