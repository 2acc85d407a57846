/* forecast_summary — what a person wants to read when a forecast has ended. */
#ifndef QUERN_PIPELINE_FORECAST_SUMMARY_H
#define QUERN_PIPELINE_FORECAST_SUMMARY_H

#include "base/error.h"

#include <stdio.h>

/*
 * Print, from the files in `out`: the model with its parameters, the figures where sales are known,
 * and where predictions and report are. `shown` is what the user calls `out`.
 */
MUST_CHECK bool forecast_summary_print(const char *out, const char *shown, FILE *to,
                                       struct error *err);

#endif
