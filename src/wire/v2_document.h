/* v2_document — the JSON of a V2 request: which tensors there are, which outputs are wanted. */
#ifndef QUERN_WIRE_V2_DOCUMENT_H
#define QUERN_WIRE_V2_DOCUMENT_H

#include "wire/v2.h"
#include "wire/v2_tensor.h"

struct v2_reader {
    struct json_rows json;
    struct v2_request *request;
    const struct schema *schema, *answer; /* of a row, of its answer */
    struct v2_tensor *tensor;             /* [room] */
    size_t count, room;
    bool has_inputs, binary_outputs;
    const char *binary, *end; /* what follows the JSON */
};

/* Fill tensors and outputs; mistakes stop the reader. */
void v2_document_read(struct v2_reader *r);

/* A name from outside, and the names that there are, for messages; in the reader's arena. */
const char *v2_shown(struct v2_reader *r, struct table_string name);
const char *v2_names(struct v2_reader *r, const struct schema *schema);

#endif
