/*
 * predict — score files with a bundle: rows in, the same rows' answers out, in the same order.
 *
 *   input    .csv .csv.gz .jsonl .ndjson (also .gz) .parquet; a glob, or a folder of such files
 *   output   .csv, .jsonl or .parquet by its name; "x.csv.out" is as "x.csv", other names are CSV
 *
 * CSV and JSON lines are read and written by the same code as request bodies (wire/wire.h), and
 * every row is scored by bundle_apply(): an answer is bit for bit that of the server.
 *
 * Files are read in blocks that several threads score; blocks are written in order, so the number
 * of threads changes nothing but the time. Memory is bounded by the blocks in flight. An output
 * appears whole or not at all.
 *
 * With a bundle that has histories a file is one block, because a row's answer depends on the
 * earlier rows.
 */
#ifndef QUERN_PIPELINE_PREDICT_H
#define QUERN_PIPELINE_PREDICT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct predict_options {
    const char *bundle;   /* folder, .tar.gz, s3://, or registry:NAME@ALIAS */
    const char *registry; /* where that is looked up; NULL: registry_default() */
    const char *input;
    /* File, or folder for several inputs; NULL: NAME.out beside each input. */
    const char *output;
    /* "label,score"; NULL: those of a CSV answer in CSV, else all. */
    const char *columns;
    /* Of a bundle with histories: a table of earlier orders, and whether attention is answered too.
     */
    const char *history;
    bool explain;
    /* Put the input in front: CSV its fields as they are, Parquet its columns; JSON lines
     * get the answer as key SageMakerOutput. Input and output must have the same format. */
    bool join;
    bool header; /* of CSV output */
    /* Rows at fault do not fail the run: they go to this file as JSON lines, or nowhere. */
    const char *errors;
    bool skip_errors;
    size_t threads; /* 0: one per processor */
    bool quiet;
};

struct predict_result {
    uint64_t rows, faults;
    size_t files;
};

/*
 * ERR_ARG   no such column; history, attention or a join that bundle or format has not; output is
 *           the input; a format that is none
 * ERR_DATA  a row at fault, named with its file; an input that cannot be read
 */
MUST_CHECK bool predict_run(const struct predict_options *options, struct predict_result *result,
                            struct error *err);

#endif
