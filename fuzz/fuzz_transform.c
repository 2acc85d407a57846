/*
 * transform_parse() on any document, after a NUL byte with any tensors: refused, or a transform
 * that takes a row of known and one of missing values without harm.
 */
#include "transform/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void apply(const struct transform *t)
{
    struct arena memory = {0};
    struct row_errors errors = {.memory = &memory};
    const struct schema *schema = transform_schema(t);
    struct table_string text[] = {{"7", 1}, {NULL, 0}};
    const double number[] = {7, NAN};
    struct frame_column *column = ARENA_ZERO(&memory, struct frame_column, schema->count);
    const struct frame frame = {schema, 2, column};

    for (size_t c = 0; c < schema->count; c++) {
        column[c].number = schema->column[c].kind == SCHEMA_NUMBER ? number : NULL;
        column[c].text = schema->column[c].kind == SCHEMA_TEXT ? text : NULL;
    }
    transform_apply(t, &frame, ARENA_NEW(&memory, double, 2 * transform_width(t)), &errors,
                    &memory);
    arena_clear(&memory);
}

static void cut(const struct transform *t)
{
    struct transform *front, *back;
    struct error err = {0};

    if (!transform_cut(t, &front, &back, &err))
        return;
    apply(front);
    apply(back);
    transform_free(front);
    transform_free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const uint8_t *end = memchr(bytes, 0, size);
    const size_t length = end ? (size_t)(end - bytes) : size;
    json_t *document = json_loadb((const char *)bytes, length, JSON_REJECT_DUPLICATES, NULL);
    struct safetensors tensors;
    struct error err = {0}, none = {0};
    struct transform *t;

    if (!document)
        return 0;
    const bool opened =
        end && safetensors_parse(&tensors, "fuzz", (const char *)end + 1, size - length - 1, &none);
    if (transform_parse(&t, document, opened ? &tensors : NULL, &err)) {
        apply(t);
        cut(t);
        json_decref(transform_document(t));
        transform_free(t);
    } else {
        BUG_ON(err.code == ERR_NONE);
    }
    if (opened)
        safetensors_close(&tensors);
    json_decref(document);
    return 0;
}
