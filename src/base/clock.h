/* clock — the only place that asks what time it is; everything else is told. */
#ifndef QUERN_BASE_CLOCK_H
#define QUERN_BASE_CLOCK_H

#include <stdint.h>

/* Microseconds since 1970-01-01 UTC. */
int64_t clock_now(void);

/* Seconds on a clock that only moves forward; for durations. */
double clock_seconds(void);

#endif
