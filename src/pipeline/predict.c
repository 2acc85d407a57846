#include "pipeline/predict_internal.h"

#include "base/file.h"
#include "base/interrupt.h"
#include "base/pool.h"
#include "pipeline/registry.h"
#include "remote/place.h"
#include "wire/json_write.h"

#include <string.h>

bool predict_source_open(struct predict_source *source, const struct predict_job *job,
                         const struct predict_file *file, struct error *err)
{
    *source = (struct predict_source){
        .job = job, .file = file, .whole = bundle_has_histories(job->bundle)};
    if (file->from == PREDICT_PARQUET ? predict_table_open(source, err)
                                      : predict_text_open(source, err))
        return true;
    predict_source_close(source);
    return false;
}

void predict_source_close(struct predict_source *source)
{
    predict_text_close(source);
    predict_table_close(source);
    arena_clear(&source->memory);
    *source = (struct predict_source){0};
}

bool predict_source_next(struct predict_source *source, struct predict_block *block, bool *more,
                         struct error *err)
{
    arena_reset(&block->memory);
    block->rows = (struct wire_rows){.errors = {.memory = &block->memory}};
    return source->file->from == PREDICT_PARQUET ? predict_table_next(source, block, more, err)
                                                 : predict_text_next(source, block, more, err);
}

static void write_fault(const struct predict_output *output, const struct row_error *fault)
{
    const char *file = output->source->file->name;
    struct text line = {0};

    json_write_word(&line, "{\"file\": ");
    json_write_string(&line, file, strlen(file));
    json_write_word(&line, ", \"fault\": ");
    json_write_error(&line, fault, (size_t)output->row + fault->row + 1);
    json_write_word(&line, "}\n");
    fwrite(line.bytes, 1, line.length, output->errors);
    text_clear(&line);
}

static bool fail_fault(const struct predict_output *output, const struct row_error *fault,
                       struct error *err)
{
    const unsigned long long row = output->row + fault->row + 1;

    if (fault->column)
        return error_set(err, ERR_DATA, "'%s': row %llu, column '%.100s': %.300s",
                         output->source->file->name, row, fault->column, fault->text);
    return error_set(err, ERR_DATA, "'%s': row %llu %.300s", output->source->file->name, row,
                     fault->text);
}

bool predict_output_note(struct predict_output *output, const struct predict_block *block,
                         struct error *err)
{
    const struct predict_options *options = output->source->job->options;
    const struct row_errors *faults = &block->rows.errors;
    const size_t rows = block->rows.frame.rows;

    if (!interrupt_check("scoring", err))
        return false;
    for (size_t row = 0; faults->count > 0 && row < rows; row++) {
        const struct row_error *fault = row_errors_find(faults, row);
        if (fault && !options->errors && !options->skip_errors)
            return fail_fault(output, fault, err);
        if (fault && output->errors)
            write_fault(output, fault);
    }
    output->row += rows;
    output->result->rows += rows;
    output->result->faults += faults->count;
    progress_update(output->progress, block->position, NULL);
    return true;
}

/* One file being written. */
struct target {
    struct predict_output output;
    const char *path;
};

static bool write_text(struct target *target, struct predict_flow *flow, FILE *stream,
                       struct error *err)
{
    const struct predict_source *source = target->output.source;
    struct predict_block *block;

    /* The header needs the input's, which is known with the first block. */
    for (bool first = true;; first = false) {
        if (!predict_flow_next(flow, &block, err))
            return false;
        if (first && source->job->options->header && source->file->to == PREDICT_CSV) {
            struct text line = {0};
            predict_write_header(source, &line);
            fwrite(line.bytes, 1, line.length, stream);
            text_clear(&line);
        }
        if (!block)
            return true;
        const uint64_t row = target->output.row;
        if (!predict_output_note(&target->output, block, err))
            return false;
        if (!block->written) {
            block->output.length = 0;
            predict_write_block(source, block, row, &block->output);
        }
        const struct text *text = &block->output;
        if (text->length > 0 && fwrite(text->bytes, 1, text->length, stream) != text->length)
            return error_set(err, ERR_IO, "cannot write '%s'", target->path);
    }
}

static bool consume(void *context, struct predict_flow *flow, struct error *err)
{
    struct target *target = context;
    struct file_writer writer;

    if (target->output.source->file->to == PREDICT_PARQUET)
        return predict_table_write(&target->output, flow, target->path, err);
    if (!file_writer_open(&writer, target->path, err))
        return false;
    setvbuf(writer.stream, NULL, _IONBF, 0); /* blocks are large */
    if (write_text(target, flow, writer.stream, err))
        return file_writer_commit(&writer, err);
    file_writer_discard(&writer);
    return false;
}

