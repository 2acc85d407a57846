#include "table/writer.h"

#include "base/arena.h"

#include <string.h>

/* One column kept in memory until commit. */
struct kept {
    struct table_field field; /* the name is ours */
    void *values;
    uint64_t *valid;
};

struct table_writer {
    char *path;
    size_t count, rows, room;
    struct kept *column;
    struct arena memory; /* names and texts */
};

static size_t value_size(enum table_type type)
{
    switch (type) {
    case TABLE_BOOL:
        return 1;
    case TABLE_TEXT:
    case TABLE_CODE:
        return sizeof(struct table_string);
    default:
        return sizeof(int64_t);
    }
}

bool table_writer_open(struct table_writer **writer, const char *path,
                       const struct table_field *fields, size_t count, struct error *err)
{
    if (count == 0 || count > TABLE_COLUMNS_MAX)
        return error_set(err, ERR_LIMIT, "cannot write '%s': %zu columns, 1 to %d are possible",
                         path, count, TABLE_COLUMNS_MAX);
    struct table_writer *w = memory_take_zeroed(1, sizeof *w);
    w->path = arena_string(&w->memory, path, strlen(path));
    w->count = count;
    w->column = memory_take_zeroed(count, sizeof *w->column);
    for (size_t i = 0; i < count; i++) {
        w->column[i].field.name = arena_string(&w->memory, fields[i].name, strlen(fields[i].name));
        /* Codes are kept as text: the dictionary may be gone at commit. */
        w->column[i].field.type = fields[i].type == TABLE_CODE ? TABLE_TEXT : fields[i].type;
    }
    *writer = w;
    return true;
}

static void make_room(struct table_writer *w, size_t rows)
{
    size_t room = w->room ? w->room : 1024;

    if (w->rows + rows <= w->room)
        return;
    while (room < w->rows + rows)
        room *= 2; /* stays a multiple of 64, so that bitmaps grow by whole words */
    for (size_t i = 0; i < w->count; i++) {
        struct kept *column = &w->column[i];
        column->values = memory_resize(column->values, room, value_size(column->field.type));
        column->valid = memory_resize(column->valid, room / 64, sizeof *column->valid);
        memset(column->valid + w->room / 64, 0, (room - w->room) / 8);
    }
    w->room = room;
}

static void keep_text(struct table_writer *w, struct kept *to, size_t row,
                      const struct table_string *text)
{
    ((struct table_string *)to->values)[row] = (struct table_string){
        arena_string(&w->memory, text->bytes ? text->bytes : "", text->length), text->length};
}

static void append_column(struct table_writer *w, struct kept *to, const struct table_column *from,
                          size_t rows)
{
    const size_t size = value_size(to->field.type);

    BUG_ON(from->type != to->field.type &&
           !(from->type == TABLE_CODE && to->field.type == TABLE_TEXT));
    if (from->type != TABLE_TEXT && from->type != TABLE_CODE && rows)
        memcpy((char *)to->values + w->rows * size, from->boolean, rows * size);
    for (size_t i = 0; i < rows; i++) {
        const size_t row = w->rows + i;
        if (!table_is_valid(from, i) || (from->type == TABLE_CODE && from->code[i] < 0))
            continue;
        to->valid[row / 64] |= (uint64_t)1 << (row % 64);
        if (from->type == TABLE_TEXT)
            keep_text(w, to, row, &from->text[i]);
        else if (from->type == TABLE_CODE)
            keep_text(w, to, row, &from->dictionary[from->code[i]]);
    }
}

void table_writer_append(struct table_writer *w, const struct table_chunk *chunk)
{
    BUG_ON(chunk->count != w->count);
    make_room(w, chunk->rows);
    for (size_t i = 0; i < w->count; i++)
        append_column(w, &w->column[i], &chunk->column[i], chunk->rows);
    w->rows += chunk->rows;
}

struct once {
    const struct table_column *column;
    size_t count, rows;
};

static bool give_once(void *context, struct table_chunk *chunk, struct error *err)
{
    struct once *once = context;

    (void)err;
    *chunk = (struct table_chunk){once->rows, once->count, once->column};
    once->rows = 0;
    return true;
}

bool table_write(const char *path, const struct table_column *columns, size_t count, size_t rows,
                 struct error *err)
{
    struct once once = {columns, count, rows};
    struct table_field *fields = memory_take_zeroed(count ? count : 1, sizeof *fields);

    for (size_t i = 0; i < count; i++)
        fields[i] = (struct table_field){columns[i].name, columns[i].type};
    const bool ok = table_stream_write(path, fields, count, give_once, &once, err);
    free(fields);
    return ok;
}

bool table_writer_commit(struct table_writer *w, struct error *err)
{
    struct table_column *columns = memory_take_zeroed(w->count, sizeof *columns);

    for (size_t i = 0; i < w->count; i++) {
        columns[i] = (struct table_column){
            .name = w->column[i].field.name,
            .type = w->column[i].field.type,
            .boolean = w->column[i].values,
            .valid = w->column[i].valid,
        };
    }
    const bool ok = table_write(w->path, columns, w->count, w->rows, err);
    free(columns);
    table_writer_discard(w);
    return ok;
}

void table_writer_discard(struct table_writer *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->count; i++) {
        free(w->column[i].values);
        free(w->column[i].valid);
    }
    free(w->column);
    arena_clear(&w->memory);
    free(w);
}
