#include "table/source_schema.h"

#include "base/file.h"
#include "table/csv.h"

#include <string.h>

enum { PIECE_ROWS = 500000 /* hides the cost of starting a query, and can still be shared out */ };

/* What a column of DuckDB is to Quern. */
static enum table_type type_of(const char *sql)
{
    static const struct {
        const char *start;
        enum table_type type;
    } types[] = {
        {"BOOLEAN", TABLE_BOOL},    {"TINYINT", TABLE_INT64},   {"SMALLINT", TABLE_INT64},
        {"INTEGER", TABLE_INT64},   {"BIGINT", TABLE_INT64},    {"UTINYINT", TABLE_INT64},
        {"USMALLINT", TABLE_INT64}, {"UINTEGER", TABLE_INT64},  {"UBIGINT", TABLE_INT64},
        {"HUGEINT", TABLE_INT64},   {"UHUGEINT", TABLE_INT64},  {"FLOAT", TABLE_DOUBLE},
        {"DOUBLE", TABLE_DOUBLE},   {"DECIMAL(", TABLE_DOUBLE}, {"DATE", TABLE_TIME},
        {"TIMESTAMP", TABLE_TIME},  {"VARCHAR", TABLE_TEXT},    {"ENUM(", TABLE_TEXT},
        {"UUID", TABLE_TEXT},       {"JSON", TABLE_TEXT},
    };
    const size_t length = strlen(sql);

    if (length && sql[length - 1] == ']') /* INTEGER[] or INTEGER[3] */
        return TABLE_ANY;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncmp(sql, types[i].start, strlen(types[i].start)) == 0)
            return types[i].type;
    return TABLE_ANY;
}

static const char *cell(const duckdb_string_t *text, struct arena *memory)
{
    const uint32_t length = text->value.inlined.length;

    return arena_string(memory,
                        length <= sizeof text->value.inlined.inlined ? text->value.inlined.inlined
                                                                     : text->value.pointer.ptr,
                        length);
}

static void keep_columns(struct table_source *source, const struct source_column *column,
                         size_t count)
{
    struct source_column *kept =
        ARENA_NEW(&source->memory, struct source_column, count ? count : 1);

    if (count)
        memcpy(kept, column, count * sizeof *column);
    source->column = kept;
    source->column_count = count;
}

static bool describe(struct table_source *source, duckdb_connection connection, struct error *err)
{
    const struct duckdb_api *duck = source->session.duck;
    struct text sql = {0};
    struct source_column *column = NULL;
    size_t count = 0;
    duckdb_result result;
    duckdb_data_chunk chunk;

    text_add_format(&sql, "SELECT column_name, column_type FROM (DESCRIBE SELECT * ");
    bool ok = source_add_from(source, 0, NULL, 0, &sql, err);
    text_add_format(&sql, ")");
    ok = ok && session_query(duck, connection, sql.bytes, &result, err);
    text_clear(&sql);
    if (!ok)
        return source->kind == SOURCE_SQL ? false : error_wrap(err, "'%s'", source->file[0]);
    while ((chunk = duck->fetch_chunk(result))) {
        const size_t rows = duck->data_chunk_get_size(chunk);
        const duckdb_string_t *name = duck->vector_get_data(duck->data_chunk_get_vector(chunk, 0));
        const duckdb_string_t *type = duck->vector_get_data(duck->data_chunk_get_vector(chunk, 1));
        column = memory_resize(column, count + rows, sizeof *column);
        for (size_t i = 0; i < rows; i++, count++) {
            column[count].name = cell(&name[i], &source->memory);
            column[count].sql_type = cell(&type[i], &source->memory);
            column[count].type =
                source->kind == SOURCE_JSON ? TABLE_TEXT : type_of(column[count].sql_type);
        }
        duck->destroy_data_chunk(&chunk);
    }
    duck->destroy_result(&result);
    keep_columns(source, column, count);
    free(column);
    return true;
}

