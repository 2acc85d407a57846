/*
 * v2 — rows and answers as the Open Inference Protocol's REST interface has them, with the binary
 * tensors that Triton's clients send.
 *
 *   {"id": "7", "inputs": [{"name": "State", "shape": [2], "datatype": "BYTES",
 *    "data": ["KS", "OH"]}, ...], "outputs": [{"name": "label"}]}
 *
 * Inputs are either one tensor a column, of shape [n] or [n, 1], with columns that nothing uses
 * left out at will; or one tensor of any other name and shape [n, columns] in the schema's order.
 * A binary tensor has "parameters": {"binary_data_size": bytes} instead of "data"; its bytes follow
 * the JSON, whose size the header Inference-Header-Content-Length gives. BYTES elements are a
 * length of 4 bytes, then that many bytes; everything is little-endian.
 *
 *   BOOL  UINT8..UINT64  INT8..INT64  FP16  BF16 (binary only)  FP32  FP64  BYTES
 *
 * Any datatype goes into any column: numbers become their shortest text in a text column, texts
 * must be numbers in a number column. Missing: NaN, null, and in binary BYTES nothing.
 *
 * Answers are FP64 and BYTES tensors of shape [n]. A tensor cannot hold a fault, so one row at
 * fault fails the request.
 */
#ifndef QUERN_WIRE_V2_H
#define QUERN_WIRE_V2_H

#include "wire/wire.h"

enum { V2_JSON_ALL = 0 }; /* json_size of a body without binary tensors */

/* "FP64" for numbers, "BYTES" for the rest: what metadata says and answers are. */
const char *v2_datatype(enum schema_kind kind);

/* One output that was asked for. */
struct v2_output {
    size_t column; /* of the answer */
    bool binary;
};

/* A decoded request; everything lives in the arena given to v2_decode(). */
struct v2_request {
    const char *id; /* NULL: none was given */
    struct wire_rows rows;
    size_t output_count;
    struct v2_output *output; /* all columns of the answer if the request names none */
};

/*
 * `json_size` is Inference-Header-Content-Length, or V2_JSON_ALL. `answer` is the schema of what
 * will be answered.
 *
 * ERR_DATA   not a request: broken JSON, unknown names, shapes that do not fit, too few bytes
 * ERR_LIMIT  too many rows
 */
MUST_CHECK bool v2_decode(struct v2_request *request, const struct schema *schema,
                          const struct schema *answer, const char *body, size_t size,
                          size_t json_size, const struct wire_limits *limits, struct arena *memory,
                          struct error *err);

/*
 * Append the answer. *json_size is what Inference-Header-Content-Length must say, V2_JSON_ALL when
 * there are no binary tensors and so no such header. `version` may be NULL.
 *
 * ERR_DATA  a row is at fault (wire_row_error())
 */
MUST_CHECK bool v2_encode(struct text *out, size_t *json_size, const struct v2_request *request,
                          const char *model, const char *version, const struct frame *answer,
                          const struct row_errors *errors, struct error *err);

#endif
