/* clock — the only place that asks what time it is; everything else is told. */
#ifndef QUERN_BASE_CLOCK_H
#define QUERN_BASE_CLOCK_H

/* Seconds on a clock that only moves forward; for durations. */
double clock_seconds(void);

#endif
