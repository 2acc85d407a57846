/*
 * bench_incremental fit FILE THREADS — the incremental model of a table of impressions, with the
 * logit link: seconds to read it and seconds to fit, as a JSON line.
 *
 * bench_incremental matrix FILE FOLDER — the same, and what a program that knows nothing of
 * impressions needs to fit the same model, in FOLDER:
 *
 *   dense.bin     double [impressions][dense]   controls of every impression
 *   offset.bin    int64 [impressions + 1]       where the other features of an impression begin
 *   index.bin     int32                         their parameters
 *   value.bin     double                        their values
 *   outcome.bin   uint8 [impressions]
 *   ridge.bin     double [parameters]
 *   bounded.bin   uint8 [parameters]            1: not below zero
 */
#include "incremental/fit.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
    struct exposure_log log;
    struct incremental_fit fit;
    double read_seconds, fit_seconds;
};

static bool run_fit(struct bench *b, const char *path, size_t threads, struct error *err)
{
    struct journey_config table;
    struct incremental_config config;
    const double started = clock_seconds();

    config_defaults(&table, journey_source_fields);
    config_defaults(&config, incremental_fields);
    table.path = path;
    config.link = INCREMENTAL_LOGIT;
    if (!exposure_log_read(&b->log, &table, err))
        return false;
    b->read_seconds = clock_seconds() - started;
    struct pool *pool = pool_new(threads);
    const bool ok = incremental_fit_run(&b->fit, &b->log, &config, pool, err);
    b->fit_seconds = clock_seconds() - started - b->read_seconds;
    pool_free(pool);
    return ok;
}

enum output { DENSE, OFFSET, INDEX, VALUE, OUTCOME, OUTPUTS };

static FILE *open_output(const char *folder, const char *name)
{
    char *path = file_join(folder, name);
    FILE *file = fopen(path, "wb");

    if (!file) {
        fprintf(stderr, "bench_incremental: cannot write '%s'\n", path);
        exit(1);
    }
    free(path);
    return file;
}

static void put(FILE *file, const void *bytes, size_t size, size_t count)
{
    if (count > 0 && fwrite(bytes, size, count, file) != count) {
        fprintf(stderr, "bench_incremental: the disk does not take it\n");
        exit(1);
    }
}

static void close_output(FILE *file)
{
    if (fclose(file) != 0) {
        fprintf(stderr, "bench_incremental: the disk does not take it\n");
        exit(1);
    }
}

static void put_user(FILE *const file[OUTPUTS], struct incremental_user *user, size_t u,
                     int64_t *stored)
{
    const size_t dense = user->design->dense;

    incremental_user_begin(user, u);
    while (incremental_user_next(user)) {
        put(file[DENSE], user->x, sizeof(double), dense);
        put(file[INDEX], user->index + dense, sizeof *user->index, user->size - dense);
        put(file[VALUE], user->x + dense, sizeof(double), user->size - dense);
        put(file[OUTCOME], &user->log->conversion[user->at], 1, 1);
        *stored += (int64_t)(user->size - dense);
        put(file[OFFSET], stored, sizeof *stored, 1);
    }
}

static void write_matrix(const struct bench *b, const char *folder)
{
    static const char *const name[OUTPUTS] = {"dense.bin", "offset.bin", "index.bin", "value.bin",
                                              "outcome.bin"};
    const struct incremental_design *design = &b->fit.design;
    struct incremental_user user;
    int64_t stored = 0;
    FILE *file[OUTPUTS], *small;

    for (size_t i = 0; i < OUTPUTS; i++)
        file[i] = open_output(folder, name[i]);
    put(file[OFFSET], &stored, sizeof stored, 1);
    incremental_user_init(&user, &b->log, design);
    for (size_t u = 0; u < b->log.users; u++)
        put_user(file, &user, u, &stored);
    incremental_user_clear(&user);
    for (size_t i = 0; i < OUTPUTS; i++)
        close_output(file[i]);
    small = open_output(folder, "ridge.bin");
    put(small, b->fit.ridge, sizeof(double), design->count);
    close_output(small);
    small = open_output(folder, "bounded.bin");
    put(small, b->fit.bounded, 1, design->count);
    close_output(small);
}

static bool threads_of(const char *text, size_t *threads)
{
    int64_t value;

    if (!text_to_int64(text, strlen(text), &value) || value < 1 || value > POOL_MAX)
        return false;
    *threads = (size_t)value;
    return true;
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    struct error err = {0};
    size_t threads = 1;
    const bool matrix = argc == 4 && strcmp(argv[1], "matrix") == 0;

    if (!matrix && (argc != 4 || strcmp(argv[1], "fit") != 0 || !threads_of(argv[3], &threads))) {
        fprintf(stderr, "usage: bench_incremental fit FILE THREADS | matrix FILE FOLDER\n");
        return 2;
    }
    if ((matrix && !file_make_folders(argv[3], &err)) || !run_fit(&b, argv[2], threads, &err)) {
        fprintf(stderr, "bench_incremental: %s\n", err.text);
        exposure_log_clear(&b.log);
        return error_exit_status(&err);
    }
    if (matrix)
        write_matrix(&b, argv[3]);
    printf("{\"impressions\": %zu, \"conversions\": %zu, \"parameters\": %zu, \"dense\": %zu, "
           "\"read_seconds\": %.3f, \"fit_seconds\": %.3f, \"steps\": %zu, \"value\": %.9f}\n",
           b.log.impressions, b.log.conversions, b.fit.design.count, b.fit.design.dense,
           b.read_seconds, b.fit_seconds, b.fit.steps, b.fit.value);
    incremental_fit_clear(&b.fit);
    exposure_log_clear(&b.log);
    return 0;
}
