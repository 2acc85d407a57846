/* What only a server can do to a store: go away, come back, keep silent, refuse. */
#include "sales/stores.h"

#include "base/clock.h"
#include "support/postgres.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PLACE_MAX = 1024 };

static bool write_one(struct sales_store *store, int32_t period, struct error *err)
{
    const struct sales_row row = {
        .request = "r", .period = period, .vegetable = "Tomate", .posted = "{}", .sales = 1};

    return store->kind->write(store, &row, 1, err);
}

static void count(void *context, const struct sales_row *row)
{
    (void)row;
    ++*(size_t *)context;
}

TEST(postgres_store_outlives_its_server)
{
    struct test_postgres *server = test_postgres_shared();
    char where[PLACE_MAX];
    struct sales_position now;
    struct error err = {0};
    size_t rows = 0;

    if (!server)
        return;
    test_postgres_place(server, where, sizeof where);
    struct sales_store *store = open_store(where);
    EXPECT_OK(write_one(store, 2, &err), &err);
    test_postgres_stop(server);
    for (int i = 0; i < 3; i++) {
        const double start = clock_seconds();
        EXPECT_ERROR(write_one(store, 4, &err), &err, ERR_IO, "cannot connect to PostgreSQL");
        EXPECT(!strstr(err.text, TEST_POSTGRES_PASSWORD));
        EXPECT_ERROR(store->kind->position(store, &now, &err), &err, ERR_IO, "PostgreSQL");
        EXPECT(clock_seconds() - start < SALES_STORE_PATIENCE);
    }
    test_postgres_start(server);
    const double back = clock_seconds();
    while (!write_one(store, 6, &err) && clock_seconds() - back < 10)
        usleep(20000);
    EXPECT(clock_seconds() - back < 10);
    EXPECT_OK(store->kind->changes(store, (struct sales_position){-1, 0}, count, &rows, &now, &err),
              &err);
    EXPECT_EQ(rows, 2);
    sales_store_close(store);
}

/* A restart between two calls is not noticed at all. */
TEST(postgres_store_connects_again_at_once)
{
    struct test_postgres *server = test_postgres_shared();
    char where[PLACE_MAX];
    struct sales_position now;
    struct error err = {0};

    if (!server)
        return;
    test_postgres_place(server, where, sizeof where);
    struct sales_store *store = open_store(where);
    EXPECT_OK(write_one(store, 2, &err), &err);
    test_postgres_stop(server);
    test_postgres_start(server);
    EXPECT_OK(write_one(store, 4, &err), &err);
    test_postgres_stop(server);
    test_postgres_start(server);
    EXPECT_OK(store->kind->position(store, &now, &err), &err);
    EXPECT_EQ(now.sequence, 2);
    sales_store_close(store);
}

TEST(postgres_store_does_not_wait_for_the_silent)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sales_store *store = NULL;
    struct error err = {0};
    char where[128];

    EXPECT(bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
    EXPECT(listen(listener, 4) == 0);
    EXPECT(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
    snprintf(where, sizeof where, "postgresql://a:hidden@127.0.0.1:%d/x?sslmode=disable",
             ntohs(address.sin_port));
    const double start = clock_seconds();
    EXPECT_ERROR(sales_store_open(&store, where, &err), &err, ERR_IO, "no answer in time");
    EXPECT(clock_seconds() - start < SALES_STORE_PATIENCE + 2);
    EXPECT(!strstr(err.text, "hidden"));
    close(listener);
}

TEST(postgres_store_never_shows_a_password)
{
    static const char *const wrong[] = {
        "postgresql://me:hidden@127.0.0.1:port/x",
        "postgresql://me:hidden@127.0.0.1:1/x",
        "postgresql://me:hidden@127.0.0.1:1/x?password=hidden&unknown=hidden",
        "postgresql://me:hidden@[::1/x",
        "postgresql:host=127.0.0.1 port=1 password=hidden",
        "postgresql:host=127.0.0.1 password=hidden'",
        "postgresql:hidden",
        "postgres://me:hidden@127.0.0.1:1/x",
        "postgressql://me:hid:de@n@127.0.0.1:1/x:hidden@",
    };
    struct sales_store *store = NULL;
    struct error err;

    EACH_ROW(wrong, where) {
        err = (struct error){0};
        EXPECT(!sales_store_open(&store, *where, &err));
        EXPECT(err.text[0]);
        EXPECT(!strstr(err.text, "hidden") || strcmp(*where, "postgresql:hidden") == 0);
    }
}

TEST(postgres_store_says_what_the_server_refuses)
{
    struct test_postgres *server = test_postgres_shared();
    struct sales_store *store = NULL;
    char where[PLACE_MAX], other[2 * PLACE_MAX];
    struct error err = {0};

    if (!server)
        return;
    snprintf(where, sizeof where, "postgresql://quern:wrong-one@127.0.0.1:%d/postgres",
             server->port);
    EXPECT_ERROR(sales_store_open(&store, where, &err), &err, ERR_IO, "authentication failed");
    EXPECT(!strstr(err.text, "wrong-one"));
    test_postgres_place(server, where, sizeof where);
    snprintf(other, sizeof other, "%s%%20-cdefault_transaction_read_only%%3Don", where);
    EXPECT_ERROR(sales_store_open(&store, other, &err), &err, ERR_IO, "cannot make the tables");
    sales_store_close(open_store(where)); /* the tables are there, but cannot be written */
    store = open_store(other);
    EXPECT_ERROR(write_one(store, 2, &err), &err, ERR_IO, "read-only");
    sales_store_close(store);
    store = open_store(where);
    EXPECT_OK(write_one(store, 2, &err), &err);
    test_postgres_ask(server, where, "UPDATE sales_meta SET format = 9");
    EXPECT_OK(write_one(store, 4, &err), &err); /* it was asked when it was opened */
    sales_store_close(store);
    EXPECT_ERROR(sales_store_open(&store, where, &err), &err, ERR_DATA, "not of this format");
    test_postgres_ask(server, where, "UPDATE sales_meta SET format = 1");
    store = open_store(where);
    test_postgres_ask(server, where, "DROP TABLE sales_bronze");
    EXPECT_ERROR(write_one(store, 6, &err), &err, ERR_IO, "sales_bronze");
    test_postgres_ask(server, where, "DELETE FROM sales_meta");
    EXPECT_ERROR(write_one(store, 6, &err), &err, ERR_DATA, "damaged");
    sales_store_close(store);
}

/* Another transaction that holds the tables: an error after a few seconds, and then it works. */
TEST(postgres_store_does_not_wait_for_a_lock_for_ever)
{
    struct test_postgres *server = test_postgres_shared();
    char where[PLACE_MAX];
    struct error err = {0};

    if (!server)
        return;
    test_postgres_place(server, where, sizeof where);
    struct sales_store *store = open_store(where);
    const pid_t holder = test_postgres_hold(server, where, "sales_meta", 20);
    const double start = clock_seconds();
    while (write_one(store, 2, &err)) { /* until the holder has it */
        EXPECT(clock_seconds() - start < 10);
        usleep(10000);
    }
    EXPECT_HAS(err.text, "locked by another process");
    EXPECT(clock_seconds() - start < 10 + SALES_STORE_PATIENCE);
    test_postgres_release(holder);
    EXPECT_OK(write_one(store, 4, &err), &err);
    sales_store_close(store);
}
