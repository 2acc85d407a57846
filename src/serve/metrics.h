/*
 * metrics — what the server counts, without locks: each worker has counters of its own, written by
 * it alone and read by whoever answers /metrics.
 *
 *   http_requests_total{method,route,code}          quern_requests_in_progress
 *   http_request_duration_seconds{route}            quern_connections
 *   quern_inference_duration_seconds{model,version} quern_rows_total{model,version}
 *   quern_build_info{version}                       process_*
 */
#ifndef QUERN_SERVE_METRICS_H
#define QUERN_SERVE_METRICS_H

#include "base/text.h"
#include "serve/route.h"
#include "serve/status.h"

#include <stdatomic.h>
#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 18, METHOD_SLOTS = 5 };

/* Only its owner writes, so an addition needs no locked instruction. */
static inline void counter_add(_Atomic uint64_t *counter, uint64_t value)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + value,
                          memory_order_relaxed);
}

static inline uint64_t counter_get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* A histogram. */
struct durations {
    _Atomic uint64_t
        bucket[HISTOGRAM_BUCKETS + 1]; /* not cumulative; the last is above all bounds */
    _Atomic uint64_t sum;              /* microseconds */
};

void durations_add(struct durations *durations, uint64_t microseconds);

/* Counters of one worker. */
struct metrics {
    _Atomic uint64_t requests[ROUTE_COUNT][METHOD_SLOTS][STATUS_COUNT];
    struct durations duration[ROUTE_COUNT];
    _Atomic uint64_t started, finished; /* requests */
    _Atomic uint64_t opened, closed;    /* connections */
};

void metrics_count(struct metrics *metrics, enum route_id route, enum route_method method,
                   int status, uint64_t microseconds);

/* Counters of one model by one worker. */
struct model_metrics {
    struct durations inference;
    _Atomic uint64_t rows, faults;
};

/* One model as /metrics shows it; `worker` [workers]. */
struct metrics_model {
    const char *name, *version;
    const struct model_metrics *worker;
};

struct metrics_view {
    const struct metrics *const *worker; /* [workers] */
    size_t workers;
    const struct metrics_model *model; /* [models] */
    size_t models;
    size_t model_workers;
    bool openmetrics;
};

/* Prometheus text 0.0.4, or OpenMetrics 1.0. */
void metrics_write(struct text *out, const struct metrics_view *view);

/* The process_* families of /proc/self; what cannot be read is left out. */
void metrics_write_process(struct text *out, bool openmetrics);

/* HELP and TYPE lines; `name` of a counter ends with _total. */
void metrics_family(struct text *out, const char *name, const char *type, const char *help,
                    bool openmetrics);

#endif
