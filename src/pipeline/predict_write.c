/* predict_write — blocks scored, and their answers as text. */
#include "pipeline/predict_internal.h"

#include "wire/json_write.h"

#include <string.h>

/* The columns of `from` that `schema` wants. */
static struct frame pick(const struct frame *from, const struct schema *schema,
                         const size_t *column, struct arena *memory)
{
    struct frame_column *picked = ARENA_NEW(memory, struct frame_column, schema->count);

    for (size_t c = 0; c < schema->count; c++)
        picked[c] = from->column[column[c]];
    return (struct frame){schema, from->rows, picked};
}

bool predict_block_score(const struct predict_source *source, struct predict_block *block,
                         struct error *err)
{
    const struct predict_job *job = source->job;
    const bool csv = source->file->to == PREDICT_CSV;
    struct frame answer;

    if (source->file->from != PREDICT_PARQUET && !predict_text_decode(source, block, err))
        return error_wrap(err, "'%s'", source->file->name);
    block->rows.errors.memory = &block->memory;
    block->output.length = 0;
    block->written = true;
    if (block->rows.frame.rows == 0)
        return true;
    const struct bundle_call call = {.before = job->before.rows > 0 ? &job->before : NULL,
                                     .pool = job->pool,
                                     .explain = job->options->explain};
    bundle_apply_call(job->bundle, &block->rows.frame, &call, &answer, &block->rows.errors,
                      &block->memory);
    block->answer = pick(&answer, csv ? &job->csv : &job->wanted,
                         csv ? job->csv_column : job->column, &block->memory);
    /* A fault is written with its row's number, which only the one who takes the block knows. */
    block->written = block->rows.errors.count == 0;
    if (block->written && source->file->to != PREDICT_PARQUET)
        predict_write_block(source, block, 0, &block->output);
    return true;
}

void predict_block_clear(struct predict_block *block)
{
    text_clear(&block->input);
    text_clear(&block->output);
    arena_clear(&block->memory);
}

static void write_csv_row(const struct predict_source *source, const struct predict_block *block,
                          size_t row, struct text *out)
{
    const struct frame *answer = &block->answer;

    if (source->job->options->join) {
        text_add(out, block->record[row].bytes, block->record[row].length);
        text_add(out, ",", 1);
    }
    /* An empty line would be no row. */
    if (answer->schema->count == 1 && !source->job->options->join &&
        row_errors_find(&block->rows.errors, row))
        text_add(out, "\"\"\n", 3);
    else
        csv_write_row(out, answer, source->job->csv_place, answer->schema->count, row);
}

/* The object `record` without its last brace and what stands in front of that; false: it is none.
 */
static bool open_object(const struct table_string *record, size_t *length, bool *empty)
{
    size_t end = record->length;

    if (record->bytes[0] != '{' || record->bytes[end - 1] != '}')
        return false;
    for (end--; end > 1 && strchr(" \t", record->bytes[end - 1]); end--)
        continue;
    *length = end;
    *empty = end == 1;
    return true;
}

static void write_json_row(const struct predict_source *source, const struct predict_block *block,
                           size_t row, uint64_t first, struct text *out)
{
    const struct row_error *error = row_errors_find(&block->rows.errors, row);
    const struct table_string *record = block->record ? &block->record[row] : NULL;
    const bool join = source->job->options->join;
    size_t length;
    bool empty;

    if (join && open_object(record, &length, &empty)) {
        text_add(out, record->bytes, length);
        json_write_word(out, empty ? "\"SageMakerOutput\": " : ", \"SageMakerOutput\": ");
    } else if (join) {
        json_write_word(out, "{\"SageMakerInput\": ");
        text_add(out, record->bytes, record->length);
        json_write_word(out, ", \"SageMakerOutput\": ");
    }
    if (error)
        json_write_error(out, error, (size_t)first + row + 1);
    else
        json_write_row(out, &block->answer, row);
    json_write_word(out, join ? "}\n" : "\n");
}

void predict_write_block(const struct predict_source *source, const struct predict_block *block,
                         uint64_t first, struct text *out)
{
    for (size_t row = 0; row < block->rows.frame.rows; row++)
        if (source->file->to == PREDICT_CSV)
            write_csv_row(source, block, row, out);
        else
            write_json_row(source, block, row, first, out);
}

static void write_names(const struct schema *schema, struct text *out)
{
    for (size_t c = 0; c < schema->count; c++) {
        text_add(out, ",", c > 0);
        csv_write_field(out, schema->column[c].name, strlen(schema->column[c].name));
    }
}

void predict_write_header(const struct predict_source *source, struct text *out)
{
    if (source->job->options->join) {
        if (source->header)
            text_add(out, source->header, source->header_length);
        else
            write_names(bundle_input(source->job->bundle), out);
        text_add(out, ",", 1);
    }
    write_names(&source->job->csv, out);
    text_add(out, "\n", 1);
}
