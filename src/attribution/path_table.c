#include "attribution/path_table.h"

#include "base/interrupt.h"
#include "table/reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { COLUMN_PATH, COLUMN_CONVERSIONS, COLUMN_VALUE, COLUMN_NULL, COLUMNS_MAX };

/* Channel names and their numbers in order of first appearance. */
struct names {
    struct arena memory;
    const char **name;
    size_t *length;
    size_t count, room;
    uint32_t *slot; /* number + 1; 0 is empty */
    unsigned bits;
};

struct path_reader {
    struct table_reader *reader;
    const struct path_table_columns *columns;
    struct table_field field[COLUMNS_MAX];
    size_t index[COLUMNS_MAX]; /* of each part in the chunk; SIZE_MAX where it is not read */
    size_t fields;
    struct names names;
    uint64_t *offset;
    int32_t *token;
    double *number[COLUMNS_MAX]; /* conversions, value, null */
    size_t count, paths_room, tokens, tokens_room;
};

static void names_grow(struct names *names)
{
    names->bits = names->bits ? names->bits + 1 : 8;
    free(names->slot);
    names->slot = memory_take_zeroed((size_t)1 << names->bits, sizeof *names->slot);
    names->room = (size_t)1 << (names->bits - 1);
    names->name = memory_resize(names->name, names->room, sizeof *names->name);
    names->length = memory_resize(names->length, names->room, sizeof *names->length);
    for (size_t i = 0; i < names->count; i++) {
        size_t at = XXH3_64bits(names->name[i], names->length[i]) >> (64 - names->bits);
        while (names->slot[at] != 0)
            at = (at + 1) & (((size_t)1 << names->bits) - 1);
        names->slot[at] = (uint32_t)i + 1;
    }
}

static int32_t names_find(struct names *names, const char *name, size_t length)
{
    if (names->count == names->room)
        names_grow(names);
    size_t at = XXH3_64bits(name, length) >> (64 - names->bits);
    for (; names->slot[at] != 0; at = (at + 1) & (((size_t)1 << names->bits) - 1)) {
        const size_t i = names->slot[at] - 1;
        if (names->length[i] == length && memcmp(names->name[i], name, length) == 0)
            return (int32_t)i;
    }
    names->slot[at] = (uint32_t)names->count + 1;
    names->name[names->count] = arena_string(&names->memory, name, length);
    names->length[names->count] = length;
    return (int32_t)names->count++;
}

static void names_clear(struct names *names)
{
    arena_clear(&names->memory);
    free(names->name);
    free(names->length);
    free(names->slot);
}

/* Record a failure of one cell. */
static bool bad_cell(const struct path_reader *r, size_t row, enum error_code code,
                     const char *column, const char *what, struct error *err)
{
    char place[512];

    table_reader_place(r->reader, row, place, sizeof place);
    return error_set(err, code, "%s, column '%s': %s", place, column, what);
}

static bool add_channel(struct path_reader *r, size_t row, const char *bytes, size_t length,
                        struct error *err)
{
    while (length > 0 && (*bytes == ' ' || *bytes == '\t'))
        bytes++, length--;
    while (length > 0 && (bytes[length - 1] == ' ' || bytes[length - 1] == '\t'))
        length--;
    if (length == 0)
        return bad_cell(r, row, ERR_DATA, r->columns->path, "the path has an empty channel name",
                        err);
    if (r->tokens - r->offset[r->count] == PATH_LENGTH_MAX)
        return bad_cell(r, row, ERR_LIMIT, r->columns->path,
                        "the path has more than 10000 channels", err);
    if (r->tokens == r->tokens_room) {
        r->tokens_room = r->tokens_room ? r->tokens_room * 2 : 4096;
        r->token = memory_resize(r->token, r->tokens_room, sizeof *r->token);
    }
    r->token[r->tokens++] = names_find(&r->names, bytes, length);
    if (r->names.count > PATH_CHANNELS_MAX)
        return bad_cell(r, row, ERR_LIMIT, r->columns->path, "there are too many channels", err);
    return true;
}

