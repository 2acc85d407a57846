/*
 * soak_requests — what a soak sends: rows with known answers, and every kind of malformed request.
 *
 * A request is the bytes of a whole HTTP request; what must come back is a status (for malformed
 * ones: any of 400 to 499) and, for good ones, the exact body.
 */
#ifndef QUERN_BENCH_SOAK_REQUESTS_H
#define QUERN_BENCH_SOAK_REQUESTS_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct soak_request {
    const char *name; /* of a kind of malformed request; NULL for a good one */
    const char *bytes;
    size_t size;
    const char *answer; /* body of a good one, without the last line end */
    bool half_close;    /* the sender closes its side after the bytes */
    bool last;          /* after it no other request can follow on the connection */
};

struct soak_requests {
    size_t good_count, bad_count;
    struct soak_request *good, *bad;
};

/*
 * `rows`, `answers` and `records` are files of equally many lines: bodies of one row, and what a
 * server says to each, as CSV and as the JSON record within {"predictions": [...]}. The first row
 * is what the malformed ones are made of.
 */
MUST_CHECK bool soak_requests_read(struct soak_requests *requests, const char *rows,
                                   const char *answers, const char *records, struct arena *memory,
                                   struct error *err);

#endif
