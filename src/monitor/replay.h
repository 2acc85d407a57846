/*
 * replay — logged requests sent again, and whether they are answered as they were.
 *
 * Sent are requests whose payload is in the log, in its order, with the logged id, so that answers
 * that name it agree. Left out: requests without a payload, cut ones, and those that change what a
 * server holds (loading and unloading models). Status and body must be equal byte for byte, or,
 * with a tolerance, equal but for numbers that differ by at most tolerance * max(1, |number|).
 * Where the log has no answer only the status is compared.
 */
#ifndef QUERN_MONITOR_REPLAY_H
#define QUERN_MONITOR_REPLAY_H

#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { REPLAY_SHOWN = 10 };

struct replay_options {
    const char *log;
    const char *to; /* http://..., or a bundle: then a server process is started for it */
    const char *bearer;
    double tolerance; /* 0: byte for byte */
    double timeout;   /* seconds for one answer */
};

struct replay_difference {
    size_t line;
    int logged_status, status;
    char *id, *path, *logged, *answer; /* texts cut to a few hundred bytes; owned */
};

struct replay_result {
    size_t sent, agree;
    size_t without_payload, cut, changing, no_request; /* lines left out, and why */
    size_t shown;
    struct replay_difference difference[REPLAY_SHOWN]; /* the first */
};

/*
 * An answer that differs is counted, not an error.
 *
 * ERR_DATA  the log is damaged, or has nothing to send      ERR_IO  no answer
 */
MUST_CHECK bool replay_run(struct replay_result *result, const struct replay_options *options,
                           struct error *err);
void replay_clear(struct replay_result *result);

void replay_print(const struct replay_result *result, FILE *out);
json_t *replay_json(const struct replay_result *result);

/* Whether two answers are equal in the sense above. */
bool replay_equal(const char *a, size_t a_size, const char *b, size_t b_size, double tolerance);

#endif
