#include "serve/metrics.h"

#include <stddef.h>

static size_t method_slot(enum route_method method)
{
    switch (method) {
    case METHOD_GET:
        return 0;
    case METHOD_HEAD:
        return 1;
    case METHOD_POST:
        return 2;
    case METHOD_DELETE:
        return 3;
    }
    return METHOD_SLOTS - 1;
}

void metrics_count(struct metrics *metrics, enum route_id route, enum route_method method,
                   int status, uint64_t microseconds)
{
    counter_add(&metrics->requests[route][method_slot(method)][status_index(status)], 1);
    durations_add(&metrics->duration[route], microseconds);
}
