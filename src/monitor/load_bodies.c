#include "monitor/load_bodies.h"

#include "base/arena.h"
#include "base/file.h"
#include "monitor/load.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_BYTES_MAX = 1 << 30 };

/* Lines without their ends; empty ones are passed over. */
static bool split_lines(struct load_bodies *bodies, const char *path, size_t size,
                        struct error *err)
{
    const char *end = bodies->bytes + size;
    size_t room = 0;

    for (const char *at = bodies->bytes; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((stop ? stop : end) - at);
        const char *line = at;
        at = stop ? stop + 1 : end;
        if (length > 0 && line[length - 1] == '\r')
            length--;
        if (length == 0)
            continue;
        if (bodies->count == LOAD_BODIES_MAX)
            return error_set(err, ERR_LIMIT, "'%s' has more than %d lines", path, LOAD_BODIES_MAX);
        if (bodies->count == room) {
            room = room ? room * 2 : 256;
            bodies->body = memory_resize(bodies->body, room, sizeof *bodies->body);
        }
        bodies->body[bodies->count++] = (struct table_string){line, length};
    }
    return bodies->count > 0 || error_set(err, ERR_DATA, "'%s' has no line to send", path);
}

bool load_bodies_read(struct load_bodies *bodies, const char *file, const char *text,
                      const char *lines, struct error *err)
{
    size_t size = 0;

    *bodies = (struct load_bodies){0};
    if (!!file + !!text + !!lines > 1)
        return error_set(err, ERR_ARG, "only one of --body, --data and --lines may be given");
    if (file || lines)
        if (!file_read(file ? file : lines, BODY_BYTES_MAX, &bodies->bytes, &size, err))
            return false;
    if (lines)
        return split_lines(bodies, lines, size, err);
    if (file || text) {
        bodies->body = memory_take(1, sizeof *bodies->body);
        bodies->body[0] = file ? (struct table_string){bodies->bytes, size}
                               : (struct table_string){text, strlen(text)};
        bodies->count = 1;
    }
    return true;
}

/* Cut the next word off a line that is not NUL-terminated; false where there is none. */
static bool take_word(struct table_string *line, const char **word)
{
    char *start = (char *)line->bytes;
    char *space = memchr(start, ' ', line->length);
    const size_t length = space ? (size_t)(space - start) : line->length;

    start[length] = '\0'; /* a line has an end, or the file's NUL */
    *word = start;
    line->length -= length + (space != NULL);
    line->bytes += length + (space != NULL);
    return length > 0;
}

bool load_bodies_read_mix(struct load_bodies *bodies, const char *path, struct error *err)
{
    if (!load_bodies_read(bodies, NULL, NULL, path, err))
        return false;
    bodies->target = memory_take(bodies->count, sizeof *bodies->target);
    for (size_t i = 0; i < bodies->count; i++) {
        struct load_target *target = &bodies->target[i];
        struct table_string *body = &bodies->body[i];
        if (!take_word(body, &target->method) || !take_word(body, &target->path) ||
            target->path[0] != '/' ||
            strspn(target->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(target->method))
            return error_set(err, ERR_DATA,
                             "'%s': request %zu is not METHOD /PATH or METHOD /PATH BODY", path,
                             i + 1);
        if (body->length == 0)
            *body = (struct table_string){0};
    }
    return true;
}

void load_bodies_clear(struct load_bodies *bodies)
{
    free(bodies->target);
    free(bodies->body);
    free(bodies->bytes);
    *bodies = (struct load_bodies){0};
}
