#include "wire/csv.h"
#include "wire/json_rows.h"

#include <stdint.h>
#include <string.h>

static bool decode_csv(struct rows *rows, const char *body, size_t size, struct error *err)
{
    struct csv_layout layout;
    size_t start;

    rows->foreign = !utf8_plain(body, size);
    return csv_layout_read(&layout, rows->schema, body, size, &start, rows->memory, err) &&
           csv_rows_read(rows, &layout, body + start, size - start, NULL, err);
}

static bool decode_json(struct rows *rows, const char *body, size_t size, struct error *err)
{
    struct json_rows reader;

    if (!utf8_plain(body, size) && !utf8_valid(body, size))
        return error_set(err, ERR_DATA, "the body is not UTF-8");
    json_rows_init(&reader, rows, err);
    json_rows_start(&reader, body, size);
    json_rows_body(&reader);
    return !reader.failed && json_check(&reader.scan, err);
}

static void decode_line(struct json_rows *reader, const char *line, size_t length)
{
    struct rows *rows = reader->rows;
    struct json_scan *scan = &reader->scan;

    json_rows_start(reader, line, length);
    if (rows->foreign && !utf8_valid(line, length)) {
        rows_fault(rows, rows->count - 1, SIZE_MAX, "is not UTF-8");
        return;
    }
    json_rows_row(reader);
    if (!json_finish(scan)) {
        /* What stands on a broken line means nothing, so neither does an earlier fault. */
        rows_fault(rows, rows->count - 1, SIZE_MAX, "is broken JSON at column %zu: %s",
                   (size_t)(scan->at - scan->begin) + 1, scan->problem);
    }
}

static bool decode_lines(struct rows *rows, const char *body, size_t size, struct error *err)
{
    struct json_rows reader;
    const char *end = body + size;

    rows->foreign = !utf8_plain(body, size);
    json_rows_init(&reader, rows, err);
    while (body < end) {
        const char *newline = memchr(body, '\n', (size_t)(end - body));
        const char *stop = newline ? newline : end;
        size_t blank = 0, length = (size_t)(stop - body);
        while (blank < length && (body[blank] == ' ' || body[blank] == '\t' || body[blank] == '\r'))
            blank++;
        if (blank < length) {
            if (!rows_begin(rows, err))
                return false;
            decode_line(&reader, body, length);
        }
        body = newline ? newline + 1 : end;
    }
    return true;
}

bool wire_decode(struct wire_rows *out, enum wire_media media, const struct schema *schema,
                 const char *body, size_t size, const struct wire_limits *limits,
                 struct arena *memory, struct error *err)
{
    enum { JSON_ROWS_FIRST = 16, JSON_COLUMNS = 64 };
    struct rows rows;
    bool ok;

    *out = (struct wire_rows){.errors = {.memory = memory}};
    if (media != WIRE_CSV && size >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0) {
        body += 3;
        size -= 3;
    }
    if (size == 0)
        return error_set(err, ERR_DATA, "the body is empty");
    rows_init(&rows, schema, limits,
              media == WIRE_JSON ? (schema->count < JSON_COLUMNS ? JSON_ROWS_FIRST : 1)
                                 : csv_lines(body, size),
              &out->errors, memory);
    if (media == WIRE_CSV)
        ok = decode_csv(&rows, body, size, err);
    else if (media == WIRE_JSON)
        ok = decode_json(&rows, body, size, err);
    else
        ok = decode_lines(&rows, body, size, err);
    return ok && rows_finish(&rows, out, err);
}

bool csv_decode_block(struct wire_rows *out, const struct csv_layout *layout,
                      const struct schema *schema, const char *body, size_t size,
                      struct table_string *record, struct arena *memory, struct error *err)
{
    const struct wire_limits limits = {.rows = SIZE_MAX};
    struct rows rows;

    *out = (struct wire_rows){.errors = {.memory = memory}, .frame = {.schema = schema}};
    rows_init(&rows, schema, &limits, csv_lines(body, size), &out->errors, memory);
    rows.foreign = !utf8_plain(body, size);
    return csv_rows_read(&rows, layout, body, size, record, err) &&
           (rows.count == 0 || rows_finish(&rows, out, err));
}
