/* tabular_summary — what a person wants to read when a run with trees has ended. */
#ifndef QUERN_PIPELINE_TABULAR_SUMMARY_H
#define QUERN_PIPELINE_TABULAR_SUMMARY_H

#include "base/error.h"

#include <stdio.h>

/*
 * Print, from the files in `out`: features, rounds, the figures of the test split, and where the
 * bundle and the report are. `shown` is what the user calls `out`.
 */
MUST_CHECK bool tabular_summary_print(const char *out, const char *shown, FILE *to,
                                      struct error *err);

#endif
