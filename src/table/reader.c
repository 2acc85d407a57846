#include "table/reader.h"

#include "base/file.h"

#include <math.h>
#include <string.h>

/* What DuckDB gives and what becomes of it here. */
struct reading {
    const char *name;
    enum table_type from, to; /* they differ only where text is parsed */
    struct table_string *text;
    void *value;
    uint64_t *valid;
};

struct table_reader {
    const struct table_source *source;
    const struct duckdb_api *duck;
    duckdb_connection connection;
    size_t count;
    struct table_field *field;
    struct reading *reading;
    struct table_column *column;
    size_t piece, end;
    bool running; /* `result` is being read */
    duckdb_result result;
    duckdb_data_chunk chunk;
    size_t rows;         /* of `chunk` */
    int64_t row;         /* of the first row of `chunk`, in the table */
    int64_t row_in_file; /* the same in its file */
    struct arena memory;
};

static const enum table_type any_type = TABLE_ANY;

/* How column `name` is asked for in SQL, so that every source gives the same few types. */
static bool add_expression(struct text *sql, const struct source_column *column,
                           enum table_type wish, struct reading *reading, struct error *err)
{
    const enum table_type natural = column->type;

    if (natural == any_type)
        return error_set(err, ERR_DATA, "column '%s' is %s, which is not supported", column->name,
                         column->sql_type);
    const enum table_type to = wish == any_type ? natural : wish;
    if (to != natural && to != TABLE_TEXT && natural != TABLE_TEXT &&
        !(to == TABLE_DOUBLE && natural == TABLE_INT64))
        return error_set(err, ERR_DATA, "column '%s' is %s, not %s", column->name, column->sql_type,
                         table_type_name(to));
    reading->from = natural == TABLE_TEXT ? TABLE_TEXT : to;
    reading->to = to;
    if (reading->from == TABLE_TIME) {
        text_add_format(sql, "epoch_us(");
        session_add_name(sql, column->name);
        text_add_format(sql, ")");
        return true;
    }
    text_add_format(sql, "CAST(");
    session_add_name(sql, column->name);
    text_add_format(sql, " AS %s)",
                    reading->from == TABLE_BOOL     ? "BOOLEAN"
                    : reading->from == TABLE_INT64  ? "BIGINT"
                    : reading->from == TABLE_DOUBLE ? "DOUBLE"
                                                    : "VARCHAR");
    return true;
}

static bool check_columns(struct table_reader *reader, struct error *err)
{
    struct text sql = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < reader->count; i++) {
        const struct source_column *column =
            table_source_column(reader->source, reader->field[i].name, err);
        if (!column) {
            ok = false;
        } else if (!add_expression(&sql, column, reader->field[i].type, &reader->reading[i], err)) {
            ok = error_wrap(err, "'%s'", reader->source->name);
        } else {
            reader->reading[i].name = column->name;
            reader->column[i].name = column->name;
            reader->column[i].type = reader->reading[i].to;
        }
    }
    text_clear(&sql);
    return ok;
}

static void take_buffers(struct table_reader *reader)
{
    for (size_t i = 0; i < reader->count; i++) {
        struct reading *reading = &reader->reading[i];
        if (reading->from == TABLE_TEXT)
            reading->text = ARENA_NEW(&reader->memory, struct table_string, TABLE_CHUNK_ROWS);
        if (reading->from != reading->to) {
            reading->value = ARENA_NEW(&reader->memory, int64_t, TABLE_CHUNK_ROWS);
            reading->valid = ARENA_NEW(&reader->memory, uint64_t, TABLE_CHUNK_ROWS / 64);
        }
    }
}

bool table_reader_open(struct table_reader **out, const struct table_source *source,
                       const struct table_field *fields, size_t count, struct error *err)
{
    struct table_reader *reader = memory_take_zeroed(1, sizeof *reader);

    if (!fields)
        count = source->column_count;
    reader->source = source;
    reader->duck = source->session.duck;
    reader->end = source->piece_count;
    reader->count = count;
    reader->field = ARENA_ZERO(&reader->memory, struct table_field, count + 1);
    reader->reading = ARENA_ZERO(&reader->memory, struct reading, count + 1);
    reader->column = ARENA_ZERO(&reader->memory, struct table_column, count + 1);
    for (size_t i = 0; i < count; i++)
        reader->field[i] =
            fields ? fields[i] : (struct table_field){source->column[i].name, TABLE_ANY};
    if (!check_columns(reader, err) ||
        !session_connect(&source->session, &reader->connection, err)) {
        table_reader_close(reader);
        return false;
    }
    take_buffers(reader);
    *out = reader;
    return true;
}

