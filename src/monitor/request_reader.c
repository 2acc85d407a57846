#include "monitor/request_reader.h"

#include "base/arena.h"
#include "base/json.h"
#include "monitor/base64.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CHUNK = 64 * 1024 };

struct request_reader {
    FILE *stream;
    char *path;
    char *line; /* with a NUL */
    size_t room, lines, passed_over;
    json_t *document;     /* of the present line; texts point into it */
    struct arena decoded; /* payloads that were base64 */
};

/* A line without its end; *whole is false for a last line without one. */
static bool read_line(struct request_reader *r, size_t *length, bool *more, bool *whole,
                      struct error *err)
{
    *length = 0;
    *whole = false;
    for (;;) {
        if (r->room - *length < CHUNK) {
            r->room = r->room ? r->room * 2 : 2 * CHUNK;
            r->line = memory_resize(r->line, r->room, 1);
        }
        r->line[*length] = '\0';
        /* A zero byte would end what fgets() gives; JSON has none. */
        if (!fgets(r->line + *length, (int)(r->room - *length), r->stream))
            break;
        *length += strlen(r->line + *length);
        if (*length > 0 && r->line[*length - 1] == '\n') {
            r->line[--*length] = '\0';
            *whole = true;
            break;
        }
        if (*length > REQUEST_READER_LINE_MAX)
            return error_set(err, ERR_LIMIT, "%s: line %zu is longer than %d bytes", r->path,
                             r->lines + 1, REQUEST_READER_LINE_MAX);
    }
    if (ferror(r->stream))
        return error_set(err, ERR_IO, "cannot read '%s': %s", r->path, strerror(errno));
    *more = *whole || *length > 0;
    r->lines += *more;
    return true;
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static struct table_string bytes_of(const json_t *text)
{
    return (struct table_string){json_string_value(text), json_string_length(text)};
}

static bool decode(struct request_reader *r, struct table_string *payload, const json_t *text,
                   struct error *err)
{
    const size_t length = json_string_length(text);
    unsigned char *bytes = arena_take(&r->decoded, length + 1, 1);

    if (!json_is_string(text) ||
        !base64_decode(bytes, &payload->length, json_string_value(text), length))
        return error_set(err, ERR_DATA, "%s: line %zu: a payload is not base64", r->path, r->lines);
    payload->bytes = (const char *)bytes;
    return true;
}

/* "text", {"base64": "..."}, or nothing. */
static bool read_payload(struct request_reader *r, struct table_string *payload, const char *key,
                         struct error *err)
{
    const json_t *value = json_object_get(r->document, key);

    if (json_is_object(value))
        return decode(r, payload, json_object_get(value, "base64"), err);
    if (json_is_string(value))
        *payload = bytes_of(value);
    return true;
}

static bool read_logged(struct request_reader *r, struct logged_request *q, struct error *err)
{
    q->id = text_of(r->document, "id");
    q->method = text_of(r->document, "method");
    q->path = text_of(r->document, "path");
    q->content_type = text_of(r->document, "content_type");
    q->accept = text_of(r->document, "accept");
    q->status = (int)json_integer_value(json_object_get(r->document, "status"));
    q->request_cut = json_is_true(json_object_get(r->document, "request_cut"));
    if (!read_payload(r, &q->request, "request", err) ||
        !read_payload(r, &q->response, "response", err))
        return false;
    if (json_is_true(json_object_get(r->document, "response_cut")))
        q->response = (struct table_string){0};
    return true;
}

static bool read_side(struct request_reader *r, const json_t *side, struct table_string *payload,
                      const char **type, struct error *err)
{
    const json_t *data = json_object_get(side, "data");
    const char *encoding = text_of(side, "encoding");

    *type = text_of(side, "observedContentType");
    if (encoding && strcasecmp(encoding, "BASE64") == 0)
        return decode(r, payload, data, err);
    if (json_is_string(data))
        *payload = bytes_of(data);
    return true;
}

static bool read_captured(struct request_reader *r, struct logged_request *q,
                          const json_t *captured, struct error *err)
{
    q->id = text_of(json_object_get(r->document, "eventMetadata"), "eventId");
    q->method = "POST";
    q->path = "/invocations";
    q->status = 200; /* only answers of that status are captured */
    return read_side(r, json_object_get(captured, "endpointInput"), &q->request, &q->content_type,
                     err) &&
           read_side(r, json_object_get(captured, "endpointOutput"), &q->response, &q->accept, err);
}

bool request_reader_next(struct request_reader *r, struct logged_request *request, bool *more,
                         struct error *err)
{
    json_error_t problem;
    size_t length;
    bool whole;

    for (;;) {
        json_decref(r->document);
        r->document = NULL;
        arena_reset(&r->decoded);
        if (!read_line(r, &length, more, &whole, err))
            return false;
        if (!*more)
            return true;
        r->document = json_loadb(r->line, length, JSON_ALLOW_NUL, &problem);
        if (!r->document && whole && length > 0)
            return error_set(err, ERR_DATA, "%s: line %zu is not JSON: %s", r->path, r->lines,
                             problem.text);
        *request = (struct logged_request){.line = r->lines};
        const json_t *captured = json_object_get(r->document, "captureData");
        if (json_is_object(captured))
            return read_captured(r, request, captured, err);
        if (text_of(r->document, "method") && text_of(r->document, "path"))
            return read_logged(r, request, err);
        r->passed_over++;
    }
}

size_t request_reader_passed_over(const struct request_reader *r)
{
    return r->passed_over;
}

bool request_reader_open(struct request_reader **reader, const char *path, struct error *err)
{
    FILE *stream = fopen(path, "rbe");

    if (!stream)
        return error_set(err, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    struct request_reader *r = memory_take_zeroed(1, sizeof *r);
    r->stream = stream;
    r->path = memory_take(strlen(path) + 1, 1);
    memcpy(r->path, path, strlen(path) + 1);
    *reader = r;
    return true;
}

void request_reader_close(struct request_reader *r)
{
    if (!r)
        return;
    fclose(r->stream);
    json_decref(r->document);
    arena_clear(&r->decoded);
    free(r->line);
    free(r->path);
    free(r);
}
