/* run_summary — what a person wants to read when a run has ended: the table, the figures, the page.
 */
#ifndef QUERN_PIPELINE_RUN_SUMMARY_H
#define QUERN_PIPELINE_RUN_SUMMARY_H

#include "base/error.h"

#include <stdio.h>

/*
 * Print, from the files in `out`: conversions credited per campaign and method, for a terminal
 * `width` columns wide; distances to the truth where one was given; AUC; the path of the report,
 * in the folder as the user named it (`shown`).
 */
MUST_CHECK bool run_summary_print(const char *out, const char *shown, FILE *to, size_t width,
                                  struct error *err);

#endif
