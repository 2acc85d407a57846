/*
 * load — many requests over kept-alive connections, and how long each took.
 *
 * Closed loop (`rate` 0): every connection asks again as soon as it is answered. Open loop: request
 * i is due at i / rate; when all connections are busy it waits, and its latency counts from when it
 * was due, so that a server that stalls does not hide the requests it held up.
 *
 * One thread and no allocation per request: a client costs a fraction of what a server does, and on
 * a core of its own never is the bottleneck (docs/replay.md has figures).
 */
#ifndef QUERN_MONITOR_LOAD_H
#define QUERN_MONITOR_LOAD_H

#include "base/json.h"
#include "monitor/latencies.h"
#include "monitor/http_message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { LOAD_CONNECTIONS_MAX = 4096, LOAD_FAULTS_MAX = 32, LOAD_BODIES_MAX = 1000000 };

struct load_target; /* load_bodies.h */

struct load_options {
    const char *url;
    struct http_request request; /* its body is not looked at */
    const struct table_string *body;
    size_t bodies;                    /* taken in turn; 0: requests without a body */
    const struct load_target *target; /* [bodies] methods and paths of a mix; NULL: the same */
    /* Sent in the place of every (1 / malformed_share)th request; answers must be 4xx. */
    struct table_string malformed;
    double malformed_share;
    size_t connections; /* 1 to LOAD_CONNECTIONS_MAX */
    double rate;        /* requests a second, or 0 */
    double seconds;     /* how long, or 0 */
    size_t requests;    /* how many, or 0; what comes first ends it */
    double timeout;     /* seconds for one answer */
    const char *expect; /* the answer's body without line breaks at its end, or NULL */
};

/* A kind of failure: "status 500: ...", "the connection was closed before an answer". */
struct load_fault {
    char text[160];
    uint64_t count;
    double first, last; /* seconds since the start */
};

struct load_result {
    double seconds, cpu_seconds; /* it took; of this process's processor time */
    uint64_t failures;
    uint64_t malformed; /* sent, and answered as they must be */
    uint64_t answer_bytes;
    struct latencies latency; /* of all requests, failed ones too */
    size_t faults;
    struct load_fault fault[LOAD_FAULTS_MAX]; /* the last collects whatever does not fit */
};

/*
 * A request that fails is counted, not an error.
 *
 * ERR_ARG  not a URL     ERR_IO  nothing listens there
 */
MUST_CHECK bool load_run(struct load_result *result, const struct load_options *options,
                         struct error *err);

/* Tables as locust prints them; times in milliseconds. */
void load_print(const struct load_result *result, const struct load_options *options, FILE *out);
/* PREFIX_stats.csv and PREFIX_failures.csv, with locust's columns. */
MUST_CHECK bool load_write_csv(const struct load_result *result, const struct load_options *options,
                               const char *prefix, struct error *err);
/* {"requests", "failures", "seconds", "throughput", "p50_ms", ...}; json_decref() it. */
json_t *load_json(const struct load_result *result, const struct load_options *options);

#endif
