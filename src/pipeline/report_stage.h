/* report_stage — the last stage of every run: report.json, its page report.html, and the pipeline
 * file as it ran.
 */
#ifndef QUERN_PIPELINE_REPORT_STAGE_H
#define QUERN_PIPELINE_REPORT_STAGE_H

#include "base/json.h"
#include "pipeline/config.h"
#include "pipeline/workspace.h"

#include <stdint.h>

struct report_stage {
    struct workspace *space;
    const struct pipeline_config *config;
    enum pipeline_report page; /* the page of this system; another setting writes none */
    uint64_t inputs;           /* key of all that the document is made of */
    const void *run;           /* passed to document() */
    bool (*document)(const void *run, json_t **document, struct error *err);
};

/* Run the stage unless its outputs are up to date. Errors of document() and of writing. */
MUST_CHECK bool report_stage_run(struct report_stage *report, struct error *err);

/* The pipeline file as it ran, as a JSON text; json_decref() it. */
json_t *report_stage_pipeline(const struct pipeline_config *config);

#endif
