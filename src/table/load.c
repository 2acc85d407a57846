/* Small tables whole, in an arena. */
#include "table/reader.h"

#include <string.h>

struct growing {
    void *value;
    uint64_t *valid;
    size_t size;
};

static void grow(struct growing *columns, size_t count, size_t from, size_t to)
{
    for (size_t i = 0; i < count; i++) {
        columns[i].value = memory_resize(columns[i].value, to, columns[i].size);
        columns[i].valid = memory_resize(columns[i].valid, to / 64, sizeof(uint64_t));
        memset(columns[i].valid + from / 64, 0, (to - from) / 8);
    }
}

static void add_rows(struct growing *column, const struct table_column *from, size_t at,
                     size_t rows, struct arena *memory)
{
    memcpy((char *)column->value + at * column->size, from->boolean, rows * column->size);
    for (size_t i = 0; i < rows; i++) {
        if (!table_is_valid(from, i))
            continue;
        column->valid[(at + i) / 64] |= (uint64_t)1 << ((at + i) % 64);
        if (from->type == TABLE_TEXT)
            ((struct table_string *)column->value)[at + i].bytes =
                arena_string(memory, from->text[i].bytes, from->text[i].length);
    }
}

static size_t size_of(enum table_type type)
{
    return type == TABLE_BOOL ? 1 : type == TABLE_TEXT ? sizeof(struct table_string) : 8;
}

static bool collect(struct table_reader *reader, const char *name, size_t rows_max,
                    struct table_chunk *table, struct arena *memory, struct error *err)
{
    struct table_chunk chunk;
    struct growing *columns = NULL;
    size_t rows = 0, room = 0;
    bool ok;

    while ((ok = table_reader_next(reader, &chunk, err)) && chunk.rows > 0) {
        if (!columns) {
            columns = memory_take_zeroed(chunk.count, sizeof *columns);
            for (size_t i = 0; i < chunk.count; i++)
                columns[i].size = size_of(chunk.column[i].type);
        }
        if (rows + chunk.rows > rows_max) {
            ok = error_set(err, ERR_LIMIT, "'%s' has more than %zu rows", name, rows_max);
            break;
        }
        if (rows + chunk.rows > room) {
            const size_t wanted = room ? room * 2 : 2 * TABLE_CHUNK_ROWS;
            grow(columns, chunk.count, room, wanted);
            room = wanted;
        }
        for (size_t i = 0; i < chunk.count; i++)
            add_rows(&columns[i], &chunk.column[i], rows, chunk.rows, memory);
        rows += chunk.rows;
    }
    struct table_column *kept = ARENA_ZERO(memory, struct table_column, chunk.count + 1);
    for (size_t i = 0; ok && i < chunk.count; i++) {
        const char *title = chunk.column[i].name;
        kept[i].name = arena_string(memory, title, strlen(title));
        kept[i].type = chunk.column[i].type;
        if (rows == 0)
            continue;
        void *value = arena_take(memory, rows, columns[i].size);
        uint64_t *valid = arena_take(memory, rows / 64 + 1, sizeof *valid);
        memcpy(value, columns[i].value, rows * columns[i].size);
        memcpy(valid, columns[i].valid, (rows + 63) / 64 * sizeof *valid);
        kept[i].boolean = value;
        kept[i].valid = valid;
    }
    for (size_t i = 0; columns && i < chunk.count; i++) {
        free(columns[i].value);
        free(columns[i].valid);
    }
    free(columns);
    *table = (struct table_chunk){rows, chunk.count, kept};
    return ok;
}

bool table_load(const char *name, const struct table_field *fields, size_t count, size_t rows_max,
                struct table_chunk *table, struct arena *memory, struct error *err)
{
    struct table_source *source;
    struct table_reader *reader;

    if (!table_source_open(&source, name, err))
        return false;
    bool ok = table_reader_open(&reader, source, fields, count, err);
    if (ok) {
        ok = collect(reader, name, rows_max, table, memory, err);
        table_reader_close(reader);
    }
    table_source_close(source);
    return ok;
}
