#include "sales/store.h"

#include <string.h>

const struct sales_store_kind *const sales_store_kinds[] = {&sales_store_sqlite, NULL};

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
    return error_set(err, ERR_ARG,
                     "'%.200s' is no store: use sqlite:FILE, csv:DIR or postgresql://...", where);
}

void sales_store_close(struct sales_store *store)
{
    if (store)
        store->kind->close(store);
}
