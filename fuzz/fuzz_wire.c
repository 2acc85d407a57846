/*
 * fuzz_wire — any bytes as rows: the first byte says the format, the rest is the body. What is
 * read must be whole, and must be answerable in every format.
 */
#include "wire/wire.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct schema_column columns[] = {{"State", SCHEMA_TEXT, SCHEMA_REQUIRED},
                                               {"Length", SCHEMA_NUMBER, SCHEMA_REQUIRED},
                                               {"Phone", SCHEMA_IGNORED, SCHEMA_REQUIRED},
                                               {"Mins", SCHEMA_NUMBER, SCHEMA_UNLESS_LISTS},
                                               {"Past", SCHEMA_LIST, SCHEMA_OPTIONAL}};
static const struct schema schema = {5, columns};
static const struct wire_limits limits = {.rows = 1000, .depth = 64};

static void check_rows(const struct wire_rows *rows)
{
    struct text out = {0};
    struct error err = {0};
    static const size_t csv[] = {0, 3};
    size_t bytes = 0;

    BUG_ON(rows->frame.rows == 0 || rows->frame.rows > limits.rows);
    for (size_t row = 0; row < rows->frame.rows; row++) {
        const struct table_string *state = &rows->frame.column[0].text[row];
        for (size_t i = 0; i < state->length; i++)
            bytes += (unsigned char)state->bytes[i];
    }
    BUG_ON(bytes == SIZE_MAX);
    for (enum wire_media media = 0; media < WIRE_MEDIA_COUNT; media++) {
        const bool ok = wire_encode(&out, media, &rows->frame, csv, 2, &rows->errors, &err);
        BUG_ON(!ok && (media != WIRE_CSV || rows->errors.count == 0));
    }
    text_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena memory = {0};
    struct wire_rows rows;
    struct error err = {0};
    enum wire_media media;

    if (size < 1)
        return 0;
    if (wire_decode(&rows, data[0] % WIRE_MEDIA_COUNT, &schema, (const char *)data + 1, size - 1,
                    &limits, &memory, &err))
        check_rows(&rows);
    else
        BUG_ON(err.code == ERR_NONE || err.text[0] == '\0');

    char *header = arena_string(&memory, (const char *)data + 1, size - 1);
    if (wire_accept(header, data[0] % WIRE_MEDIA_COUNT, &media))
        BUG_ON(media >= WIRE_MEDIA_COUNT);
    if (wire_media_of(header, "", 0, &media))
        BUG_ON(media >= WIRE_MEDIA_COUNT);
    size_t length = 0;
    const char *charset = wire_foreign_charset(header, &length);
    BUG_ON(charset && (charset < header || length > strlen(charset)));
    arena_clear(&memory);
    return 0;
}
