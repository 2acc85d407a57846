#include "monitor/request_line.h"

#include "base/text.h"
#include "base/utf8.h"
#include "monitor/base64.h"

#include <string.h>

/* What a byte becomes in a JSON text: 0 itself, 'u' as \u00XX, 1 part of a longer character. */
static const char escapes[256] = {
    [0 ... 7] = 'u', ['\b'] = 'b',  ['\t'] = 't',      ['\n'] = 'n',
    [11] = 'u',      ['\f'] = 'f',  ['\r'] = 'r',      [14 ... 31] = 'u',
    ['"'] = '"',     ['\\'] = '\\', [128 ... 255] = 1,
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static char *add(char *out, const char *bytes, size_t size)
{
    memcpy(out, bytes, size);
    return out + size;
}

#define ADD(out, literal) add(out, literal, sizeof(literal) - 1)

/* The text between quotes; bytes that are not UTF-8 become U+FFFD. */
static char *add_escaped(char *out, const char *text, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *s = (const unsigned char *)text;

    for (size_t i = 0; i < size;) {
        const char escape = escapes[s[i]];
        if (escape == 0) {
            *out++ = (char)s[i++];
        } else if (escape == 1) {
            const size_t length = utf8_length(text + i, size - i);
            out = length ? add(out, text + i, length) : ADD(out, "\xef\xbf\xbd");
            i += length ? length : 1;
        } else {
            *out++ = '\\';
            *out++ = escape;
            if (escape == 'u') {
                out = ADD(out, "00");
                *out++ = hex[s[i] >> 4];
                *out++ = hex[s[i] & 15];
            }
            i++;
        }
    }
    return out;
}

static char *add_number(char *out, uint64_t value)
{
    char digit[20];
    size_t count = 0;

    do {
        digit[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    while (count)
        *out++ = digit[--count];
    return out;
}

/* `key` is ,"name":" as it stands in the line. */
static char *add_text(char *out, const char *key, size_t key_length, const char *text)
{
    if (!text)
        return out;
    out = add(out, key, key_length);
    out = add_escaped(out, text, strnlen(text, REQUEST_FIELD_MAX));
    *out++ = '"';
    return out;
}

#define ADD_TEXT(out, name, text)                                                                  \
    add_text(out, ",\"" name "\":\"", sizeof(",\"" name "\":\"") - 1, text)

static char *add_payload(char *out, const char *name, struct table_string payload)
{
    const size_t size = utf8_cut(payload.bytes, payload.length, REQUEST_LOG_PAYLOAD_MAX);
    const bool cut = size < payload.length;

    if (!payload.bytes)
        return out;
    out = ADD(out, ",\"");
    out = add(out, name, strlen(name));
    if (utf8_valid(payload.bytes, size)) {
        out = ADD(out, "\":\"");
        out = add_escaped(out, payload.bytes, size);
        *out++ = '"';
    } else {
        out = ADD(out, "\":{\"base64\":\"");
        base64_encode(out, (const unsigned char *)payload.bytes, size);
        out += base64_encoded_size(size);
        out = ADD(out, "\"}");
    }
    if (cut) {
        out = ADD(out, ",\"");
        out = add(out, name, strlen(name));
        out = ADD(out, "_cut\":true");
    }
    return out;
}

static bool wants_payloads(const struct request_record *record, bool payloads)
{
    return payloads || record->status >= 400;
}

static size_t field_bound(const char *text)
{
    return text ? 6 * strnlen(text, REQUEST_FIELD_MAX) : 0;
}

size_t request_line_bound(const struct request_record *record, bool payloads)
{
    const struct request_record *r = record;
    size_t bound = 1024 + field_bound(r->id) + field_bound(r->method) + field_bound(r->path) +
                   field_bound(r->model) + field_bound(r->version) + field_bound(r->content_type) +
                   field_bound(r->accept) + field_bound(r->error);

    if (wants_payloads(record, payloads)) {
        bound += r->request.bytes ? 6 * least(r->request.length, REQUEST_LOG_PAYLOAD_MAX) : 0;
        bound += r->response.bytes ? 6 * least(r->response.length, REQUEST_LOG_PAYLOAD_MAX) : 0;
    }
    return bound;
}

size_t request_line_format(char *out, const struct request_record *record, bool payloads)
{
    const struct request_record *r = record;
    char *start = out;

    out = ADD(out, "{\"@timestamp\":\"");
    text_from_time(out, r->time);
    out += TEXT_TIME_SIZE - 1;
    out = ADD(out, "\",\"log.level\":\"");
    out = r->status >= 500   ? ADD(out, "error")
          : r->status >= 400 ? ADD(out, "warn")
                             : ADD(out, "info");
    out = ADD(out, "\",\"message\":\"request\"");
    out = ADD_TEXT(out, "id", r->id);
    out = ADD_TEXT(out, "method", r->method);
    out = ADD_TEXT(out, "path", r->path);
    out = ADD(out, ",\"status\":");
    out = add_number(out, r->status > 0 ? (uint64_t)r->status : 0);
    out = ADD(out, ",\"latency_us\":");
    out = add_number(out, r->latency_us);
    out = ADD(out, ",\"rows\":");
    out = add_number(out, r->rows);
    out = ADD_TEXT(out, "model", r->model);
    out = ADD_TEXT(out, "version", r->version);
    out = ADD_TEXT(out, "content_type", r->content_type);
    out = ADD_TEXT(out, "accept", r->accept);
    out = ADD_TEXT(out, "error", r->error);
    if (wants_payloads(record, payloads)) {
        out = add_payload(out, "request", r->request);
        out = add_payload(out, "response", r->response);
    }
    out = ADD(out, "}\n");
    return (size_t)(out - start);
}
