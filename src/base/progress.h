/*
 * progress — what a person sees of long work.
 *
 * On a terminal one line is redrawn in place, cut to the terminal's width; elsewhere (a file, a
 * pipe) a plain line is printed at the start and at the end of a stage, and at most every ten
 * seconds between. NO_COLOR and TERM=dumb are honoured. Everything goes to stderr.
 */
#ifndef QUERN_BASE_PROGRESS_H
#define QUERN_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    char label[64];
    uint64_t total; /* 0: unknown */
    double started, shown;
    bool terminal, quiet;
};

/* `quiet` prints nothing at all. */
void progress_begin(struct progress *progress, const char *label, uint64_t total, bool quiet);
/* `note` (may be NULL) stands at the end of the line, such as "loss 0.31". Cheap to call often. */
void progress_update(struct progress *progress, uint64_t done, const char *note);
/* Closes the line with the time taken and a summary. */
void progress_end(struct progress *progress, const char *summary);
/* One line for a stage that need not run. */
void progress_skip(const char *label, bool quiet);
/* A failed stage: leaves the terminal line clean. */
void progress_cancel(struct progress *progress);

#endif