/* The first line of a CSV file, plain or compressed, through DuckDB. */
static bool read_header(const struct table_source *source, size_t file, struct csv_header *header,
                        struct arena *memory, struct error *err)
{
    const struct duckdb_api *duck = source->session.duck;
    struct text sql = {0};
    duckdb_connection connection;
    duckdb_result result;

    if (!session_connect(&source->session, &connection, err))
        return false;
    text_add_format(&sql, "SELECT l FROM read_csv(");
    session_add_literal(&sql, source->file[file]);
    text_add_format(&sql, ", auto_detect=false, delim=chr(1), quote='', escape='', header=false, "
                          "strict_mode=false, columns={'l': 'VARCHAR'}) LIMIT 1");
    bool ok = session_query(duck, connection, sql.bytes, &result, err);
    if (ok) {
        duckdb_data_chunk chunk = duck->fetch_chunk(result);
        duckdb_vector vector = chunk ? duck->data_chunk_get_vector(chunk, 0) : NULL;
        const uint64_t *valid = vector ? duck->vector_get_validity(vector) : NULL;
        if (vector && duck->data_chunk_get_size(chunk) > 0 && (!valid || (valid[0] & 1))) {
            const char *line = cell(duck->vector_get_data(vector), memory);
            ok = csv_header_read(header, line, strlen(line), memory, err);
        } else {
            ok = error_set(err, ERR_DATA, "it is empty, a header line was expected");
        }
        if (chunk)
            duck->destroy_data_chunk(&chunk);
        duck->destroy_result(&result);
    }
    duck->disconnect(&connection);
    text_clear(&sql);
    return ok || error_wrap(err, "'%s'", source->file[file]);
}

bool source_find_columns(struct table_source *source, duckdb_connection connection,
                         struct error *err)
{
    struct csv_header header;

    if (source->kind != SOURCE_CSV)
        return describe(source, connection, err);
    if (!read_header(source, 0, &header, &source->memory, err))
        return false;
    struct source_column *column = memory_take_zeroed(header.count, sizeof *column);
    for (size_t i = 0; i < header.count; i++)
        column[i] = (struct source_column){header.name[i], "VARCHAR", TABLE_TEXT};
    keep_columns(source, column, header.count);
    free(column);
    return true;
}

static bool add_csv(const struct table_source *source, size_t file,
                    const struct table_field *wanted, size_t count, struct text *sql,
                    struct error *err)
{
    struct arena memory = {0};
    struct csv_header header;
    bool ok = read_header(source, file, &header, &memory, err);

    for (size_t i = 0; ok && i < count; i++) {
        size_t at = 0;
        while (at < header.count && strcmp(header.name[at], wanted[i].name) != 0)
            at++;
        if (at == header.count)
            ok = error_set(err, ERR_DATA, "'%s' has no column '%s'", source->file[file],
                           wanted[i].name);
    }
    if (ok) {
        text_add_format(sql, "FROM read_csv(");
        session_add_literal(sql, source->file[file]);
        text_add_format(sql,
                        ", auto_detect=false, header=true, quote='\"', escape='\"', "
                        "delim='%c', columns={",
                        header.delimiter);
        for (size_t i = 0; i < header.count; i++) {
            text_add_format(sql, i ? ", " : "");
            session_add_literal(sql, header.name[i]);
            text_add_format(sql, ": 'VARCHAR'");
        }
        text_add_format(sql, "})");
    }
    arena_clear(&memory);
    return ok;
}

static void add_json(const struct table_source *source, size_t file,
                     const struct table_field *wanted, size_t count, struct text *sql)
{
    text_add_format(sql, "FROM read_json(");
    session_add_literal(sql, source->file[file]);
    if (wanted) {
        text_add_format(sql, ", columns={");
        for (size_t i = 0; i < count; i++) {
            text_add_format(sql, i ? ", " : "");
            session_add_literal(sql, wanted[i].name);
            text_add_format(sql, ": 'VARCHAR'");
        }
        text_add_format(sql, "}");
    }
    text_add_format(sql, ", format='%s')",
                    text_ends_with(source->file[file], ".json") ||
                            text_ends_with(source->file[file], ".json.gz")
                        ? "auto"
                        : "newline_delimited");
}

