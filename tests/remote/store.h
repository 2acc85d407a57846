/*
 * store — a real S3-compatible server on loopback for tests: versitygw, which checks as strictly as
 * Amazon's, else moto_server; both from tools/setup (.deps/).
 */
#ifndef QUERN_TESTS_REMOTE_STORE_H
#define QUERN_TESTS_REMOTE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define STORE_KEY "quern-test-key"
#define STORE_SECRET "quern/test+secret"

struct store {
    pid_t pid;
    int port;
    bool strict; /* versitygw: checks signatures */
    char endpoint[64];
};

/*
 * Start one, wait until it answers, point the AWS_ variables at it and make bucket "quern". False
 * after a loud skip when no server is installed. It ends with this process.
 */
bool store_start(struct store *store);
/* Start it again on the same port after store_stop(). */
void store_restart(struct store *store);
void store_stop(struct store *store);

/* The one store all tests of a program share; NULL after a loud skip. Resets the AWS_ variables. */
struct store *store_shared(void);
/* The variables of the store's account. */
void store_environment(const struct store *store);

/* One request as the store's account, which must succeed; `query` as in struct s3_call. */
void store_ask(const char *method, const char *bucket, const char *key, const char *query,
               char *answer, size_t room);

/* A port that was free a moment ago. */
int store_free_port(void);

#endif
