#include "wire/shown.h"

#include <math.h>
#include <string.h>

#include "support/test.h"

static const struct schema_column columns[] = {
    {"State", SCHEMA_TEXT, SCHEMA_REQUIRED},
    {"Length", SCHEMA_NUMBER, SCHEMA_REQUIRED},
    {"Phone", SCHEMA_IGNORED, SCHEMA_REQUIRED},
    {"Mins", SCHEMA_NUMBER, SCHEMA_REQUIRED},
};
const struct schema rows_schema = {4, columns};
const struct wire_limits rows_limits = {.rows = 100, .depth = 32};

static void show_row(struct text *out, const struct wire_rows *rows, size_t row)
{
    const struct row_error *error = row_errors_find(&rows->errors, row);
    bool first = true;

    if (error) {
        text_add_format(out, "!%s: %s", error->column ? error->column : "row", error->text);
        return;
    }
    for (size_t c = 0; c < rows->frame.schema->count; c++) {
        const struct frame_column *column = &rows->frame.column[c];
        if (!column->number && !column->text)
            continue;
        text_add(out, "|", !first);
        first = false;
        if (column->number && !isnan(column->number[row]))
            text_add_format(out, "%.17g", column->number[row]);
        else if (column->text && column->text[row].bytes)
            text_add(out, column->text[row].bytes, column->text[row].length);
        else
            text_add(out, "-", 1);
    }
}

const char *rows_text(const struct wire_rows *rows)
{
    static struct text out;

    text_clear(&out);
    for (size_t row = 0; row < rows->frame.rows; row++) {
        text_add(&out, ";", row > 0);
        show_row(&out, rows, row);
    }
    return out.bytes;
}

const char *rows_shown(enum wire_media media, const struct schema *schema, const char *body,
                       size_t size)
{
    static struct text out;
    struct arena memory = {0};
    struct wire_rows rows;
    struct error err = {0};

    text_clear(&out);
    /* In memory of exactly this size, so that a sanitizer sees a read beyond it. */
    char *exact = memory_take(size, 1);
    memcpy(exact, body, size);
    if (!wire_decode(&rows, media, schema, exact, size, &rows_limits, &memory, &err))
        text_add_format(&out, "error: %s", err.text);
    else
        text_add_format(&out, "%s", rows_text(&rows));
    arena_clear(&memory);
    free(exact);
    return out.bytes;
}
