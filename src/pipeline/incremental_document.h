/*
 * incremental_document — what campaigns caused, as JSON: incremental/summary.json of a run, which
 * is also "incremental" in report.json (report/attribution_page.h has the keys).
 */
#ifndef QUERN_PIPELINE_INCREMENTAL_DOCUMENT_H
#define QUERN_PIPELINE_INCREMENTAL_DOCUMENT_H

#include "incremental/run.h"
#include "base/json.h"

/* json_decref() it. ERR_CHECK, ERR_INTERRUPT */
MUST_CHECK bool incremental_document(json_t **document, const struct incremental_run *run,
                                     struct pool *pool, struct error *err);

/*
 * Amounts in the order of `channel` [channels], from a document; a campaign that is not in it
 * caused nothing.
 */
struct incremental_amounts incremental_document_amounts(const json_t *document,
                                                        const char *const *channel, size_t channels,
                                                        struct arena *memory);

#endif
