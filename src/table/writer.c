#include "table/writer.h"

#include "base/arena.h"

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
