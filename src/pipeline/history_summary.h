/* history_summary — what a person wants to read when a run with temporal attention has ended. */
#ifndef QUERN_PIPELINE_HISTORY_SUMMARY_H
#define QUERN_PIPELINE_HISTORY_SUMMARY_H

#include "base/error.h"

#include <stdio.h>

/*
 * Print, from the files in `out`: parts, epochs, the figures of the last part, and where the
 * bundle and the report are. `shown` is what the user calls `out`.
 */
MUST_CHECK bool history_summary_print(const char *out, const char *shown, FILE *to,
                                      struct error *err);

#endif
