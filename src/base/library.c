#include "base/library.h"

#include <dlfcn.h>

bool library_open(const char *title, const char *const *candidates,
                  const struct library_symbol *symbols, size_t count, const char *hint,
                  struct error *err)
{
    void *handle = NULL;

    for (size_t i = 0; candidates[i] && !handle; i++)
        handle = dlopen(candidates[i], RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return error_set(err, ERR_LIBRARY, "%s is not installed: %s", title, hint);
    for (size_t i = 0; i < count; i++) {
        *symbols[i].address = dlsym(handle, symbols[i].name);
        if (!*symbols[i].address)
            return error_set(err, ERR_LIBRARY, "%s lacks the function '%s': %s", title,
                             symbols[i].name, hint);
    }
    return true; /* never closed: it lives as long as the process */
}
