/* predict_table — blocks of Parquet files, and answers as Parquet. */
#include "pipeline/predict_internal.h"

#include "base/file.h"
#include "table/reader.h"
#include "table/writer.h"
#include "wire/rows.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

/* How a column is read: numbers as doubles where that is exact, what else it is as it is. */
static enum table_type wish_for(enum schema_kind kind, enum table_type type)
{
    if (kind == SCHEMA_TEXT || kind == SCHEMA_LIST)
        return TABLE_TEXT;
    return type == TABLE_BOOL || type == TABLE_TEXT ? type : TABLE_DOUBLE;
}

static bool has_lists(const struct table_source *source, const struct schema *schema)
{
    struct error absent = {0};

    for (size_t c = 0; c < schema->count; c++)
        if (schema->column[c].kind == SCHEMA_LIST &&
            table_source_column(source, schema->column[c].name, &absent))
            return true;
    return false;
}

static bool choose_fields(struct predict_source *source, struct error *err)
{
    const struct schema *schema = bundle_input(source->job->bundle);
    const size_t all = source->job->options->join ? source->table->column_count : 0;

    const bool lists = has_lists(source->table, schema);

    source->there = ARENA_ZERO(&source->memory, bool, schema->count + 1);
    source->field = ARENA_ZERO(&source->memory, struct table_field, schema->count + all + 1);
    for (size_t c = 0; c < schema->count; c++) {
        struct error absent = {0};
        if (schema->column[c].kind == SCHEMA_IGNORED)
            continue;
        const struct source_column *column =
            table_source_column(source->table, schema->column[c].name, &absent);
        if (!column && !schema_requires(&schema->column[c], lists))
            continue;
        if (!column) {
            *err = absent;
            return false;
        }
        source->there[c] = true;
        source->field[source->used++] =
            (struct table_field){column->name, wish_for(schema->column[c].kind, column->type)};
    }
    for (size_t c = 0; c < all; c++)
        source->field[source->used + source->joined++] =
            (struct table_field){source->table->column[c].name, source->table->column[c].type};
    return true;
}

bool predict_table_open(struct predict_source *source, struct error *err)
{
    if (source->whole && source->job->options->join)
        return error_set(err, ERR_ARG, "--join: not of Parquet with a bundle that has histories");
    if (!table_source_open(&source->table, source->file->input, err) ||
        !choose_fields(source, err) ||
        !table_reader_open(&source->reader, source->table, source->field,
                           source->used + source->joined, err))
        return false;
    source->total = source->table->rows > 0 ? (uint64_t)source->table->rows : 0;
    return true;
}

void predict_table_close(struct predict_source *source)
{
    table_reader_close(source->reader);
    table_source_close(source->table);
}

static void put_number(struct rows *rows, size_t row, size_t column, double value)
{
    if (isinf(value))
        rows_fault(rows, row, column, "is not finite");
    rows->column[column].number[row] = value;
}

/* Cell `at` of a chunk. */
static void put_cell(struct rows *rows, size_t row, size_t column, const struct table_column *from,
                     size_t at)
{
    if (!table_is_valid(from, at))
        rows_missing(rows, row, column);
    else if (from->type == TABLE_DOUBLE)
        put_number(rows, row, column, from->number[at]);
    else if (from->type == TABLE_BOOL)
        put_number(rows, row, column, from->boolean[at]);
    else if (rows->column[column].number)
        rows_number_of(rows, row, column, from->text[at].bytes, from->text[at].length);
    else
        rows_text_of(rows, row, column,
                     arena_string(rows->memory, from->text[at].bytes, from->text[at].length),
                     from->text[at].length);
}

static struct table_string *copy_texts(const struct table_column *from, size_t rows,
                                       struct arena *memory)
{
    struct table_string *copy = ARENA_ZERO(memory, struct table_string, rows);

    for (size_t row = 0; row < rows; row++)
        if (table_is_valid(from, row))
            copy[row] = (struct table_string){
                arena_string(memory, from->text[row].bytes, from->text[row].length),
                from->text[row].length};
    return copy;
}

/* A chunk's column in memory of the block: a chunk is gone when the next one is read. */
static struct table_column copy_column(const struct table_column *from, size_t rows,
                                       struct arena *memory)
{
    struct table_column copy = *from;
    const size_t words = (rows + 63) / 64;

    if (from->type == TABLE_TEXT)
        copy.text = copy_texts(from, rows, memory);
    else if (from->type == TABLE_BOOL)
        copy.boolean = memcpy(arena_take(memory, rows, 1), from->boolean, rows);
    else /* eight bytes each */
        copy.number =
            memcpy(arena_take(memory, rows, sizeof(double)), from->number, rows * sizeof(double));
    if (from->valid)
        copy.valid =
            memcpy(ARENA_NEW(memory, uint64_t, words), from->valid, words * sizeof(uint64_t));
    return copy;
}