static bool predict_one(const struct predict_job *job, const struct predict_file *file,
                        FILE *errors, struct predict_result *result, struct error *err)
{
    const struct predict_options *options = job->options;
    struct predict_source source;
    struct progress progress;
    char label[64], done[64];
    const uint64_t before = result->rows;

    if (!predict_source_open(&source, job, file, err))
        return false;
    snprintf(label, sizeof label, "predict %.50s", file_base_name(file->name));
    progress_begin(&progress, label, source.total, options->quiet);
    struct target target = {.output = {&source, result, &progress, errors, 0},
                            .path = file->output};
    file_remove_dead_partials(file->output); /* of one that was killed */
    const bool ok =
        file_make_parents(file->output, err) &&
        predict_flow_run(&source, options->threads ? options->threads : pool_processors(), consume,
                         &target, err);
    if (ok) {
        snprintf(done, sizeof done, "%llu rows", (unsigned long long)(result->rows - before));
        progress_end(&progress, done);
        result->files++;
    } else {
        progress_cancel(&progress);
    }
    predict_source_close(&source);
    return ok;
}

static const struct schema *answer_of(const struct predict_job *job)
{
    return job->options->explain ? bundle_explained(job->bundle) : bundle_output(job->bundle);
}

/* "label,score": each must be a column of the answer. */
static bool parse_columns(struct predict_job *job, struct error *err)
{
    const struct schema *output = answer_of(job);
    const char *at = job->options->columns;
    struct text names = {0};

    for (size_t c = 0; c < output->count && names.length < 200; c++)
        text_add_format(&names, "%s%.60s", c ? ", " : "", output->column[c].name);
    while (*at) {
        const size_t length = strcspn(at, ",");
        const size_t c = schema_find(output, at, length);
        if (c == SIZE_MAX || job->wanted.count == output->count) {
            error_set(err, ERR_ARG,
                      "--columns: the answer has no column '%.*s' (or has it once); "
                      "it has: %s",
                      length < 100 ? (int)length : 100, at, names.bytes);
            text_clear(&names);
            return false;
        }
        job->column[job->wanted.count++] = c;
        at += length + (at[length] == ',');
    }
    text_clear(&names);
    return job->wanted.count > 0 || error_set(err, ERR_ARG, "--columns names no column");
}

static void name_columns(struct schema *schema, const struct schema *output, const size_t *column,
                         size_t count, struct arena *memory)
{
    struct schema_column *named = ARENA_NEW(memory, struct schema_column, count);

    for (size_t c = 0; c < count; c++)
        named[c] = output->column[column[c]];
    *schema = (struct schema){count, named};
}

/* Columns of a bare CSV answer, and those of the explanation behind them. */
static const size_t *explained_columns(struct predict_job *job, const size_t *csv, size_t *count)
{
    const size_t plain = bundle_output(job->bundle)->count;
    const size_t all = bundle_explained(job->bundle)->count;
    size_t *column = ARENA_NEW(&job->memory, size_t, *count + all);

    memcpy(column, csv, *count * sizeof *csv);
    for (size_t c = plain; c < all; c++)
        column[(*count)++] = c;
    return column;
}

static bool choose_columns(struct predict_job *job, struct error *err)
{
    const struct schema *output = answer_of(job);
    const size_t *csv;
    size_t count = bundle_csv_columns(job->bundle, &csv);

    if (job->options->explain)
        csv = explained_columns(job, csv, &count);

    job->column = ARENA_NEW(&job->memory, size_t, output->count);
    job->csv_place = ARENA_NEW(&job->memory, size_t, output->count);
    for (size_t c = 0; c < output->count; c++)
        job->csv_place[c] = c;
    if (job->options->columns) {
        if (!parse_columns(job, err))
            return false;
        csv = job->column;
        count = job->wanted.count;
    } else {
        for (size_t c = 0; c < output->count; c++)
            job->column[job->wanted.count++] = c;
    }
    job->csv_column = ARENA_NEW(&job->memory, size_t, count);
    memcpy(job->csv_column, csv, count * sizeof *csv);
    name_columns(&job->wanted, output, job->column, job->wanted.count, &job->memory);
    name_columns(&job->csv, output, job->csv_column, count, &job->memory);
    return true;
}

