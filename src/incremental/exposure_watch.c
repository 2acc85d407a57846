#include "incremental/exposure_watch.h"

#include "base/clock.h"
#include "incremental/exposure_log.h"

#include <stdio.h>

void exposure_watch_show(struct exposure_watch *watch, const char *label, size_t users)
{
    if (watch->on)
        progress_cancel(&watch->progress);
    watch->on = label != NULL;
    atomic_store(&watch->passed, 0);
    watch->pass = 0;
    if (label)
        progress_begin(&watch->progress, label, users, false);
}

void exposure_watch_pass(struct exposure_watch *watch, size_t rank, size_t users)
{
    const size_t done = atomic_fetch_add(&watch->passed, 1);
    const size_t each = (users + EXPOSURE_PASSED - 1) / EXPOSURE_PASSED;
    char note[48];

    if (!watch->on || rank != 0)
        return;
    if (done / each != watch->pass) /* time left is that of the pass */
        watch->progress.started = clock_seconds();
    watch->pass = done / each;
    snprintf(note, sizeof note, "pass %zu", done / each + 1);
    progress_update(&watch->progress, done % each * EXPOSURE_PASSED, note);
}
