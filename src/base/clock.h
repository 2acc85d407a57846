/* clock — the only place that asks what time it is; everything else is told. */
#ifndef QUERN_BASE_CLOCK_H
#define QUERN_BASE_CLOCK_H

#include <stdint.h>

/* Seconds on a clock that only moves forward; for durations. */
double clock_seconds(void);
/* Seconds of processor time that this process has used, on all its threads. */
double clock_processor_seconds(void);
/* Microseconds since 1970, UTC, as the system's clock has it; for log lines and entries. */
int64_t clock_now(void);

#endif
