/* predict_text — blocks of whole records from CSV and JSON lines, compressed or not. */
#include "pipeline/predict_internal.h"

#include "base/file.h"

#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

bool predict_text_open(struct predict_source *source, struct error *err)
{
    const char *path = source->file->input;
    struct stat info;
    gzFile stream = gzopen(path, "rb");

    if (!stream || stat(path, &info) != 0 || S_ISDIR(info.st_mode)) {
        if (stream)
            gzclose_r(stream);
        return error_set(err, ERR_IO, "cannot open '%s'", source->file->name);
    }
    gzbuffer(stream, 1 << 17);
    source->stream = stream;
    source->total = (uint64_t)info.st_size;
    source->first = true;
    return true;
}

void predict_text_close(struct predict_source *source)
{
    if (source->stream)
        gzclose_r(source->stream);
    text_clear(&source->rest);
}

static void make_room(struct text *text, size_t room)
{
    if (text->room < room) {
        text->bytes = memory_resize(text->bytes, room, 1);
        text->room = room;
    }
}

/* Add up to `wanted` bytes of the file to `text`; notes the end. */
static bool read_more(struct predict_source *source, struct text *text, size_t wanted,
                      struct error *err)
{
    gzFile stream = source->stream;
    int code;

    make_room(text, text->length + wanted + 1);
    const int got = gzread(stream, text->bytes + text->length, (unsigned)wanted);
    const char *problem = gzerror(stream, &code);
    if (got < 0 || code == Z_BUF_ERROR)
        return error_set(err, code == Z_ERRNO ? ERR_IO : ERR_DATA, "cannot read '%s': %s",
                         source->file->name,
                         code == Z_BUF_ERROR ? "the compressed file was cut off" : problem);
    text->length += (size_t)got;
    source->ended = (size_t)got < wanted;
    return true;
}

static size_t cut_lines(const char *bytes, size_t size, size_t target, bool last)
{
    if (last && target >= size)
        return size;
    const size_t reach = target < size ? target : size;
    const char *newline = memrchr(bytes, '\n', reach);
    if (!newline)
        newline = memchr(bytes + reach, '\n', size - reach);
    return newline ? (size_t)(newline - bytes) + 1 : last ? size : 0;
}

static size_t cut_records(const struct predict_source *source, const struct text *text)
{
    return source->file->from == PREDICT_CSV
               ? csv_cut(text->bytes, text->length, PREDICT_BLOCK_BYTES, source->ended)
               : cut_lines(text->bytes, text->length, PREDICT_BLOCK_BYTES, source->ended);
}

static size_t mark_length(const struct text *text)
{
    return text->length >= 3 && memcmp(text->bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* The header decides about all blocks; its line is no record. */
static bool read_header(struct predict_source *source, struct text *text, struct error *err)
{
    size_t start = mark_length(text);

    source->first = false;
    if (source->file->from == PREDICT_CSV) {
        const char *line = text->bytes + start;
        if (!csv_layout_read(&source->layout, bundle_input(source->job->bundle), text->bytes,
                             text->length, &start, &source->memory, err))
            return error_wrap(err, "'%s'", source->file->name);
        const char *end = text->bytes + start;
        while (line < end && (*line == '\n' || *line == '\r'))
            line++;
        while (end > line && (end[-1] == '\n' || end[-1] == '\r'))
            end--;
        source->header_length = (size_t)(end - line);
        if (source->layout.header)
            source->header = arena_string(&source->memory, line, source->header_length);
    }
    memmove(text->bytes, text->bytes + start, text->length - start);
    text->length -= start;
    return true;
}

/* All records of the file at once. */
static bool read_all(struct predict_source *source, struct text *text, size_t *cut,
                     struct error *err)
{
    while (!source->ended) {
        if (text->length > PREDICT_WHOLE_MAX / 2)
            return error_set(err, ERR_LIMIT, "'%s': has more than %d bytes", source->file->name,
                             PREDICT_WHOLE_MAX / 2);
        const size_t wanted =
            text->length > PREDICT_BLOCK_BYTES ? text->length : PREDICT_BLOCK_BYTES;
        if (!read_more(source, text, wanted, err))
            return false;
    }
    if (source->first && text->length > 0 && !read_header(source, text, err))
        return false;
    *cut = text->length;
    return true;
}

/* Whole records at the beginning of `text`, which is read on until there are some or the file
 * ends; 0 at its end. */
static bool read_records(struct predict_source *source, struct text *text, size_t *cut,
                         struct error *err)
{
    *cut = 0;
    if (source->whole)
        return read_all(source, text, cut, err);
    while (*cut == 0) {
        const size_t wanted =
            text->length > PREDICT_BLOCK_BYTES ? text->length : PREDICT_BLOCK_BYTES;
        if (!source->ended && !read_more(source, text, wanted, err))
            return false;
        if (text->length > PREDICT_RECORD_MAX)
            return error_set(err, ERR_LIMIT, "'%s': a record has more than %d bytes",
                             source->file->name, PREDICT_RECORD_MAX);
        if (source->first && !source->ended && !memchr(text->bytes, '\n', text->length))
            continue;
        if (source->first && !read_header(source, text, err))
            return false;
        if (text->length == 0 && source->ended)
            return true;
        *cut = cut_records(source, text);
    }
    return true;
}

bool predict_text_next(struct predict_source *source, struct predict_block *block, bool *more,
                       struct error *err)
{
    struct text *text = &block->input;
    size_t cut;

    text->length = 0;
    text_add(text, source->rest.bytes ? source->rest.bytes : "", source->rest.length);
    if (!read_records(source, text, &cut, err))
        return false;
    source->rest.length = 0;
    text_add(&source->rest, text->bytes + cut, text->length - cut);
    text->length = cut;
    block->position = (uint64_t)gzoffset(source->stream);
    *more = cut > 0;
    return true;
}

/* Lines of JSON that are not blank, without their ends. */
static const struct table_string *find_lines(const struct text *text, size_t *count,
                                             struct arena *memory)
{
    struct table_string *line =
        ARENA_NEW(memory, struct table_string, csv_lines(text->bytes, text->length));
    const char *at = text->bytes, *end = at + text->length;

    *count = 0;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *first = at, *last = newline ? newline : end;
        while (first < last && (*first == ' ' || *first == '\t' || *first == '\r'))
            first++;
        while (last > first && (last[-1] == ' ' || last[-1] == '\t' || last[-1] == '\r'))
            last--;
        if (first < last)
            line[(*count)++] = (struct table_string){first, (size_t)(last - first)};
        at = newline ? newline + 1 : end;
    }
    return line;
}

bool predict_text_decode(const struct predict_source *source, struct predict_block *block,
                         struct error *err)
{
    const struct wire_limits limits = {.rows = SIZE_MAX, .depth = PREDICT_DEPTH};
    const struct schema *schema = bundle_input(source->job->bundle);
    const struct text *text = &block->input;
    size_t lines;

    if (source->file->from == PREDICT_JSONL) {
        block->record = find_lines(text, &lines, &block->memory);
        if (lines > 0)
            return wire_decode(&block->rows, WIRE_JSONL, schema, text->bytes, text->length, &limits,
                               &block->memory, err);
        block->rows.frame = (struct frame){.schema = schema};
        return true;
    }
    struct table_string *record = NULL;
    if (source->job->options->join)
        record =
            ARENA_NEW(&block->memory, struct table_string, csv_lines(text->bytes, text->length));
    block->record = record;
    return csv_decode_block(&block->rows, &source->layout, schema, text->bytes, text->length,
                            record, &block->memory, err);
}