static bool predict_all(const struct predict_job *job, const struct predict_file *file,
                        size_t count, const char *errors, struct predict_result *result,
                        struct error *err)
{
    struct file_writer writer = {0};
    bool ok = true;

    if (errors)
        file_remove_dead_partials(errors);
    if (errors && (!file_make_parents(errors, err) || !file_writer_open(&writer, errors, err)))
        return false;
    for (size_t i = 0; ok && i < count; i++)
        ok = predict_one(job, &file[i], writer.stream, result, err);
    if (ok && errors)
        return file_writer_commit(&writer, err);
    file_writer_discard(&writer);
    return ok;
}

/* The local side of what may be remote. */
struct places {
    struct place input, output, errors, history;
    bool output_is_folder;
};

/* Without --output the answers to a remote input go beside it. */
static bool prepare_output(struct places *places, const struct predict_options *options,
                           struct error *err)
{
    const char *output = options->output;
    char *beside = NULL;

    if (!output && place_is_remote(options->input)) {
        beside = file_join(NULL, options->input);
        if (!file_is_folder(places->input.local))
            beside[file_base_name(beside) - beside] = '\0';
        output = beside;
        places->output_is_folder = true;
    } else if (output) {
        const size_t length = strlen(output);
        places->output_is_folder = length > 0 && output[length - 1] == '/';
    }
    const bool ok = !output || place_prepare(&places->output, output, err);
    free(beside);
    return ok;
}

static void name_files(const struct places *places, struct predict_file *file, size_t count,
                       struct arena *memory)
{
    char name[4096];

    for (size_t i = 0; i < count; i++) {
        place_name(&places->input, file[i].input, name, sizeof name);
        file[i].name = arena_string(memory, name, strlen(name));
    }
}

static bool predict_places(struct predict_job *job, struct places *places,
                           struct predict_result *result, struct error *err)
{
    const struct predict_options *options = job->options;
    struct predict_file *file;
    size_t count;

    if (!choose_columns(job, err) || !place_fetch(&places->input, options->input, err) ||
        !prepare_output(places, options, err) ||
        (options->errors && !place_prepare(&places->errors, options->errors, err)))
        return false;
    if (!predict_files_list(job, places->input.local, places->output.local,
                            places->output_is_folder, &file, &count, err))
        return place_explain(&places->input, err);
    name_files(places, file, count, &job->memory);
    return (predict_all(job, file, count, places->errors.local, result, err) ||
            place_explain(&places->input, err)) &&
           (!places->output.local || place_send(&places->output, err)) &&
           (!places->errors.local || place_send(&places->errors, err));
}

/* What only orders with histories have. */
static bool prepare_histories(struct predict_job *job, struct places *places, struct error *err)
{
    const struct predict_options *options = job->options;

    if (!bundle_has_histories(job->bundle)) {
        if (options->history || options->explain)
            return error_set(err, ERR_ARG, "--%s: the bundle has no histories",
                             options->history ? "history" : "explain");
        return true;
    }
    job->pool = pool_new(options->threads ? options->threads : pool_processors());
    return !options->history || (place_fetch(&places->history, options->history, err) &&
                                 (predict_history_read(job, places->history.local, err) ||
                                  place_explain(&places->history, err)));
}

static bool open_bundle(struct predict_job *job, struct error *err)
{
    const struct predict_options *options = job->options;
    struct registry_version found;

    if (!registry_is_address(options->bundle))
        return bundle_open(&job->bundle, options->bundle, err);
    if (!registry_resolve(&found, options->registry ? options->registry : registry_default(),
                          options->bundle, err))
        return false;
    const bool ok = bundle_open(&job->bundle, found.bundle, err);
    registry_version_clear(&found);
    return ok;
}

bool predict_run(const struct predict_options *options, struct predict_result *result,
                 struct error *err)
{
    struct predict_job job = {.options = options};
    struct places places = {0};

    *result = (struct predict_result){0};
    if (!open_bundle(&job, err))
        return false;
    const bool ok =
        prepare_histories(&job, &places, err) && predict_places(&job, &places, result, err);
    pool_free(job.pool);
    predict_block_clear(&job.before_block);
    place_clear(&places.history);
    place_clear(&places.input);
    place_clear(&places.output);
    place_clear(&places.errors);
    bundle_close(job.bundle);
    arena_clear(&job.memory);
    return ok;
}
