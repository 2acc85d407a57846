/* Preloaded into a program to make its clock wrong: time() is three hours ahead. */
#include <time.h>

time_t time(time_t *out);

time_t time(time_t *out)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += 3L * 3600;
    if (out)
        *out = t.tv_sec;
    return t.tv_sec;
}
