/* stores — every kind of store there is to test, each with a way to get an empty one. */
#ifndef QUERN_TESTS_SALES_STORES_H
#define QUERN_TESTS_SALES_STORES_H

#include "sales/store.h"
#include "support/test.h"

struct test_store {
    const char *name;
    const struct sales_store_kind *kind;
    /* Write "scheme:place" of a store that does not exist yet; false after a loud skip. */
    bool (*place)(char *where, size_t size);
};

/* Ends with a NULL name. */
extern const struct test_store test_stores[];

/* Open, or fail the test. */
struct sales_store *open_store(const char *where);

/* The rows of a store as one line each: "id period vegetable sales posted". free() it. */
char *bronze_text(struct sales_store *store, struct sales_position since,
                  struct sales_position *now);
/* Silver, weekly and monthly, one row a line. free() it. */
char *tables_text(struct sales_store *store);

#endif
