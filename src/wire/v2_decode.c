#include "wire/v2_document.h"

#include <stdint.h>
#include <string.h>

/* The columns of one tensor [n, columns]: all, or all that are used. NULL: it is none. */
static const size_t *matrix_columns(struct v2_reader *r, const struct v2_tensor *tensor)
{
    const struct rows *rows = r->json.rows;
    const bool all = tensor->width == r->schema->count;
    size_t count = 0;

    if (!all && tensor->width != rows->used)
        return NULL;
    size_t *column = ARENA_NEW(rows->memory, size_t, r->schema->count);
    for (size_t c = 0; c < r->schema->count; c++)
        if (all || r->schema->column[c].kind != SCHEMA_IGNORED)
            column[count++] = c;
    return column;
}

static void place_matrix(struct v2_reader *r)
{
    const struct v2_tensor *tensor = r->tensor;
    const size_t *column = matrix_columns(r, tensor);

    if (!column)
        json_rows_fail(&r->json,
                       "input '%s' is neither a column nor a tensor [rows, %zu] of all of them",
                       v2_shown(r, tensor->name), r->schema->count);
    else
        v2_tensor_values(&r->json, tensor, column);
}

static void place_column(struct v2_reader *r, const struct v2_tensor *tensor, bool *seen)
{
    const size_t c = schema_find(r->schema, tensor->name.bytes, tensor->name.length);

    if (c == SIZE_MAX)
        json_rows_fail(&r->json, "there is no input '%s'; there are: %s", v2_shown(r, tensor->name),
                       v2_names(r, r->schema));
    else if (seen[c])
        json_rows_fail(&r->json, "input '%s' is there twice", v2_shown(r, tensor->name));
    else if (tensor->width != 1 || tensor->rows != r->tensor[0].rows)
        json_rows_fail(&r->json, "input '%s' must have shape [%zu] or [%zu, 1] as the first one",
                       v2_shown(r, tensor->name), r->tensor[0].rows, r->tensor[0].rows);
    else
        v2_tensor_values(&r->json, tensor, &c);
    if (c != SIZE_MAX)
        seen[c] = true;
}

/* Values of all tensors into rows. */
static bool place_values(struct v2_reader *r, struct error *err)
{
    struct rows *rows = r->json.rows;
    const struct v2_tensor *first = r->tensor;
    const size_t body = (size_t)(r->end - r->json.scan.begin);

    /* Rows cost memory, values come later: a shape alone must not ask for a million of them. */
    if (first->rows > body && first->rows <= rows->limits->rows) {
        json_rows_fail(&r->json, "input '%s' has %zu rows, more than the body has bytes",
                       v2_shown(r, first->name), first->rows);
        return true;
    }
    for (size_t row = 0; row < first->rows; row++)
        if (!rows_begin(rows, err))
            return false;
    if (r->count == 1 &&
        schema_find(r->schema, first->name.bytes, first->name.length) == SIZE_MAX) {
        place_matrix(r);
        return true;
    }
    bool *seen = ARENA_ZERO(rows->memory, bool, r->schema->count), lists = false;
    for (size_t i = 0; i < r->count; i++)
        place_column(r, &r->tensor[i], seen);
    for (size_t c = 0; c < r->schema->count; c++)
        lists = lists || (seen[c] && r->schema->column[c].kind == SCHEMA_LIST);
    for (size_t c = 0; c < r->schema->count; c++)
        if (!seen[c] && schema_requires(&r->schema->column[c], lists))
            json_rows_fail(&r->json, "there is no input '%.100s' in the request",
                           r->schema->column[c].name);
    return true;
}

bool v2_decode(struct v2_request *request, const struct schema *schema, const struct schema *answer,
               const char *body, size_t size, size_t json_size, const struct wire_limits *limits,
               struct arena *memory, struct error *err)
{
    struct rows rows;
    struct v2_reader r = {.request = request, .schema = schema, .answer = answer};

    *request = (struct v2_request){.rows = {.errors = {.memory = memory}}};
    if (json_size > size)
        return error_set(err, ERR_DATA, "the JSON should have %zu bytes, the body has %zu",
                         json_size, size);
    if (json_size == V2_JSON_ALL)
        json_size = size;
    if (!utf8_plain(body, json_size) && !utf8_valid(body, json_size))
        return error_set(err, ERR_DATA, "the JSON is not UTF-8");
    rows_init(&rows, schema, limits, 1, &request->rows.errors, memory);
    rows.foreign = true;
    r.binary = body + json_size;
    r.end = body + size;
    r.room = schema->count ? schema->count : 1;
    r.tensor = ARENA_NEW(memory, struct v2_tensor, r.room);
    json_rows_init(&r.json, &rows, err);
    json_rows_start(&r.json, body, json_size);
    v2_document_read(&r);
    if (!r.json.failed && !r.json.scan.problem && !place_values(&r, err))
        return false;
    return !r.json.failed && json_check(&r.json.scan, err) &&
           rows_finish(&rows, &request->rows, err);
}
