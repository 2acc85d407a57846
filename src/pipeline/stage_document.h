/* stage_document — the JSON documents that stages leave for later ones, the report and the summary.
 */
#ifndef QUERN_PIPELINE_STAGE_DOCUMENT_H
#define QUERN_PIPELINE_STAGE_DOCUMENT_H

#include "base/error.h"
#include "base/json.h"

enum { DATA_HASH_LENGTH = 16 };

/*
 * Read `name` in `folder`; json_decref() it.
 *
 * ERR_IO    it cannot be read
 * ERR_DATA  it is no JSON, or larger than 256 MiB
 */
MUST_CHECK bool stage_document_read(json_t **document, const char *folder, const char *name,
                                    struct error *err);

/* The hash of the data in data.json of `folder`, as a text of 16 digits. ERR_DATA without one. */
MUST_CHECK bool stage_document_hash(char hash[DATA_HASH_LENGTH + 1], const char *folder,
                                    struct error *err);

#endif
