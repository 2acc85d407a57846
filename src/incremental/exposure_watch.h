/*
 * exposure_watch — what a person sees of passes over an exposure log, as one line.
 *
 * How many passes a fit takes is not known, so the line counts them and shows how far the one at
 * hand is.
 */
#ifndef QUERN_INCREMENTAL_EXPOSURE_WATCH_H
#define QUERN_INCREMENTAL_EXPOSURE_WATCH_H

#include "base/progress.h"

#include <stdatomic.h>

struct exposure_watch {
    struct progress progress;
    atomic_size_t passed; /* times EXPOSURE_PASSED users of all passes */
    size_t pass;
    bool on;
};

/* Ends the line of the label before; NULL begins no other. */
void exposure_watch_show(struct exposure_watch *watch, const char *label, size_t users);
/* EXPOSURE_PASSED users more. Several threads may call it; rank 0 draws. */
void exposure_watch_pass(struct exposure_watch *watch, size_t rank, size_t users);

#endif
