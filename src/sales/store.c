#include "sales/store.h"

#include <stdio.h>
#include <string.h>

const struct sales_store_kind *const sales_store_kinds[] = {&sales_store_sqlite, &sales_store_csv,
                                                            &sales_store_postgres, NULL};

/* A text that may be a connection string, for a message: without what is behind "USER:". */
static void show(char *shown, size_t size, const char *where)
{
    const char *host = strstr(where, "//"), *at = strrchr(where, '@');
    const char *secret = host ? strchr(host + 2, ':') : NULL;

    if (secret && at && secret < at)
        snprintf(shown, size, "%.*s:***%s", (int)(secret - where < 100 ? secret - where : 100),
                 where, at);
    else
        snprintf(shown, size, "%s", where);
}

bool sales_store_open(struct sales_store **store, const char *where, struct error *err)
{
    for (size_t i = 0; sales_store_kinds[i]; i++) {
        const struct sales_store_kind *kind = sales_store_kinds[i];
        const size_t length = strlen(kind->scheme);
        if (strncmp(where, kind->scheme, length) != 0 || where[length] != ':')
            continue;
        const char *place = where + length + 1;
        if (strncmp(place, "//", 2) == 0 && strcmp(kind->scheme, "postgresql") == 0)
            place = where;
        if (!*place)
            return error_set(err, ERR_ARG, "the store '%s' names no place", where);
        return kind->open(store, place, err) || error_wrap(err, "store '%s'", kind->scheme);
    }
    char shown[200];
    show(shown, sizeof shown, where);
    return error_set(err, ERR_ARG, "'%s' is no store: use sqlite:FILE, csv:DIR or postgresql://...",
                     shown);
}

void sales_store_close(struct sales_store *store)
{
    if (store)
        store->kind->close(store);
}
