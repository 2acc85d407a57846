/*
 * fuzz_v2 — any bytes as a request of the Open Inference Protocol: two bytes say where its JSON
 * ends, the rest is the body.
 */
#include "wire/v2.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct schema_column columns[] = {{"State", SCHEMA_TEXT, SCHEMA_REQUIRED},
                                               {"Length", SCHEMA_NUMBER, SCHEMA_REQUIRED},
                                               {"Phone", SCHEMA_IGNORED, SCHEMA_REQUIRED},
                                               {"Mins", SCHEMA_NUMBER, SCHEMA_REQUIRED}};
static const struct schema schema = {4, columns};
static const struct wire_limits limits = {.rows = 1000, .depth = 64};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena memory = {0};
    struct v2_request request;
    struct text out = {0};
    struct error err = {0};
    uint16_t json_size;
    size_t written = 0;

    if (size < sizeof json_size)
        return 0;
    memcpy(&json_size, data, sizeof json_size);
    if (v2_decode(&request, &schema, &schema, (const char *)data + 2, size - 2, json_size, &limits,
                  &memory, &err)) {
        /* The rows themselves as an answer; ignored columns have no values to give. */
        BUG_ON(request.rows.frame.rows == 0 || request.rows.frame.rows > limits.rows);
        size_t kept = 0;
        for (size_t i = 0; i < request.output_count; i++)
            if (request.output[i].column != 2)
                request.output[kept++] = request.output[i];
        request.output_count = kept;
        const bool ok = v2_encode(&out, &written, &request, "m", NULL, &request.rows.frame,
                                  &request.rows.errors, &err);
        BUG_ON(ok != (request.rows.errors.count == 0) || written > out.length);
    } else {
        BUG_ON(err.code == ERR_NONE || err.text[0] == '\0');
    }
    text_clear(&out);
    arena_clear(&memory);
    return 0;
}
