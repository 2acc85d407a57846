/* history_document — the report.json of a made-up run on histories, with everything in it. */
#ifndef QUERN_TESTS_HISTORY_DOCUMENT_H
#define QUERN_TESTS_HISTORY_DOCUMENT_H

#include <jansson.h>

/* json_decref() it. */
json_t *history_document(void);

#endif
