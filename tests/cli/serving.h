/* serving — servers as processes of their own, for tests; and the churn bundle they serve. */
#ifndef QUERN_TESTS_CLI_SERVING_H
#define QUERN_TESTS_CLI_SERVING_H

#include <stdbool.h>
#include <sys/types.h>

struct serving {
    pid_t pid;
    int port;
};

/*
 * Start `quern serve ARGUMENTS` on a free port (the variables and arguments in shell syntax) and
 * wait until it answers. The test fails when it does not.
 */
struct serving serving_start(const char *variables, const char *arguments);
/* SIGTERM; its exit status, or 128 + signal. */
int serving_stop(struct serving *server);

/*
 * The folder of a churn bundle, trained once for a test program on the reference data; NULL after a
 * loud skip where these are missing. `serving_rows()` is the test split without header and label.
 */
const char *serving_bundle(void);
const char *serving_rows(void);

#endif
