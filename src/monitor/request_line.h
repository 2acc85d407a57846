/*
 * request_line — one record of the request log as a line of JSON; no allocation, no printf, so that
 * a common line costs a small part of a microsecond.
 */
#ifndef QUERN_MONITOR_REQUEST_LINE_H
#define QUERN_MONITOR_REQUEST_LINE_H

#include "monitor/request_log.h"

/* No line is longer than this; every text of a record but the payloads is cut at a limit. */
enum {
    REQUEST_FIELD_MAX = 2048, /* bytes of an id, a path, a sentence */
    /* A byte may take six characters ("\u001f"); eight texts, two payloads, the rest. */
    REQUEST_LINE_MAX = 6 * (8 * REQUEST_FIELD_MAX + 2 * REQUEST_LOG_PAYLOAD_MAX) + 1024,
};

/* At most how long the line of this record is. */
size_t request_line_bound(const struct request_record *record, bool payloads);

/* Write the line with its newline, without a NUL; its length. */
size_t request_line_format(char *out, const struct request_record *record, bool payloads);

#endif
