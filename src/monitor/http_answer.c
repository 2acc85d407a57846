#include "monitor/http_message.h"

#include <string.h>
#include <strings.h>

struct head {
    bool chunked, has_length;
    size_t length;
};

static bool field_is(const char *line, size_t length, const char *name, const char **value,
                     size_t *value_length)
{
    const size_t size = strlen(name);

    if (length <= size || line[size] != ':' || strncasecmp(line, name, size) != 0)
        return false;
    line += size + 1;
    length -= size + 1;
    while (length > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        length--;
    }
    *value = line;
    *value_length = length;
    return true;
}

/* One header line; false if it makes the answer unreadable. */
static bool read_field(struct http_answer *answer, struct head *head, const char *line,
                       size_t length)
{
    const char *value;
    size_t size;
    int64_t number;

    /* Few lines matter: look at the first letter before comparing names. */
    switch (line[0] | 0x20) {
    case 'c':
        if (field_is(line, length, "content-length", &value, &size)) {
            if (!text_to_int64(value, size, &number) || number < 0 || number > HTTP_ANSWER_MAX)
                return false;
            head->has_length = true;
            head->length = (size_t)number;
        } else if (field_is(line, length, "content-type", &value, &size)) {
            answer->type = (struct table_string){value, size};
        } else if (field_is(line, length, "connection", &value, &size)) {
            if (size == 5 && strncasecmp(value, "close", 5) == 0)
                answer->keep = false;
            else if (size == 10 && strncasecmp(value, "keep-alive", 10) == 0)
                answer->keep = true;
        }
        return true;
    case 't':
        if (field_is(line, length, "transfer-encoding", &value, &size))
            head->chunked = size == 7 && strncasecmp(value, "chunked", 7) == 0;
        return true;
    default:
        return true;
    }
}

static bool read_status(struct http_answer *answer, const char *line, size_t length)
{
    int64_t status;

    if (length < 12 || memcmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ' ||
        !text_to_int64(line + 9, 3, &status) || status < 100)
        return false;
    answer->status = (int)status;
    answer->keep = line[7] != '0';
    return true;
}

static bool read_head(struct http_answer *answer, struct head *head, const char *bytes, size_t size)
{
    const char *at = bytes, *end = bytes + size;
    bool first = true;

    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((stop ? stop : end) - at);
        if (length > 0 && at[length - 1] == '\r')
            length--;
        if (length > 0 &&
            !(first ? read_status(answer, at, length) : read_field(answer, head, at, length)))
            return false;
        first = false;
        at = stop ? stop + 1 : end;
    }
    return true;
}

/* SIZE[;extension] of a chunk. */
static bool chunk_size(const char *line, size_t length, size_t *size)
{
    size_t i = 0;

    for (*size = 0; i < length; i++) {
        const char c = (char)(line[i] | 0x20);
        if (line[i] >= '0' && line[i] <= '9')
            *size = *size * 16 + (size_t)(line[i] - '0');
        else if (c >= 'a' && c <= 'f')
            *size = *size * 16 + (size_t)(c - 'a' + 10);
        else
            break;
        if (*size > HTTP_ANSWER_MAX)
            return false;
    }
    return i > 0 && (i == length || line[i] == ';' || line[i] == ' ' || line[i] == '\r');
}

/*
 * Chunks from `start` on: once to see whether all are there, then, if `out`, to move them together.
 * *end is where the answer ends, *length that of the body.
 */
static enum http_progress walk_chunks(char *bytes, size_t start, size_t size, char *out,
                                      size_t *end, size_t *length)
{
    size_t at = start, chunk = 1;

    *length = 0;
    while (chunk > 0) {
        const char *stop = memchr(bytes + at, '\n', size - at);
        if (!stop)
            return HTTP_MORE;
        const size_t data = (size_t)(stop - bytes) + 1;
        if (!chunk_size(bytes + at, data - 1 - at, &chunk))
            return HTTP_BROKEN;
        if (chunk > 0 && size - data < chunk + 2)
            return HTTP_MORE;
        if (chunk > 0 && bytes[data + chunk] != '\r')
            return HTTP_BROKEN;
        if (out && chunk > 0)
            memmove(out + *length, bytes + data, chunk);
        *length += chunk;
        at = chunk > 0 ? data + chunk + 2 : data;
    }
    for (;;) { /* trailers, up to an empty line */
        const char *stop = memchr(bytes + at, '\n', size - at);
        if (!stop)
            return HTTP_MORE;
        const size_t next = (size_t)(stop - bytes) + 1, line = next - at;
        at = next;
        if (line <= 2) {
            *end = at;
            return HTTP_DONE;
        }
    }
}

static enum http_progress read_chunks(struct http_answer *answer, char *bytes, size_t start,
                                      size_t size)
{
    size_t length, end;
    enum http_progress progress = walk_chunks(bytes, start, size, NULL, &end, &length);

    if (progress == HTTP_DONE) {
        progress = walk_chunks(bytes, start, size, bytes + start, &end, &length);
        answer->body = (struct table_string){bytes + start, length};
        answer->size = end;
    }
    return progress;
}

enum http_progress http_answer_parse(struct http_answer *answer, char *bytes, size_t size,
                                     bool ended, size_t *need)
{
    struct head head = {0};
    enum http_progress progress = HTTP_DONE;
    size_t start = 0;

    *answer = (struct http_answer){0};
    do { /* "100 Continue" and the like stand before the answer */
        const char *empty = memmem(bytes + start, size - start, "\r\n\r\n", 4);
        *need = size + 1;
        if (!empty)
            return ended || size - start > HTTP_HEAD_MAX ? HTTP_BROKEN : HTTP_MORE;
        if (!read_head(answer, &head, bytes + start, (size_t)(empty - bytes) - start))
            return HTTP_BROKEN;
        start = (size_t)(empty - bytes) + 4;
    } while (answer->status < 200);
    if (answer->status == 204 || answer->status == 304) {
        answer->size = start;
        return HTTP_DONE;
    }
    if (head.chunked) {
        progress = read_chunks(answer, bytes, start, size);
    } else if (head.has_length) {
        *need = start + head.length;
        answer->body = (struct table_string){bytes + start, head.length};
        answer->size = *need;
        progress = size >= *need ? HTTP_DONE : HTTP_MORE;
    } else {
        answer->keep = false;
        answer->body = (struct table_string){bytes + start, size - start};
        answer->size = size;
        return ended ? HTTP_DONE : HTTP_MORE;
    }
    return progress == HTTP_MORE && ended ? HTTP_BROKEN : progress;
}