static void stop_piece(struct table_reader *reader)
{
    if (reader->chunk)
        reader->duck->destroy_data_chunk(&reader->chunk);
    if (reader->running)
        reader->duck->destroy_result(&reader->result);
    reader->running = false;
}

void table_reader_close(struct table_reader *reader)
{
    if (!reader)
        return;
    stop_piece(reader);
    if (reader->connection)
        reader->duck->disconnect(&reader->connection);
    arena_clear(&reader->memory);
    free(reader);
}

void table_reader_select(struct table_reader *reader, size_t first, size_t end)
{
    stop_piece(reader);
    reader->piece = first;
    reader->end = end;
    reader->rows = 0;
}

static bool fail(const struct table_reader *reader, struct error *err)
{
    if (reader->source->kind == SOURCE_SQL)
        return error_wrap(err, "the query of the source");
    const char *file = reader->source->file[reader->source->piece[reader->piece].file];
    return strstr(err->text, file) ? false : error_wrap(err, "'%s'", file);
}

static bool start_piece(struct table_reader *reader, struct error *err)
{
    const struct source_piece *piece = &reader->source->piece[reader->piece];
    struct text sql = {0};
    bool ok = true;

    text_add_format(&sql, "SELECT ");
    for (size_t i = 0; ok && i < reader->count; i++) {
        text_add_format(&sql, i ? ", " : "");
        const struct source_column *column =
            table_source_column(reader->source, reader->field[i].name, err);
        ok =
            column && add_expression(&sql, column, reader->field[i].type, &reader->reading[i], err);
    }
    if (reader->count == 0)
        text_add_format(&sql, "1");
    text_add_format(&sql, " ");
    ok = ok &&
         source_add_from(reader->source, reader->piece, reader->field, reader->count, &sql, err);
    if (ok && !session_stream(reader->duck, reader->connection, sql.bytes, &reader->result, err))
        ok = fail(reader, err);
    text_clear(&sql);
    reader->running = ok;
    reader->row_in_file = piece->first;
    if (reader->source->parallel)
        reader->row = piece->row;
    reader->rows = 0;
    return ok;
}

static bool parse_value(const struct table_string *text, enum table_type to, void *values,
                        size_t row)
{
    bool flag;

    switch (to) {
    case TABLE_INT64:
        return text_to_int64(text->bytes, text->length, (int64_t *)values + row);
    case TABLE_DOUBLE:
        return text_to_number(text->bytes, text->length, (double *)values + row);
    case TABLE_TIME:
        return text_to_time(text->bytes, text->length, (int64_t *)values + row);
    case TABLE_BOOL:
        if (!text_to_bool(text->bytes, text->length, &flag))
            return false;
        ((uint8_t *)values)[row] = flag;
        return true;
    default:
        BUG("text is parsed into values only");
    }
}

static bool parse_column(struct table_reader *reader, size_t i, const uint64_t *valid,
                         struct error *err)
{
    static const char *const wanted[] = {
        [TABLE_INT64] = "an integer",
        [TABLE_DOUBLE] = "a number",
        [TABLE_TIME] = "a date or time in ISO 8601",
        [TABLE_BOOL] = "true or false",
    };
    struct reading *reading = &reader->reading[i];
    char place[512];