static bool add_path(struct path_reader *r, size_t row, struct table_string path, struct error *err)
{
    const size_t gap = strlen(r->columns->separator);
    const char *at = path.bytes, *end = path.bytes + path.length;

    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    if (at == end)
        return bad_cell(r, row, ERR_DATA, r->columns->path, "the path is empty", err);
    for (;;) {
        const char *next = memmem(at, (size_t)(end - at), r->columns->separator, gap);
        if (!add_channel(r, row, at, (size_t)((next ? next : end) - at), err))
            return false;
        if (!next)
            return true;
        at = next + gap;
    }
}

static bool add_number(struct path_reader *r, const struct table_chunk *chunk, size_t row,
                       size_t part, struct error *err)
{
    const char *name = r->field[r->index[part]].name;
    const struct table_column *column = &chunk->column[r->index[part]];
    const double value = column->number[row];

    if (!table_is_valid(column, row) || isnan(value))
        return bad_cell(r, row, ERR_DATA, name, "the number is missing", err);
    if (value < 0)
        return bad_cell(r, row, ERR_DATA, name, "the number is negative", err);
    if (value > 1e15)
        return bad_cell(r, row, ERR_DATA, name, "the number is above 1e15", err);
    r->number[part][r->count] = value;
    return true;
}

static bool add_row(struct path_reader *r, const struct table_chunk *chunk, size_t row,
                    struct error *err)
{
    const struct table_column *path = &chunk->column[r->index[COLUMN_PATH]];

    if (!table_is_valid(path, row))
        return bad_cell(r, row, ERR_DATA, r->columns->path, "the path is missing", err);
    if (r->count == r->paths_room) {
        r->paths_room = r->paths_room ? r->paths_room * 2 : 1024;
        r->offset = memory_resize(r->offset, r->paths_room + 1, sizeof *r->offset);
        for (size_t part = COLUMN_CONVERSIONS; part < COLUMNS_MAX; part++)
            r->number[part] = memory_resize(r->number[part], r->paths_room, sizeof(double));
    }
    r->offset[r->count] = r->tokens;
    r->number[COLUMN_VALUE][r->count] = r->number[COLUMN_NULL][r->count] = 0;
    if (!add_path(r, row, path->text[row], err))
        return false;
    for (size_t part = COLUMN_CONVERSIONS; part < COLUMNS_MAX; part++)
        if (r->index[part] != SIZE_MAX && !add_number(r, chunk, row, part, err))
            return false;
    if (r->number[COLUMN_VALUE][r->count] > 0 && r->number[COLUMN_CONVERSIONS][r->count] == 0)
        return bad_cell(r, row, ERR_DATA, r->field[r->index[COLUMN_VALUE]].name,
                        "a value is given where there is no conversion", err);
    r->offset[++r->count] = r->tokens;
    return true;
}

static bool read_rows(struct path_reader *r, struct error *err)
{
    struct table_chunk chunk;

    do {
        if (!table_reader_next(r->reader, &chunk, err) || !interrupt_check("reading paths", err))
            return false;
        for (size_t row = 0; row < chunk.rows; row++)
            if (!add_row(r, &chunk, row, err))
                return false;
    } while (chunk.rows > 0);
    return true;
}

static bool has_column(const struct table_source *source, const char *name)
{
    for (size_t i = 0; i < source->column_count; i++)
        if (strcmp(source->column[i].name, name) == 0)
            return true;
    return false;
}

/* The columns to read: those named, and those that are optional and there. */
static bool choose_columns(struct path_reader *r, const struct table_source *source,
                           struct error *err)
{
    const struct path_table_columns *c = r->columns;
    const char *const wanted[COLUMNS_MAX] = {c->path, c->conversions,
                                             c->value ? c->value : "total_conversion_value",
                                             c->null ? c->null : "total_null"};
    const bool required[COLUMNS_MAX] = {true, true, c->value != NULL, c->null != NULL};

