/* fuzz_http_answer — any bytes as what a server answers; the same bit by bit as at once. */
#include "base/arena.h"
#include "monitor/http_message.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct http_answer *answer, const char *bytes, size_t size)
{
    BUG_ON(answer->size > size || answer->status < 200);
    BUG_ON(answer->body.length > size);
    BUG_ON(answer->body.length > 0 &&
           (answer->body.bytes < bytes || answer->body.bytes + answer->body.length > bytes + size));
    BUG_ON(answer->type.bytes && answer->type.bytes + answer->type.length > bytes + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_answer answer;
    size_t need = 1;

    for (size_t part = 1; part <= size; part = part < 64 ? part + 1 : part * 2) {
        char *bytes = memory_take(part, 1); /* a block of its own, so that its end is guarded */
        memcpy(bytes, data, part);
        const bool ended = part * 2 > size;
        if (http_answer_parse(&answer, bytes, part, ended, &need) == HTTP_DONE)
            check(&answer, bytes, part);
        free(bytes);
    }
    return 0;
}
