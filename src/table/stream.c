/* Writing: DuckDB's COPY, fed by a table function that asks the caller for chunks. */
#include "table/writer.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "remote/place.h"
#include "table/session.h"

#include <string.h>
#include <unistd.h>

struct stream {
    const struct duckdb_api *duck;
    const struct table_field *field;
    size_t count;
    table_next next;
    void *context;
    struct table_chunk chunk;
    size_t at; /* rows of the chunk already given */
    bool ended;
    duckdb_string_t **dictionary; /* [count] views of the dictionary's texts, as DuckDB has them */
    const struct table_string **dictionary_of;
    size_t *dictionary_size;
    struct error error;
};

static const duckdb_type type_of[] = {
    [TABLE_BOOL] = DUCKDB_TYPE_BOOLEAN,  [TABLE_INT64] = DUCKDB_TYPE_BIGINT,
    [TABLE_DOUBLE] = DUCKDB_TYPE_DOUBLE, [TABLE_TIME] = DUCKDB_TYPE_TIMESTAMP,
    [TABLE_TEXT] = DUCKDB_TYPE_VARCHAR,  [TABLE_CODE] = DUCKDB_TYPE_VARCHAR,
};

const char *table_type_name(enum table_type type)
{
    static const char *const name[] = {
        [TABLE_ANY] = "any",       [TABLE_BOOL] = "bool", [TABLE_INT64] = "int64",
        [TABLE_DOUBLE] = "double", [TABLE_TIME] = "time", [TABLE_TEXT] = "text",
        [TABLE_CODE] = "text",
    };

    return name[type];
}

static void bind(duckdb_bind_info info)
{
    const struct stream *stream;
    struct error err = {0};
    const struct duckdb_api *duck = duckdb_api(&err);

    stream = duck->bind_get_extra_info(info);
    for (size_t i = 0; i < stream->count; i++) {
        duckdb_logical_type type = duck->create_logical_type(type_of[stream->field[i].type]);
        duck->bind_add_result_column(info, stream->field[i].name, type);
        duck->destroy_logical_type(&type);
    }
}

static void init(duckdb_init_info info)
{
    struct error err = {0};

    duckdb_api(&err)->init_set_max_threads(info, 1); /* rows keep their order */
}

/* DuckDB copies the text while the chunk is alive, so long texts are only pointed to. */
static duckdb_string_t view(const struct table_string *text)
{
    duckdb_string_t s = {0};

    s.value.inlined.length = (uint32_t)text->length;
    if (text->length <= sizeof s.value.inlined.inlined) {
        if (text->length)
            memcpy(s.value.inlined.inlined, text->bytes, text->length);
    } else {
        memcpy(s.value.pointer.prefix, text->bytes, sizeof s.value.pointer.prefix);
        s.value.pointer.ptr = (char *)text->bytes;
    }
    return s;
}

static void set_invalid(uint64_t *validity, size_t row)
{
    validity[row / 64] &= ~((uint64_t)1 << (row % 64));
}

/* The dictionary's view of `code`, made once a text and kept for the whole stream. */
static duckdb_string_t *dictionary_views(struct stream *stream, size_t column,
                                         const struct table_column *from, size_t needed)
{
    size_t *size = &stream->dictionary_size[column];

    if (stream->dictionary_of[column] != from->dictionary)
        *size = 0;
    stream->dictionary_of[column] = from->dictionary;
    if (*size < needed) {
        stream->dictionary[column] =
            memory_resize(stream->dictionary[column], needed, sizeof(duckdb_string_t));
        for (; *size < needed; (*size)++)
            stream->dictionary[column][*size] = view(&from->dictionary[*size]);
    }
    return stream->dictionary[column];
}

