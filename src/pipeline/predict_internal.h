/*
 * predict_internal — shared by the files of pipeline/predict.
 *
 *   predict.c         options, files in turn
 *   predict_files.c   which inputs there are, where each output goes
 *   predict_flow.c    blocks through threads, in order
 *   predict_text.c    blocks of CSV and JSON lines
 *   predict_table.c   blocks of Parquet, and Parquet out
 *   predict_write.c   blocks to text
 */
#ifndef QUERN_PIPELINE_PREDICT_INTERNAL_H
#define QUERN_PIPELINE_PREDICT_INTERNAL_H

#include "base/progress.h"
#include "base/text.h"
#include "pipeline/bundle.h"
#include "pipeline/predict.h"
#include "table/table.h"
#include "wire/csv.h"

#include <stdio.h>

enum {
    PREDICT_BLOCK_BYTES = 1 << 18,  /* of text at a time: its columns fit a core's cache */
    PREDICT_RECORD_MAX = 64 << 20,  /* a longer record of a text file is refused */
    PREDICT_WHOLE_MAX = 2047 << 20, /* of a text file that is one block */
    PREDICT_DEPTH = 64,             /* of nested JSON */
    PREDICT_FILES_MAX = 100000,
};

enum predict_format { PREDICT_CSV, PREDICT_JSONL, PREDICT_PARQUET };

/* Some rows on their way; used again and again. */
struct predict_block {
    struct text input;                 /* whole records of a text file */
    struct arena memory;               /* of everything below */
    struct wire_rows rows;             /* decoded; `rows.frame.rows` may be 0 */
    const struct table_string *record; /* [rows] as they stand in the file; only to join */
    const struct table_column *joined; /* Parquet: the input's columns, to join */
    struct frame answer;               /* the columns wanted */
    struct text output;                /* text to write */
    bool written;                      /* `output` is complete: no row is at fault */
    uint64_t position;                 /* in the input, for the progress bar */
    bool ok;
    struct error err;
};

/* What all files have in common. */
struct predict_job {
    const struct predict_options *options;
    struct bundle *bundle;
    struct schema wanted;              /* columns of an answer to write */
    size_t *column;                    /* [wanted.count] in bundle_output() */
    struct schema csv;                 /* the same for CSV output */
    size_t *csv_column;                /* [csv.count] in bundle_output() */
    size_t *csv_place;                 /* 0, 1, 2, ...: all of them, in order */
    struct pool *pool;                 /* of a bundle with histories */
    struct frame before;               /* rows of the table of earlier orders; 0 for none */
    struct predict_block before_block; /* that holds them */
    struct arena memory;
};

/* One input file and where its answers go. */
struct predict_file {
    const char *input, *output;
    const char *name; /* of the input in messages: the remote one of a copy */
    enum predict_format from, to;
};

/* The rows of one file. */
struct predict_source {
    const struct predict_job *job;
    const struct predict_file *file;
    uint64_t total; /* bytes, or rows of Parquet: 0 if unknown */
    /* text */
    void *stream; /* gzFile */
    struct text rest;
    bool ended, first, whole; /* whole: one block for all of the file */
    struct csv_layout layout;
    const char *header; /* the header line as it stands, or NULL */
    size_t header_length;
    /* Parquet */
    struct table_source *table;
    struct table_reader *reader;
    struct table_field *field; /* [used + joined]: used columns in the schema's order, then all */
    size_t used, joined;
    bool *there; /* [schema->count]: the file has the column, and it is used */
    uint64_t done;
    struct arena memory;
};

MUST_CHECK bool predict_source_open(struct predict_source *source, const struct predict_job *job,
                                    const struct predict_file *file, struct error *err);
void predict_source_close(struct predict_source *source);
/* The next block; *more is false at the end. One thread at a time. */
MUST_CHECK bool predict_source_next(struct predict_source *source, struct predict_block *block,
                                    bool *more, struct error *err);
/* Rows of a block, scored; on any thread. */
MUST_CHECK bool predict_block_score(const struct predict_source *source,
                                    struct predict_block *block, struct error *err);
void predict_block_clear(struct predict_block *block);

/* By the end of a file's name. ERR_ARG: none of ours. */
MUST_CHECK bool predict_format_of(const char *name, enum predict_format *format, struct error *err);

/* Earlier orders from `path` into job->before. */
MUST_CHECK bool predict_history_read(struct predict_job *job, const char *path, struct error *err);

/* Parts of the above. */
MUST_CHECK bool predict_text_open(struct predict_source *source, struct error *err);
MUST_CHECK bool predict_text_next(struct predict_source *source, struct predict_block *block,
                                  bool *more, struct error *err);
MUST_CHECK bool predict_text_decode(const struct predict_source *source,
                                    struct predict_block *block, struct error *err);
void predict_text_close(struct predict_source *source);
MUST_CHECK bool predict_table_open(struct predict_source *source, struct error *err);
MUST_CHECK bool predict_table_next(struct predict_source *source, struct predict_block *block,
                                   bool *more, struct error *err);
void predict_table_close(struct predict_source *source);

/* Append the answers of a block; `first` is the number of its first row in the file, from 0. */
void predict_write_block(const struct predict_source *source, const struct predict_block *block,
                         uint64_t first, struct text *out);
/* The header line of CSV output. */
void predict_write_header(const struct predict_source *source, struct text *out);

/*
 * Blocks in order: the consumer runs on the calling thread and asks for one after the other; it
 * has a block until it asks for the next, NULL at the end. When it returns, reading stops.
 */
struct predict_flow;
typedef bool (*predict_consume)(void *context, struct predict_flow *flow, struct error *err);
MUST_CHECK bool predict_flow_run(struct predict_source *source, size_t threads,
                                 predict_consume consumer, void *context, struct error *err);
MUST_CHECK bool predict_flow_next(struct predict_flow *flow, struct predict_block **block,
                                  struct error *err);

/* What a consumer does with a block before it writes it: rows and faults are counted, faults
 * reported or made an error. */
struct predict_output {
    struct predict_source *source;
    struct predict_result *result;
    struct progress *progress;
    FILE *errors; /* or NULL */
    uint64_t row; /* of the file, of the first row of the next block */
};
MUST_CHECK bool predict_output_note(struct predict_output *output,
                                    const struct predict_block *block, struct error *err);
/* Write everything to the Parquet file `path`; a consumer's work. */
MUST_CHECK bool predict_table_write(struct predict_output *output, struct predict_flow *flow,
                                    const char *path, struct error *err);

/* Inputs and outputs in pairs; lives in the job's memory. */
MUST_CHECK bool predict_files_list(struct predict_job *job, const char *input, const char *output,
                                   bool output_is_folder, struct predict_file **file, size_t *count,
                                   struct error *err);

#endif
