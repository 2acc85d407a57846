/*
 * postgres — a real PostgreSQL server on loopback for tests, with a database of its own in a
 * temporary folder; as another user where the tests run as root, which PostgreSQL refuses to be.
 */
#ifndef QUERN_TESTS_SUPPORT_POSTGRES_H
#define QUERN_TESTS_SUPPORT_POSTGRES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define TEST_POSTGRES_PASSWORD "secret-of-the-test"

struct test_postgres {
    pid_t pid;
    int port;
    char folder[64]; /* removed when the program ends */
};

/*
 * The one server that all tests of a program share, running; NULL after a loud skip where
 * PostgreSQL is not installed. It ends with this process.
 */
struct test_postgres *test_postgres_shared(void);

/* The connection string of a schema that does not exist yet; it is made. */
void test_postgres_place(struct test_postgres *server, char *where, size_t size);

/* Run SQL in the schema of a connection string; the test fails if it does. */
void test_postgres_ask(struct test_postgres *server, const char *where, const char *sql);
/* A client that locks a table for some seconds, or until it is released. */
pid_t test_postgres_hold(struct test_postgres *server, const char *where, const char *table,
                         int seconds);
void test_postgres_release(pid_t holder);

/* End it at once, as a failing machine does, and wait until it is gone. */
void test_postgres_stop(struct test_postgres *server);
/* Start it again on the same port, and wait until it answers. */
void test_postgres_start(struct test_postgres *server);

#endif