bool source_add_from(const struct table_source *source, size_t piece,
                     const struct table_field *wanted, size_t count, struct text *sql,
                     struct error *err)
{
    const struct source_piece *p = source->piece ? &source->piece[piece] : NULL;
    const size_t file = p ? p->file : 0;

    switch (source->kind) {
    case SOURCE_CSV:
        return add_csv(source, file, wanted, count, sql, err);
    case SOURCE_JSON:
        add_json(source, file, wanted, count, sql);
        return true;
    case SOURCE_SQL:
        text_add_format(sql, "FROM (%s\n)", source->file[0]);
        return true;
    case SOURCE_PARQUET:
        break;
    }
    text_add_format(sql, "FROM read_parquet(");
    session_add_literal(sql, source->file[file]);
    if (p)
        text_add_format(sql,
                        ", file_row_number=true) WHERE file_row_number >= %lld AND "
                        "file_row_number < %lld",
                        (long long)p->first, (long long)(p->first + p->rows));
    else
        text_add_format(sql, ")");
    return true;
}

/* Row groups of one Parquet file, joined into pieces. */
static bool add_row_groups(const struct table_source *source, duckdb_connection connection,
                           size_t file, int64_t *row, struct source_piece **piece, size_t *count,
                           struct error *err)
{
    const struct duckdb_api *duck = source->session.duck;
    struct source_piece now = {.file = file, .row = *row};
    struct text sql = {0};
    duckdb_result result;
    duckdb_data_chunk chunk;

    text_add_format(&sql, "SELECT row_group_num_rows::BIGINT FROM parquet_metadata(");
    session_add_literal(&sql, source->file[file]);
    text_add_format(&sql, ") WHERE column_id = 0");
    const bool ok = session_query(duck, connection, sql.bytes, &result, err);
    text_clear(&sql);
    if (!ok)
        return error_wrap(err, "'%s'", source->file[file]);
    while ((chunk = duck->fetch_chunk(result))) {
        const int64_t *rows = duck->vector_get_data(duck->data_chunk_get_vector(chunk, 0));
        for (size_t i = 0; i < duck->data_chunk_get_size(chunk); i++) {
            now.rows += rows[i];
            *row += rows[i];
            if (now.rows < PIECE_ROWS)
                continue;
            *piece = memory_resize(*piece, *count + 1, sizeof **piece);
            (*piece)[(*count)++] = now;
            now = (struct source_piece){.file = file, .first = now.first + now.rows, .row = *row};
        }
        duck->destroy_data_chunk(&chunk);
    }
    duck->destroy_result(&result);
    if (now.rows > 0) {
        *piece = memory_resize(*piece, *count + 1, sizeof **piece);
        (*piece)[(*count)++] = now;
    }
    return true;
}

bool source_find_pieces(struct table_source *source, duckdb_connection connection,
                        struct error *err)
{
    struct source_piece *piece = NULL;
    size_t count = 0;
    int64_t row = 0;
    bool ok = true;

    source->parallel = source->kind == SOURCE_PARQUET;
    for (size_t i = 0; ok && i < source->file_count; i++) {
        if (source->parallel) {
            ok = add_row_groups(source, connection, i, &row, &piece, &count, err);
        } else {
            piece = memory_resize(piece, count + 1, sizeof *piece);
            piece[count++] = (struct source_piece){.file = i};
        }
    }
    if (source->parallel)
        source->rows = row;
    struct source_piece *kept = ARENA_NEW(&source->memory, struct source_piece, count ? count : 1);
    if (count)
        memcpy(kept, piece, count * sizeof *piece);
    free(piece);
    source->piece = kept;
    source->piece_count = count;
    return ok;
}
