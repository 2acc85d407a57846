#include "serve/service_internal.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <string.h>

/* A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
static void add_string(struct text *out, const char *bytes, size_t length)
{
    text_add(out, "\"", 1);
    for (size_t i = 0; i < length;) {
        const unsigned char c = (unsigned char)bytes[i];
        const size_t step = utf8_length(bytes + i, length - i);
        if (c == '"' || c == '\\')
            text_add_format(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            text_add_format(out, "\\u%04x", c);
        else if (step == 0)
            text_add(out, "\xef\xbf\xbd", 3);
        else
            text_add(out, bytes + i, step);
        i += step ? step : 1;
    }
    text_add(out, "\"", 1);
}

static void add_member(struct text *out, const char *name, const char *value)
{
    text_add_format(out, "%s\"%s\": ", out->length > 1 ? ", " : "", name);
    add_string(out, value, strlen(value));
}

/* Clients of that protocol read an error in its form below /v2 wherever it comes from. */
static bool speaks_v2(const struct call *call)
{
    const char *path = call->request->path;

    return route_is_v2(call->route.id) ||
           (strncmp(path, "/v2", 3) == 0 && (path[3] == '/' || path[3] == '\0'));
}

void call_fail_at(struct call *call, int status, const struct fault *fault)
{
    struct text *out = call->out;
    const bool v2 = speaks_v2(call);

    call->error = arena_string(&call->worker->scratch, fault->text, strlen(fault->text));
    call->response->status = status;
    call->response->media = "application/json";
    out->length = 0;
    text_add(out, "{", 1);
    if (v2) {
        add_member(out, "error", call->error);
    } else {
        add_member(out, "error_code", status_word(status));
        add_member(out, "message", call->error);
    }
    if (fault->has_row)
        text_add_format(out, ", \"row\": %zu", fault->row);
    if (fault->column)
        add_member(out, "column", fault->column);
    if (!v2)
        add_member(out, "request_id", call->response->id);
    text_add(out, "}\n", 2);
}

void call_fail(struct call *call, int status, const char *format, ...)
{
    struct error err = {0};
    va_list args;
    char text[ERROR_TEXT_MAX];

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_set(&err, ERR_DATA, "%s", text); /* makes one line of it */
    call_fail_at(call, status, &(struct fault){.text = err.text});
}

void call_json(struct call *call, json_t *document)
{
    char *text = json_dumps(document, JSON_REAL_PRECISION(17));

    json_decref(document);
    if (!text)
        BUG("a document that cannot be written");
    call->response->status = 200;
    call->response->media = "application/json";
    text_add(call->out, text, strlen(text));
    text_add(call->out, "\n", 1);
    free(text);
}