static void fill_codes(struct stream *stream, size_t column, const struct table_column *from,
                       size_t rows, duckdb_vector to)
{
    const int32_t *code = from->code + stream->at;
    duckdb_string_t *out = stream->duck->vector_get_data(to);
    int32_t largest = -1;
    bool missing = false;

    for (size_t i = 0; i < rows; i++) {
        largest = code[i] > largest ? code[i] : largest;
        missing |= code[i] < 0;
    }
    const duckdb_string_t *views = dictionary_views(stream, column, from, (size_t)(largest + 1));
    if (!missing) {
        for (size_t i = 0; i < rows; i++)
            out[i] = views[code[i]];
        return;
    }
    stream->duck->vector_ensure_validity_writable(to);
    uint64_t *validity = stream->duck->vector_get_validity(to);
    for (size_t i = 0; i < rows; i++) {
        if (code[i] >= 0)
            out[i] = views[code[i]];
        else
            set_invalid(validity, i);
    }
}

static void fill_column(struct stream *stream, size_t column, size_t rows, duckdb_vector to)
{
    const struct table_column *from = &stream->chunk.column[column];
    void *data = stream->duck->vector_get_data(to);
    const size_t at = stream->at;

    if (from->valid) {
        stream->duck->vector_ensure_validity_writable(to);
        uint64_t *validity = stream->duck->vector_get_validity(to);
        for (size_t i = 0; i < rows; i++)
            if (!table_is_valid(from, at + i))
                set_invalid(validity, i);
    }
    switch (from->type) {
    case TABLE_BOOL:
        memcpy(data, from->boolean + at, rows);
        break;
    case TABLE_INT64:
    case TABLE_TIME:
        memcpy(data, from->integer + at, rows * sizeof *from->integer);
        break;
    case TABLE_DOUBLE:
        memcpy(data, from->number + at, rows * sizeof *from->number);
        break;
    case TABLE_TEXT:
        for (size_t i = 0; i < rows; i++)
            if (table_is_valid(from, at + i))
                ((duckdb_string_t *)data)[i] = view(&from->text[at + i]);
        break;
    case TABLE_CODE:
        fill_codes(stream, column, from, rows, to);
        break;
    case TABLE_ANY:
        BUG("a column without a type");
    }
}

static void rows_function(duckdb_function_info info, duckdb_data_chunk output)
{
    struct error none = {0};
    const struct duckdb_api *duck = duckdb_api(&none);
    struct stream *stream = duck->function_get_extra_info(info);

    if (!stream->ended && stream->at == stream->chunk.rows) {
        stream->at = 0;
        stream->chunk.rows = 0;
        if (!interrupt_check("writing a table", &stream->error) ||
            !stream->next(stream->context, &stream->chunk, &stream->error)) {
            duck->function_set_error(info, "stopped");
            return;
        }
        stream->ended = stream->chunk.rows == 0;
        BUG_ON(!stream->ended && stream->chunk.count != stream->count);
    }
    const size_t left = stream->chunk.rows - stream->at, most = duck->vector_size();
    const size_t rows = left < most ? left : most;
    for (size_t i = 0; i < stream->count && rows; i++)
        fill_column(stream, i, rows, duck->data_chunk_get_vector(output, i));
    stream->at += rows;
    duck->data_chunk_set_size(output, rows);
}

/* The options of COPY for a file name; NULL when the format is not known. */
static const char *format_of(const char *path)
{
    static const struct {
        const char *end, *options;
    } formats[] = {
        {".parquet", "FORMAT parquet, COMPRESSION snappy"},
        {".csv", "FORMAT csv, HEADER"},
        {".csv.gz", "FORMAT csv, HEADER, COMPRESSION gzip"},
        {".tsv", "FORMAT csv, HEADER, DELIMITER '\t'"},
        {".tsv.gz", "FORMAT csv, HEADER, DELIMITER '\t', COMPRESSION gzip"},
        {".jsonl", "FORMAT json"},
        {".ndjson", "FORMAT json"},
        {".jsonl.gz", "FORMAT json, COMPRESSION gzip"},
        {".ndjson.gz", "FORMAT json, COMPRESSION gzip"},
    };

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (text_ends_with(path, formats[i].end))
            return formats[i].options;
    return NULL;
}

