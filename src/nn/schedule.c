#include "nn/schedule.h"

#include <math.h>

struct schedule schedule_one_cycle(uint64_t steps)
{
    return (struct schedule){.kind = SCHEDULE_ONE_CYCLE,
                             .steps = steps,
                             .rising = 0.3,
                             .divide = 25,
                             .divide_final = 1e4,
                             .beta1_low = 0.85,
                             .beta1_high = 0.95};
}

/* From `begin` to `end` as `part` goes from 0 to 1. */
static double along_cosine(double begin, double end, double part)
{
    const double pi = 3.14159265358979323846;

    return end + (begin - end) / 2 * (1 + cos(pi * part));
}

struct adam_settings schedule_at(const struct schedule *schedule, const struct adam_settings *adam,
                                 uint64_t step)
{
    struct adam_settings at = *adam;

    if (schedule->kind == SCHEDULE_CONSTANT)
        return at;
    const double last = (double)schedule->steps - 1, now = fmin((double)step, last);
    const double top = schedule->rising * (double)schedule->steps - 1;
    const bool rises = now <= top;
    const double begin = rises ? 0 : top, end = rises ? top : last;
    const double part = end > begin ? (now - begin) / (end - begin) : 1;
    const double low = adam->rate / schedule->divide, lowest = low / schedule->divide_final;

    at.rate = along_cosine(rises ? low : adam->rate, rises ? adam->rate : lowest, part);
    if (schedule->beta1_high > 0)
        at.beta1 = along_cosine(rises ? schedule->beta1_high : schedule->beta1_low,
                                rises ? schedule->beta1_low : schedule->beta1_high, part);
    return at;
}
