#include "soak_requests.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 64 << 20, BAD_MAX = 32, HEADER_FLOOD = 256 << 10 };

static const char *split_lines(const char *text, size_t *count, struct arena *memory,
                               const char ***lines)
{
    size_t room = 1;

    for (const char *c = text; *c; c++)
        room += *c == '\n';
    const char **line = ARENA_NEW(memory, const char *, room);
    *count = 0;
    while (*text) {
        size_t length = strcspn(text, "\n");
        const size_t next = length + (text[length] == '\n');
        while (length && text[length - 1] == '\r')
            length--;
        line[(*count)++] = arena_string(memory, text, length);
        text += next;
    }
    *lines = line;
    return text;
}

static bool read_lines(const char *path, size_t *count, struct arena *memory, const char ***lines,
                       struct error *err)
{
    char *text;
    size_t size;

    if (!file_read(path, FILE_MAX, &text, &size, err))
        return false;
    split_lines(text, count, memory, lines);
    free(text);
    return true;
}

static const char *post(struct arena *memory, const char *path, const char *headers,
                        const char *body)
{
    return arena_format(memory, "POST %s HTTP/1.1\r\nHost: soak\r\n%sContent-Length: %zu\r\n\r\n%s",
                        path, headers, strlen(body), body);
}

struct maker {
    struct soak_requests *requests;
    struct arena *memory;
};

static struct soak_request *add_bytes(struct maker *m, const char *name, const char *bytes,
                                      size_t size)
{
    struct soak_request *request = &m->requests->bad[m->requests->bad_count++];

    *request = (struct soak_request){.name = name, .bytes = bytes, .size = size};
    return request;
}

static struct soak_request *add(struct maker *m, const char *name, const char *text)
{
    return add_bytes(m, name, text, strlen(text));
}

/* What is wrong in the body. */
static void add_bodies(struct maker *m, const char *row)
{
    static const char csv[] = "Content-Type: text/csv\r\n";
    static const char json[] = "Content-Type: application/json\r\n";
    const char *comma = strchr(row, ',');
    const struct {
        const char *name, *type, *body;
    } bodies[] = {
        {"a column too few", csv, comma ? comma + 1 : ""},
        {"a column too many", csv, arena_format(m->memory, "%s,7", row)},
        {"text for a number", csv, arena_format(m->memory, "x,y%s", comma ? comma : "")},
        {"a quote left open", csv, arena_format(m->memory, "\"%s", row)},
        {"an empty body", csv, ""},
        {"only line ends", csv, "\n\n"},
        {"bytes that are not UTF-8", json, "{\"instances\": [[\"\xff\xfe\"]]}"},
        {"broken JSON", json, "{\"instances\": [[1, 2"},
        {"JSON without a known key", json, "{\"rows\": [[1]]}"},
        {"JSON that is a number", json, "7"},
        {"an unknown type", "Content-Type: image/png\r\n", row},
        {"an unknown coding", "Content-Type: text/csv\r\nContent-Encoding: br\r\n", row},
        {"gzip that is none", "Content-Type: text/csv\r\nContent-Encoding: gzip\r\n", row},
        {"an answer nobody makes", "Content-Type: text/csv\r\nAccept: image/png\r\n", row},
    };

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        add(m, bodies[i].name, post(m->memory, "/invocations", bodies[i].type, bodies[i].body));
}

/* What is wrong around the body. */
static void add_heads(struct maker *m, const char *row)
{
    static const char csv[] = "Content-Type: text/csv\r\n";
    char *flood = ARENA_NEW(m->memory, char, HEADER_FLOOD + 1);

    memset(flood, 'x', HEADER_FLOOD);
    flood[HEADER_FLOOD] = '\0';
    add(m, "an unknown path", post(m->memory, "/nowhere", csv, row));
    add(m, "an unknown model", post(m->memory, "/models/nobody/invoke", csv, row));
    add(m, "a method it does not have",
        "PUT /invocations HTTP/1.1\r\nHost: soak\r\n"
        "Content-Length: 0\r\n\r\n");
    add(m, "a length that is no number",
        "POST /invocations HTTP/1.1\r\nHost: soak\r\nContent-Length: many\r\n\r\n")
        ->last = true;
    add(m, "a body over the limit",
        "POST /invocations HTTP/1.1\r\nHost: soak\r\nContent-Type: text/csv\r\n"
        "Content-Length: 99999999999\r\n\r\n")
        ->last = true;
    add(m, "a header over the limit",
        post(m->memory, "/invocations", arena_format(m->memory, "X-Flood: %s\r\n", flood), row))
        ->last = true;
    add(m, "no HTTP at all", "hello, is it me you are looking for?\r\n\r\n")->last = true;
    struct soak_request *half = add(m, "a bad row, and the sender's side closed",
                                    post(m->memory, "/invocations", csv, "1,2"));
    half->half_close = half->last = true;
}

static struct soak_request good(const char *bytes, const char *answer)
{
    return (struct soak_request){.bytes = bytes, .size = strlen(bytes), .answer = answer};
}

bool soak_requests_read(struct soak_requests *requests, const char *rows, const char *answers,
                        const char *records, struct arena *memory, struct error *err)
{
    static const char csv[] = "Content-Type: text/csv\r\n";
    static const char json[] = "Content-Type: text/csv\r\nAccept: application/json\r\n";
    const char **row, **answer, **record;
    size_t count, answered, recorded;

    if (!read_lines(rows, &count, memory, &row, err) ||
        !read_lines(answers, &answered, memory, &answer, err) ||
        !read_lines(records, &recorded, memory, &record, err))
        return false;
    if (count == 0 || count != answered || count != recorded)
        return error_set(err, ERR_DATA, "%zu rows, %zu answers and %zu records do not match", count,
                         answered, recorded);
    *requests = (struct soak_requests){
        .good_count = 2 * count,
        .good = ARENA_ZERO(memory, struct soak_request, 2 * count),
        .bad = ARENA_ZERO(memory, struct soak_request, BAD_MAX),
    };
    for (size_t i = 0; i < count; i++) {
        requests->good[2 * i] = good(post(memory, "/invocations", csv, row[i]), answer[i]);
        requests->good[2 * i + 1] =
            good(post(memory, "/invocations", json, row[i]),
                 arena_format(memory, "{\"predictions\": [%s]}", record[i]));
    }
    struct maker maker = {requests, memory};
    add_bodies(&maker, row[0]);
    add_heads(&maker, row[0]);
    return true;
}
