/*
 * interrupt — Ctrl-C and SIGTERM as an ordinary failure.
 *
 * After interrupt_install() the first signal only sets a flag; long work asks interrupt_check() at
 * every natural pause (a chunk, a batch) and unwinds like after any other error, so that temporary
 * files are removed and checkpoints stay. A second signal ends the process at once.
 */
#ifndef QUERN_BASE_INTERRUPT_H
#define QUERN_BASE_INTERRUPT_H

#include "base/error.h"

void interrupt_install(void);

/* False, with ERR_INTERRUPT "interrupted while <doing>", once a signal has come. */
MUST_CHECK bool interrupt_check(const char *doing, struct error *err);

#endif
