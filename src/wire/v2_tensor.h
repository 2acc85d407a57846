/* v2_tensor — tensors of a V2 request, as its JSON describes them, and their values into rows. */
#ifndef QUERN_WIRE_V2_TENSOR_H
#define QUERN_WIRE_V2_TENSOR_H

#include "wire/json_rows.h"

enum v2_type {
    V2_BOOL,
    V2_UINT8,
    V2_UINT16,
    V2_UINT32,
    V2_UINT64,
    V2_INT8,
    V2_INT16,
    V2_INT32,
    V2_INT64,
    V2_FP16,
    V2_BF16,
    V2_FP32,
    V2_FP64,
    V2_BYTES,
    V2_TYPE_COUNT, /* none of them */
};

/* The datatype of this name; V2_TYPE_COUNT if there is none. */
enum v2_type v2_type_of(struct table_string name);

struct v2_tensor {
    struct table_string name;
    enum v2_type type;
    size_t rows, width; /* shape [rows] counts as [rows, 1] */
    struct json_mark data;
    bool has_data, has_binary;
    size_t binary_size;
    const char *binary; /* its bytes, once they have been found */
};

/*
 * Values into rows that have begun: element [row, i] into column[i] (SIZE_MAX: none).
 * Mistakes stop the reader (json_rows_fail()).
 */
void v2_tensor_values(struct json_rows *reader, const struct v2_tensor *tensor,
                      const size_t *column);

#endif