/* Append the rows of a chunk. */
static bool add_chunk(const struct predict_source *source, const struct table_chunk *chunk,
                      struct rows *rows, struct error *err)
{
    const struct schema *schema = rows->schema;
    const size_t first = rows->count;

    for (size_t row = 0; row < chunk->rows; row++)
        if (!rows_begin(rows, err))
            return false;
    for (size_t c = 0, from = 0; c < schema->count; c++) {
        if (!source->there[c])
            continue;
        for (size_t row = 0; row < chunk->rows; row++)
            put_cell(rows, first + row, c, &chunk->column[from], row);
        from++;
    }
    return true;
}

static void join_chunk(const struct predict_source *source, const struct table_chunk *chunk,
                       struct predict_block *block)
{
    struct table_column *joined = ARENA_NEW(&block->memory, struct table_column, source->joined);

    for (size_t c = 0; c < source->joined; c++)
        joined[c] = copy_column(&chunk->column[source->used + c], chunk->rows, &block->memory);
    block->joined = joined;
}

bool predict_table_next(struct predict_source *source, struct predict_block *block, bool *more,
                        struct error *err)
{
    const struct schema *schema = bundle_input(source->job->bundle);
    const struct wire_limits limits = {.rows = SIZE_MAX};
    struct table_chunk chunk;
    struct rows rows;

    if (!table_reader_next(source->reader, &chunk, err))
        return false;
    *more = chunk.rows > 0;
    if (!*more)
        return true;
    rows_init(&rows, schema, &limits, source->whole ? source->total : chunk.rows,
              &block->rows.errors, &block->memory);
    join_chunk(source, &chunk, block);
    do {
        if (!add_chunk(source, &chunk, &rows, err))
            return false;
        source->done += chunk.rows;
        if (!source->whole || !table_reader_next(source->reader, &chunk, err))
            break;
    } while (chunk.rows > 0);
    block->position = source->done;
    return err->code == ERR_NONE && rows_finish(&rows, &block->rows, err);
}

static const uint64_t *find_missing(const struct frame_column *column, size_t rows,
                                    struct arena *memory)
{
    uint64_t *valid = ARENA_ZERO(memory, uint64_t, (rows + 63) / 64);
    bool all = true;

    for (size_t row = 0; row < rows; row++) {
        const bool there =
            column->number ? !isnan(column->number[row]) : column->text[row].bytes != NULL;
        valid[row / 64] |= (uint64_t)there << (row % 64);
        all = all && there;
    }
    return all ? NULL : valid;
}

/* Blocks on their way into a file. */
struct table_output {
    struct predict_output *output;
    struct predict_flow *flow;
};

static bool give_chunk(void *context, struct table_chunk *chunk, struct error *err)
{
    struct table_output *out = context;
    const struct predict_source *source = out->output->source;
    struct predict_block *block;

    *chunk = (struct table_chunk){0};
    do {
        if (!predict_flow_next(out->flow, &block, err))
            return false;
        if (!block)
            return true;
        if (!predict_output_note(out->output, block, err))
            return false;
    } while (block->rows.frame.rows == 0);

    const struct frame *answer = &block->answer;
    const size_t count = source->joined + answer->schema->count;
    struct table_column *column = ARENA_ZERO(&block->memory, struct table_column, count);
    if (source->joined > 0)
        memcpy(column, block->joined, source->joined * sizeof *column);
    for (size_t c = 0; c < answer->schema->count; c++) {
        const struct frame_column *from = &answer->column[c];
        struct table_column *to = &column[source->joined + c];
        to->name = answer->schema->column[c].name;
        to->valid = find_missing(from, answer->rows, &block->memory);
        if (from->number) {
            to->type = TABLE_DOUBLE;
            to->number = from->number;
        } else {
            to->type = TABLE_TEXT;
            to->text = from->text;
        }
    }
    *chunk = (struct table_chunk){answer->rows, count, column};
    return true;
}

bool predict_table_write(struct predict_output *output, struct predict_flow *flow, const char *path,
                         struct error *err)
{
    struct predict_source *source = output->source;
    const struct schema *wanted = &source->job->wanted;
    struct table_output out = {output, flow};
    /* Not from the source's arena: another thread is reading the source. */
    struct table_field *field = memory_take_zeroed(source->joined + wanted->count, sizeof *field);

    for (size_t c = 0; c < source->joined; c++)
        field[c] = source->field[source->used + c];
    for (size_t c = 0; c < wanted->count; c++)
        field[source->joined + c] = (struct table_field){
            wanted->column[c].name,
            wanted->column[c].kind == SCHEMA_NUMBER ? TABLE_DOUBLE : TABLE_TEXT};
    /* The name may end in ".out", which says nothing to the writer. */
    char *partial = file_partial_name(path);
    const bool ok =
        table_stream_write_partial(partial, "answers.parquet", field,
                                   source->joined + wanted->count, give_chunk, &out, err) &&
        file_publish(partial, path, err);
    if (!ok)
        unlink(partial);
    free(partial);
    free(field);
    return ok;
}