    memset(reading->valid, 0, TABLE_CHUNK_ROWS / 8);
    for (size_t row = 0; row < reader->rows; row++) {
        const struct table_string *text = &reading->text[row];
        if (valid && !(valid[row / 64] >> (row % 64) & 1))
            continue;
        if (!parse_value(text, reading->to, reading->value, row)) {
            table_reader_place(reader, row, place, sizeof place);
            return error_set(err, ERR_DATA, "%s: column '%s' is '%.*s', not %s", place,
                             reading->name, text->length < 80 ? (int)text->length : 80, text->bytes,
                             wanted[reading->to]);
        }
        if (reading->to != TABLE_DOUBLE || !isnan(((const double *)reading->value)[row]))
            reading->valid[row / 64] |= (uint64_t)1 << (row % 64);
    }
    reader->column[i].boolean = reading->value;
    reader->column[i].valid = reading->valid;
    return true;
}

static bool convert(struct table_reader *reader, size_t i, struct error *err)
{
    struct reading *reading = &reader->reading[i];
    struct table_column *column = &reader->column[i];
    duckdb_vector vector = reader->duck->data_chunk_get_vector(reader->chunk, i);
    const void *data = reader->duck->vector_get_data(vector);
    const uint64_t *valid = reader->duck->vector_get_validity(vector);

    if (reading->from != TABLE_TEXT) {
        column->boolean = data;
        column->valid = valid;
        return true;
    }
    const duckdb_string_t *text = data;
    for (size_t row = 0; row < reader->rows; row++) {
        const uint32_t length = text[row].value.inlined.length;
        reading->text[row] = (struct table_string){length <= sizeof text->value.inlined.inlined
                                                       ? text[row].value.inlined.inlined
                                                       : text[row].value.pointer.ptr,
                                                   length};
        /* A value that is missing has no text; nothing may look at it. */
        if (valid && !(valid[row / 64] >> (row % 64) & 1))
            reading->text[row] = (struct table_string){"", 0};
    }
    if (reading->to != TABLE_TEXT)
        return parse_column(reader, i, valid, err);
    column->text = reading->text;
    column->valid = valid;
    return true;
}

/* The next chunk of the running piece; false at its end or on failure (then err is set). */
static bool fetch(struct table_reader *reader, struct error *err)
{
    if (reader->chunk)
        reader->duck->destroy_data_chunk(&reader->chunk);
    reader->row += (int64_t)reader->rows;
    reader->row_in_file += (int64_t)reader->rows;
    do {
        if (reader->chunk)
            reader->duck->destroy_data_chunk(&reader->chunk);
        reader->chunk = reader->duck->fetch_chunk(reader->result);
        reader->rows = reader->chunk ? reader->duck->data_chunk_get_size(reader->chunk) : 0;
    } while (reader->chunk && reader->rows == 0);
    if (reader->chunk)
        return true;
    const char *message = reader->duck->result_error(&reader->result);
    if (message && message[0]) {
        session_error(err, message);
        fail(reader, err);
    }
    return false;
}

static bool next_chunk(struct table_reader *reader, struct table_chunk *chunk, struct error *err)
{
    struct error failure = {0};

    *chunk = (struct table_chunk){0, reader->count, reader->column};
    while (reader->running || reader->piece < reader->end) {
        if (!reader->running && !start_piece(reader, err))
            return false;
        if (fetch(reader, &failure)) {
            BUG_ON(reader->rows > TABLE_CHUNK_ROWS);
            for (size_t i = 0; i < reader->count; i++)
                if (!convert(reader, i, err))
                    return false;
            chunk->rows = reader->rows;
            return true;
        }
        if (failure.code != ERR_NONE) {
            *err = failure;
            return false;
        }
        stop_piece(reader);
        reader->piece++;
    }
    return true;
}

bool table_reader_next(struct table_reader *reader, struct table_chunk *chunk, struct error *err)
{
    return next_chunk(reader, chunk, err) || place_explain(&reader->source->place, err);
}

int64_t table_reader_row(const struct table_reader *reader)
{
    return reader->row;
}

void table_reader_place(const struct table_reader *reader, size_t row, char *place, size_t room)
{
    const long long number = (long long)reader->row_in_file + (long long)row + 1;
    char name[1024];

    if (reader->source->kind == SOURCE_SQL)
        snprintf(place, room, "row %lld of the query", number);
    else {
        table_source_file_name(reader->source, reader->source->piece[reader->piece].file, name,
                               sizeof name);
        snprintf(place, room, "row %lld of '%s'", number, name);
    }
}
