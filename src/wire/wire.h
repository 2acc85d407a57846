/*
 * wire — rows in and answers out, in the formats clients speak; the same code for a request body
 * and for a file of a million rows.
 *
 *   text/csv             rows with or without a header (found by comparing the first line with the
 *                        schema's names; with one, columns may come in any order and others are
 *                        passed over), RFC 4180 quotes, CRLF, a missing last newline
 *   application/json     {"instances": ...} {"dataframe_split": ...} {"dataframe_records": ...}
 *                        {"inputs": ...}, rows as lists or as objects; and {"predictions": ...},
 *                        so that an answer can be the next server's request; docs/serving.md
 *   application/jsonlines (also application/x-ndjson, application/jsonl) one list or object a line
 *
 * Media types are compared without parameters and case; `Accept` follows its q-values. A fault of
 * one row goes to its row_errors and leaves the others alone; JSON and JSON lines answer it in its
 * place ({"error": ..., "row": ..., "column": ...}), CSV cannot, so there it fails the request.
 *
 * Missing: an empty CSV field, null, NaN, "nan", "NA" and "null" in a number column. A number that
 * is not finite or not a number is a fault of its row.
 *
 * Numbers are written as the shortest decimal that reads back as the same double, so a chain of
 * servers computes what one process computes.
 */
#ifndef QUERN_WIRE_WIRE_H
#define QUERN_WIRE_WIRE_H

#include "base/text.h"
#include "transform/frame.h"

enum wire_media { WIRE_CSV, WIRE_JSON, WIRE_JSONL, WIRE_MEDIA_COUNT };

/* "text/csv", ...: for Content-Type. */
const char *wire_media_name(enum wire_media media);

/* False: not one of ours (415). `type` may be NULL or empty: CSV, or JSON if the body starts so. */
bool wire_media_of(const char *type, const char *body, size_t size, enum wire_media *media);

/*
 * The charset that a content type names where it is another than UTF-8 or ASCII, which are all that
 * is read (415); NULL where it is one of these or none is named. `type` may be NULL.
 */
const char *wire_foreign_charset(const char *type, size_t *length);

/*
 * What to answer in: the best of an Accept header that we can make; `preferred` for none, "*" or
 * "*" "/" "*". False: none (406).
 */
bool wire_accept(const char *accept, enum wire_media preferred, enum wire_media *media);

struct wire_limits {
    size_t rows;  /* of one body */
    size_t depth; /* of nested JSON */
};

/* Decoded rows; everything lives in the arena given to wire_decode(). */
struct wire_rows {
    struct frame frame;
    struct row_errors errors;
    bool records; /* rows came as objects */
};

/*
 * ERR_DATA   the body as a whole is wrong: no rows, no known key, broken JSON (line and column are
 *            named), a header without a column that is used, a quote that never closes
 * ERR_LIMIT  too many rows
 *
 * A CSV row or a list with other than the schema's number of values is a fault of that row.
 */
MUST_CHECK bool wire_decode(struct wire_rows *rows, enum wire_media media,
                            const struct schema *schema, const char *body, size_t size,
                            const struct wire_limits *limits, struct arena *memory,
                            struct error *err);

/*
 * The sentence about the first row at fault, as ERR_DATA: "row 3, column 'Day Mins': 'abc' is not a
 * number". Rows count from 1. There must be one. Returns false.
 */
bool wire_row_error(const struct row_errors *errors, struct error *err);

/*
 * Append answers. CSV writes the columns of `csv` [csv_count] only, no header. JSON:
 * {"predictions": [{"label": "False", "score": 0.12}, ...]}, or plain values where the output has
 * one column; a row at fault in its place as {"error": "'abc' is not a number", "row": 3,
 * "column": "Day Mins"}. ERR_DATA: a row has a fault and CSV is wanted (wire_row_error()).
 */
MUST_CHECK bool wire_encode(struct text *out, enum wire_media media, const struct frame *answer,
                            const size_t *csv, size_t csv_count, const struct row_errors *errors,
                            struct error *err);

#endif
