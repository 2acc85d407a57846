/*
 * request_reader — requests out of a log, to be sent again: the lines of request_log.h, and lines
 * of data capture as hosted endpoints write them:
 *
 *   {"captureData": {"endpointInput": {"observedContentType": "text/csv", "data": "...",
 *    "encoding": "CSV"}, "endpointOutput": {...}}, "eventMetadata": {"eventId": "..."}}
 *
 * Other lines of JSON are passed over; so is a last line that a killed server left unfinished.
 */
#ifndef QUERN_MONITOR_REQUEST_READER_H
#define QUERN_MONITOR_REQUEST_READER_H

#include "base/error.h"
#include "table/table.h"

#include <stdbool.h>
#include <stddef.h>

enum { REQUEST_READER_LINE_MAX = 64 << 20 };

struct request_reader;

/* Everything lives until the next call. */
struct logged_request {
    size_t line;                                            /* in the file, from 1 */
    const char *id, *method, *path, *content_type, *accept; /* or NULL */
    int status;                                             /* 200 for captured data */
    struct table_string request, response;                  /* bytes NULL: not logged, or cut */
    bool request_cut;
};

MUST_CHECK bool request_reader_open(struct request_reader **reader, const char *path,
                                    struct error *err);
/*
 * *more is false at the end.
 *
 * ERR_DATA  a line is not JSON; names the line      ERR_LIMIT  a line is too long
 */
MUST_CHECK bool request_reader_next(struct request_reader *reader, struct logged_request *request,
                                    bool *more, struct error *err);
/* Lines so far that are no requests. */
size_t request_reader_passed_over(const struct request_reader *reader);
void request_reader_close(struct request_reader *reader);

#endif