    for (size_t part = 0; part < COLUMNS_MAX; part++) {
        r->index[part] = SIZE_MAX;
        if (!required[part] && !has_column(source, wanted[part]))
            continue;
        if (required[part] && !table_source_column(source, wanted[part], err))
            return false;
        for (size_t i = 0; i < r->fields; i++)
            if (strcmp(r->field[i].name, wanted[part]) == 0)
                return error_set(err, ERR_ARG, "column '%s' is named for two things", wanted[part]);
        r->index[part] = r->fields;
        r->field[r->fields++] =
            (struct table_field){wanted[part], part == COLUMN_PATH ? TABLE_TEXT : TABLE_DOUBLE};
    }
    return true;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(**(const char *const *const *)left, **(const char *const *const *)right);
}

/* Hand over what was read, with channels in the order of their names. */
static void finish(struct path_set *paths, struct path_reader *r)
{
    const size_t n = r->names.count;
    struct arena *mem = &paths->memory;
    const char ***sorted = memory_take(n + 1, sizeof *sorted);
    int32_t *rank = memory_take(n + 1, sizeof *rank);
    const char **channel = ARENA_NEW(mem, const char *, n);
    int32_t *token = ARENA_NEW(mem, int32_t, r->tokens);
    uint64_t *offset = ARENA_ZERO(mem, uint64_t, r->count + 1);
    double *number[COLUMNS_MAX];

    for (size_t i = 0; i < n; i++)
        sorted[i] = &r->names.name[i];
    qsort(sorted, n, sizeof *sorted, compare_names);
    for (size_t i = 0; i < n; i++) {
        rank[sorted[i] - r->names.name] = (int32_t)i;
        channel[i] = arena_string(mem, *sorted[i], strlen(*sorted[i]));
    }
    for (size_t i = 0; i < r->tokens; i++)
        token[i] = rank[r->token[i]];
    if (r->count > 0)
        memcpy(offset, r->offset, (r->count + 1) * sizeof *offset);
    for (size_t part = COLUMN_CONVERSIONS; part < COLUMNS_MAX; part++) {
        number[part] = ARENA_NEW(mem, double, r->count);
        if (r->count > 0)
            memcpy(number[part], r->number[part], r->count * sizeof(double));
    }
    paths->count = r->count;
    paths->channels = n;
    paths->channel = channel;
    paths->token = token;
    paths->offset = offset;
    paths->conversions = number[COLUMN_CONVERSIONS];
    paths->value = r->index[COLUMN_VALUE] == SIZE_MAX ? NULL : number[COLUMN_VALUE];
    paths->null = number[COLUMN_NULL];
    free(sorted);
    free(rank);
}

bool path_table_read(struct path_set *paths, const char *source,
                     const struct path_table_columns *columns, struct error *err)
{
    struct path_reader r = {.columns = columns};
    struct table_source *opened = NULL;
    bool ok = false;

    if (columns->separator[0] == '\0')
        return error_set(err, ERR_ARG, "the separator of channels is empty");
    if (!table_source_open(&opened, source, err))
        return false;
    if (choose_columns(&r, opened, err) &&
        table_reader_open(&r.reader, opened, r.field, r.fields, err) && read_rows(&r, err)) {
        *paths = (struct path_set){0};
        finish(paths, &r);
        ok = path_set_check(paths, err) || error_wrap(err, "'%s'", source);
        if (!ok)
            path_set_clear(paths);
    }
    if (r.reader)
        table_reader_close(r.reader);
    table_source_close(opened);
    names_clear(&r.names);
    free(r.offset);
    free(r.token);
    for (size_t part = 0; part < COLUMNS_MAX; part++)
        free(r.number[part]);
    return ok;
}
