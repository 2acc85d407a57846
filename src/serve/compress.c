#include "serve/compress.h"

#include <string.h>
#include <strings.h>
#include <zlib.h>

enum { WINDOW_GZIP = 15 + 16, WINDOW_ZLIB = 15, FIRST_ROOM = 64 * 1024, LEVEL = 1 };

static const char *const names[] = {
    [CODING_PLAIN] = NULL, [CODING_GZIP] = "gzip", [CODING_DEFLATE] = "deflate"};

const char *coding_name(enum coding coding)
{
    return names[coding];
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

bool coding_of(const char *header, enum coding *coding)
{
    const size_t length = header ? strlen(header) : 0;

    *coding = CODING_PLAIN;
    if (length == 0 || is_word(header, length, "identity"))
        return true;
    if (is_word(header, length, "gzip") || is_word(header, length, "x-gzip"))
        *coding = CODING_GZIP;
    else if (is_word(header, length, "deflate"))
        *coding = CODING_DEFLATE;
    return *coding != CODING_PLAIN;
}

/* "gzip;q=0" asks for anything but. */
static bool is_refused(const char *parameters, size_t length)
{
    const char *q = memmem(parameters, length, "q=", 2);

    return q && strtod(q + 2, NULL) <= 0;
}

enum coding coding_accepted(const char *header)
{
    enum coding best = CODING_PLAIN;

    while (header && *header) {
        header += strspn(header, " \t,");
        const size_t length = strcspn(header, ","), word = strcspn(header, " \t;,");
        const bool refused = is_refused(header + word, length - word);
        if (!refused && (is_word(header, word, "gzip") || is_word(header, word, "*")))
            return CODING_GZIP;
        if (!refused && is_word(header, word, "deflate"))
            best = CODING_DEFLATE;
        header += length;
    }
    return best;
}

/* Give `stream` room for more, doubling; the arena keeps the smaller blocks until its reset. */
static void grow(z_stream *stream, char **plain, size_t *room, size_t limit, struct arena *memory)
{
    const size_t used = *room - stream->avail_out;
    size_t more = *room ? *room * 2 : FIRST_ROOM;

    if (more > limit + 1)
        more = limit + 1;
    char *wider = arena_take(memory, more + 1, 1);
    if (used > 0)
        memcpy(wider, *plain, used);
    *plain = wider;
    stream->next_out = (Bytef *)wider + used;
    stream->avail_out = (uInt)(more - used);
    *room = more;
}

bool coding_unpack(enum coding coding, const char *body, size_t size, size_t limit,
                   const char **plain, size_t *plain_size, struct arena *memory, struct error *err)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)body, .avail_in = (uInt)size};
    const char *name = names[coding];
    size_t room = 0;
    char *bytes = NULL;
    int got = Z_OK;

    if (size > UINT32_MAX / 2 || limit > UINT32_MAX / 2)
        return error_set(err, ERR_LIMIT, "a packed body of %zu bytes is too large", size);
    if (inflateInit2(&stream, coding == CODING_GZIP ? WINDOW_GZIP : WINDOW_ZLIB) != Z_OK)
        return error_set(err, ERR_IO, "no memory to unpack the body");
    while (got == Z_OK && room - stream.avail_out <= limit) {
        if (stream.avail_out == 0)
            grow(&stream, &bytes, &room, limit, memory);
        got = inflate(&stream, Z_NO_FLUSH);
    }
    const size_t made = room - stream.avail_out, left = stream.avail_in;
    inflateEnd(&stream);
    if (made > limit)
        return error_set(err, ERR_LIMIT, "the unpacked body is over the limit of %zu bytes", limit);
    if (got == Z_BUF_ERROR)
        return error_set(err, ERR_DATA, "the %s body is cut off after %zu bytes", name, size);
    if (got != Z_STREAM_END)
        return error_set(err, ERR_DATA, "the body is not whole %s data", name);
    if (left > 0)
        return error_set(err, ERR_DATA, "%zu bytes follow the end of the %s body", left, name);
    bytes[made] = '\0';
    *plain = bytes;
    *plain_size = made;
    return true;
}

bool coding_pack(enum coding coding, const char *body, size_t size, struct text *out)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)body, .avail_in = (uInt)size};
    const size_t before = out->length;
    unsigned char part[16384];
    int got = Z_OK;

    if (size > UINT32_MAX / 2 ||
        deflateInit2(&stream, LEVEL, Z_DEFLATED, coding == CODING_GZIP ? WINDOW_GZIP : WINDOW_ZLIB,
                     8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    while (got == Z_OK && out->length - before < size) {
        stream.next_out = part;
        stream.avail_out = sizeof part;
        got = deflate(&stream, Z_FINISH);
        text_add(out, (const char *)part, sizeof part - stream.avail_out);
    }
    deflateEnd(&stream);
    if (got == Z_STREAM_END && out->length - before < size)
        return true;
    out->length = before;
    return false;
}
