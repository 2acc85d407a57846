/*
 * request_log — one JSON line a request, and the lines read back for replay.
 *
 *   {"@timestamp":"2026-01-31T09:26:53.120Z","log.level":"info","message":"request",
 *    "id":"...","method":"POST","path":"/invocations","status":200,"latency_us":85,"rows":1,
 *    "model":"churn","version":"3","content_type":"text/csv","accept":"application/json",
 *    "error":"...","request":"KS,186,...","response":"False"}
 *
 * `error` only on failures; `request` and `response` when payloads are asked for, and always for a
 * failed request (bytes that are not UTF-8 as {"base64": "..."}; cut after a limit, and then
 * "request_cut": true). Written by many threads, each line whole; a slow disk drops nothing but
 * may delay. docs/replay.md has the meaning of each field.
 */
#ifndef QUERN_MONITOR_REQUEST_LOG_H
#define QUERN_MONITOR_REQUEST_LOG_H

#include "base/error.h"
#include "table/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request_log;

/* Bytes of a request or an answer that are kept. */
enum { REQUEST_LOG_PAYLOAD_MAX = 256 * 1024 };

struct request_record {
    int64_t time; /* microseconds UTC, of arrival */
    uint64_t latency_us;
    const char *id, *method, *path, *model, *version, *content_type, *accept, *error; /* or NULL */
    int status;
    size_t rows;
    struct table_string request, response; /* bytes NULL: none */
};

/* To a file (appended), "-" for stderr, or NULL for nowhere. */
MUST_CHECK bool request_log_open(struct request_log **log, const char *path, bool payloads,
                                 struct error *err);
/* Writes out what is left; no-op on NULL. */
void request_log_close(struct request_log *log);
/*
 * Thread-safe; formats on the caller's thread into a buffer that a background thread writes at
 * least every second.
 */
void request_log_write(struct request_log *log, const struct request_record *record);
/* Whether payloads are wanted, so that the caller need not keep them. */
bool request_log_payloads(const struct request_log *log);

#endif
