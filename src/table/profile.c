#include "table/profile.h"

#include <string.h>

enum { SHOWN_MAX = 40 };

/* FROM all files at once; CSV with types as DuckDB detects them, which is what a person wants. */
static void add_from(const struct table_source *source, struct text *sql)
{
    static const char *const function[] = {
        [SOURCE_PARQUET] = "read_parquet", [SOURCE_CSV] = "read_csv", [SOURCE_JSON] = "read_json"};

    if (source->kind == SOURCE_SQL) {
        text_add_format(sql, "FROM (%s\n)", source->file[0]);
        return;
    }
    text_add_format(sql, "FROM %s([", function[source->kind]);
    for (size_t i = 0; i < source->file_count; i++) {
        text_add_format(sql, i ? ", " : "");
        session_add_literal(sql, source->file[i]);
    }
    text_add_format(sql, "]%s)", source->kind == SOURCE_CSV ? ", header=true" : "");
}

struct typed {
    const char *name, *type;
};

static const char *string_at(const struct duckdb_api *duck, duckdb_vector vector, size_t row,
                             struct arena *memory)
{
    const uint64_t *valid = duck->vector_get_validity(vector);
    const duckdb_string_t *text = (const duckdb_string_t *)duck->vector_get_data(vector) + row;
    const uint32_t length = text->value.inlined.length;

    if (valid && !(valid[row / 64] >> (row % 64) & 1))
        return "-";
    return arena_string(memory,
                        length <= sizeof text->value.inlined.inlined ? text->value.inlined.inlined
                                                                     : text->value.pointer.ptr,
                        length);
}

static bool list_columns(const struct duckdb_api *duck, duckdb_connection connection,
                         const char *from, struct typed **column, size_t *count,
                         struct arena *memory, struct error *err)
{
    struct text sql = {0};
    struct typed *all = NULL;
    duckdb_result result;
    duckdb_data_chunk chunk;

    text_add_format(&sql, "SELECT column_name, column_type FROM (DESCRIBE SELECT * %s)", from);
    const bool ok = session_query(duck, connection, sql.bytes, &result, err);
    text_clear(&sql);
    *count = 0;
    if (!ok)
        return false;
    while ((chunk = duck->fetch_chunk(result))) {
        const size_t rows = duck->data_chunk_get_size(chunk);
        all = memory_resize(all, *count + rows, sizeof *all);
        for (size_t i = 0; i < rows; i++)
            all[(*count)++] =
                (struct typed){string_at(duck, duck->data_chunk_get_vector(chunk, 0), i, memory),
                               string_at(duck, duck->data_chunk_get_vector(chunk, 1), i, memory)};
        duck->destroy_data_chunk(&chunk);
    }
    duck->destroy_result(&result);
    *column = ARENA_NEW(memory, struct typed, *count + 1);
    if (*count)
        memcpy(*column, all, *count * sizeof *all);
    free(all);
    return true;
}

static void add_query(struct text *sql, const struct typed *column, size_t count, const char *from)
{
    text_add_format(sql, "SELECT count(*)::VARCHAR");
    for (size_t i = 0; i < count; i++) {
        struct text name = {0};
        session_add_name(&name, column[i].name);
        text_add_format(sql,
                        ", (count(*) - count(%s))::VARCHAR, approx_count_distinct(%s)::VARCHAR, "
                        "min(%s)::VARCHAR, max(%s)::VARCHAR",
                        name.bytes, name.bytes, name.bytes, name.bytes);
        text_clear(&name);
    }
    text_add_format(sql, " %s", from);
}

/* Control characters would break the table apart. */
static void print_text(FILE *to, const char *text, int width)
{
    char shown[SHOWN_MAX + 8];
    size_t length = strlen(text);

    if (length > SHOWN_MAX) {
        length = SHOWN_MAX;
        while (length && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--; /* not inside a character */
    }
    for (size_t i = 0; i < length; i++)
        shown[i] = (unsigned char)text[i] < ' ' ? ' ' : text[i];
    snprintf(shown + length, sizeof shown - length, "%s", text[length] ? "..." : "");
    fprintf(to, "%-*s", width, shown);
}

static void print_line(FILE *to, const char *name, const char *type, const char *missing,
                       const char *distinct, const char *least, const char *most, size_t columns)
{
    char *line = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&line, &size);

    if (!memory)
        return;
    print_text(memory, name, 24);
    fputs("  ", memory);
    print_text(memory, type, 12);
    fprintf(memory, " %10s %10s  ", missing, distinct);
    print_text(memory, least, 24);
    fputs("  ", memory);
    print_text(memory, most, 0);
    fclose(memory);
    if (columns && size > columns)
        size = columns;
    while (size && line[size - 1] == ' ')
        size--;
    fprintf(to, "%.*s\n", (int)size, line);
    free(line);
}

static bool run(const struct table_source *source, duckdb_connection connection, FILE *to,
                size_t columns, struct arena *memory, struct error *err)
{
    const struct duckdb_api *duck = source->session.duck;
    struct text from = {0}, sql = {0};
    struct typed *column;
    size_t count;
    duckdb_result result;

    add_from(source, &from);
    bool ok = list_columns(duck, connection, from.bytes, &column, &count, memory, err);
    if (ok) {
        add_query(&sql, column, count, from.bytes);
        ok = session_query(duck, connection, sql.bytes, &result, err);
    }
    text_clear(&from);
    text_clear(&sql);
    if (!ok)
        return error_wrap(err, "'%s'", source->name);
    duckdb_data_chunk chunk = duck->fetch_chunk(result);
    const char **cell = ARENA_NEW(memory, const char *, 4 * count + 1);
    for (size_t i = 0; chunk && i < 4 * count + 1; i++)
        cell[i] = string_at(duck, duck->data_chunk_get_vector(chunk, i), 0, memory);
    if (chunk) {
        fprintf(to, "rows     %s\ncolumns  %zu\n\n", cell[0], count);
        print_line(to, "column", "type", "missing", "distinct~", "least", "most", columns);
        for (size_t i = 0; i < count; i++)
            print_line(to, column[i].name, column[i].type, cell[4 * i + 1], cell[4 * i + 2],
                       cell[4 * i + 3], cell[4 * i + 4], columns);
        duck->destroy_data_chunk(&chunk);
    }
    duck->destroy_result(&result);
    return true;
}

bool table_profile_print(const struct table_source *source, FILE *to, size_t columns,
                         struct error *err)
{
    struct arena memory = {0};
    duckdb_connection connection;

    if (!session_connect(&source->session, &connection, err))
        return false;
    const bool ok = run(source, connection, to, columns, &memory, err);
    source->session.duck->disconnect(&connection);
    arena_clear(&memory);
    return ok;
}
