/* summary_text — lines that the summaries of all systems print when a run has ended. */
#ifndef QUERN_PIPELINE_SUMMARY_TEXT_H
#define QUERN_PIPELINE_SUMMARY_TEXT_H

#include "base/error.h"
#include "base/json.h"

#include <stddef.h>
#include <stdio.h>

struct summary_figure {
    const char *key, *label;
};

/* "  label value" with four decimals, labels padded to `width`; "-" where there is no value. */
void summary_number(const char *label, const json_t *value, int width, FILE *to);

/* One line for each figure `metrics` may hold, as {"key": {"value": 0.9}}. */
void summary_figures(const json_t *metrics, const struct summary_figure *figure, size_t count,
                     int width, FILE *to);

/* "label: shown/name" where out/name exists; `shown` is the folder as the user named it. */
void summary_path(const char *out, const char *shown, const char *label, const char *name,
                  FILE *to);

/* Flush. ERR_IO: a full disk, a closed pipe. */
MUST_CHECK bool summary_end(FILE *to, struct error *err);

#endif
