/* predict_history — a table of earlier orders, whole in memory. */
#include "pipeline/predict_internal.h"

#include "wire/wire.h"

/* The rows of a block that has been read; its memory stays. */
static bool decode(const struct predict_source *source, struct predict_block *block,
                   struct error *err)
{
    if (source->file->from != PREDICT_PARQUET && !predict_text_decode(source, block, err))
        return false;
    return block->rows.errors.count == 0 || wire_row_error(&block->rows.errors, err);
}

/* Rows are views into the block, which lives as long as the job. */
static bool read_block(struct predict_job *job, struct predict_source *source, struct error *err)
{
    struct predict_block block = {0};
    bool more = false;

    if (!predict_source_next(source, &block, &more, err)) {
        predict_block_clear(&block);
        return false;
    }
    const bool ok = !more || decode(source, &block, err);
    if (ok && more)
        job->before = block.rows.frame;
    job->before_block = block;
    return ok;
}

bool predict_history_read(struct predict_job *job, const char *path, struct error *err)
{
    struct predict_file file = {.input = path, .name = path};
    struct predict_source source;

    if (!predict_format_of(path, &file.from, err))
        return false;
    file.to = file.from;
    if (!predict_source_open(&source, job, &file, err))
        return false;
    const bool ok = read_block(job, &source, err) || error_wrap(err, "--history '%s'", path);
    predict_source_close(&source);
    return ok;
}
