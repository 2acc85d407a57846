/*
 * load_test — serve a bundle as it will be served, load it, and say how it did.
 *
 * The server is a process of its own, this program's `serve`; the rows are made from the bundle's
 * reference.json, one a request. What is measured goes into a registry entry:
 *
 *   {"throughput": 61000.0, "p50_ms": 0.4, "p99_ms": 0.9, "requests": ..., "failures": 0,
 *    "connections": 32, "seconds": 5.0, ...}
 */
#ifndef QUERN_MONITOR_LOAD_TEST_H
#define QUERN_MONITOR_LOAD_TEST_H

#include "base/json.h"
#include "monitor/load.h"

struct load_test_options {
    size_t connections;
    double seconds;
    double min_throughput, max_p99_ms; /* limits; 0 for none */
};

struct load_test_options load_test_defaults(void);

/*
 * ERR_CHECK  slower than a limit, or a request failed; the sentence has the figures
 */
MUST_CHECK bool load_test_run(json_t **measured, const char *bundle,
                              const struct load_test_options *options, struct error *err);

#endif