static bool register_rows(struct stream *stream, duckdb_connection connection, struct error *err)
{
    const struct duckdb_api *duck = stream->duck;
    duckdb_table_function function = duck->create_table_function();

    duck->table_function_set_name(function, "quern_rows");
    duck->table_function_set_extra_info(function, stream, NULL);
    duck->table_function_set_bind(function, bind);
    duck->table_function_set_init(function, init);
    duck->table_function_set_function(function, rows_function);
    const bool ok = duck->register_table_function(connection, function) == DuckDBSuccess;
    duck->destroy_table_function(&function);
    return ok || error_set(err, ERR_LIBRARY, "DuckDB refuses a table function");
}

static bool copy(struct stream *stream, const struct session *session, const char *partial,
                 const char *options, struct error *err)
{
    struct text sql = {0};
    duckdb_connection connection;
    duckdb_result result;

    if (!session_connect(session, &connection, err))
        return false;
    text_add_format(&sql, "COPY (SELECT * FROM quern_rows()) TO ");
    session_add_literal(&sql, partial);
    text_add_format(&sql, " (%s)", options);
    bool ok = register_rows(stream, connection, err);
    if (ok) {
        ok = session_query(stream->duck, connection, sql.bytes, &result, err);
        if (ok)
            stream->duck->destroy_result(&result);
        else if (stream->error.code != ERR_NONE)
            *err = stream->error; /* what the caller said, not what DuckDB made of it */
    }
    text_clear(&sql);
    stream->duck->disconnect(&connection);
    return ok;
}

static bool check_fields(const char *path, const struct table_field *fields, size_t count,
                         struct error *err)
{
    if (!format_of(path))
        return error_set(err, ERR_ARG,
                         "cannot write '%s': its name does not end in .parquet, .csv, .csv.gz, "
                         ".tsv or .jsonl",
                         path);
    if (count == 0 || count > TABLE_COLUMNS_MAX)
        return error_set(err, ERR_LIMIT, "cannot write '%s': %zu columns, 1 to %d are possible",
                         path, count, TABLE_COLUMNS_MAX);
    for (size_t i = 0; i < count && count <= 1000; i++)
        for (size_t j = 0; j < i; j++)
            if (strcasecmp(fields[i].name, fields[j].name) == 0)
                return error_set(err, ERR_ARG, "cannot write '%s': column '%s' comes twice", path,
                                 fields[i].name);
    return true;
}

bool table_stream_write_partial(const char *partial, const char *path,
                                const struct table_field *fields, size_t count, table_next next,
                                void *context, struct error *err)
{
    struct session session;

    if (!check_fields(path, fields, count, err) || !session_open(&session, err))
        return false;
    struct stream stream = {
        .duck = session.duck,
        .field = fields,
        .count = count,
        .next = next,
        .context = context,
        .dictionary = memory_take_zeroed(count, sizeof *stream.dictionary),
        .dictionary_of = memory_take_zeroed(count, sizeof *stream.dictionary_of),
        .dictionary_size = memory_take_zeroed(count, sizeof *stream.dictionary_size),
    };
    const bool ok = copy(&stream, &session, partial, format_of(path), err);
    if (!ok && stream.error.code == ERR_NONE)
        error_wrap(err, "cannot write '%s'", path);
    for (size_t i = 0; i < count; i++)
        free(stream.dictionary[i]);
    free(stream.dictionary);
    free(stream.dictionary_of);
    free(stream.dictionary_size);
    session_close(&session);
    if (!ok)
        unlink(partial);
    return ok;
}

bool table_stream_write(const char *path, const struct table_field *fields, size_t count,
                        table_next next, void *context, struct error *err)
{
    struct place place;

    if (!check_fields(path, fields, count, err) || !place_prepare(&place, path, err))
        return false;
    char *partial = file_partial_name(place.local);
    bool ok = table_stream_write_partial(partial, path, fields, count, next, context, err) &&
              file_publish(partial, place.local, err);
    free(partial);
    if (!ok)
        place_explain(&place, err);
    ok = ok && place_send(&place, err);
    place_clear(&place);
    return ok;
}
