/*
 * bench_training JOURNEYS THREADS EPOCHS — journeys per second of training.
 *
 * JOURNEYS is the text of bench/make_training_journeys.py: a journey a line, 1 or 0 for converted,
 * then its campaigns as numbers from 0. The network is that of the attribution app's defaults, as
 * in bench/peers/training_torch.py: embedding 20, LSTM 64, batch 64, dropout 0.1, oversampling.
 * Prints one JSON line; the figure is the median over the epochs after the first, of training steps
 * alone (evaluation after an epoch is not in it).
 */
#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "base/file.h"
#include "base/pool.h"
#include "base/text.h"
#include "model/journey_attention.h"
#include "model/train_config.h"
#include "sequence/journey_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LENGTH = 10, BATCH = 64, FILE_MAX = 1 << 28, CAMPAIGNS_MAX = 100000 };

/* A journey set and the memory it views. */
struct journeys {
    struct journey_set set;
    uint64_t *offset, *entity;
    int32_t *token;
    int64_t *time, *id;
    uint8_t *converted, *split;
    uint32_t *row;
    const char **campaign;
};

static void journeys_clear(struct journeys *journeys)
{
    free(journeys->offset);
    free(journeys->entity);
    free(journeys->token);
    free(journeys->time);
    free(journeys->id);
    free(journeys->converted);
    free(journeys->split);
    free(journeys->row);
    free(journeys->campaign);
}

/* A text of `size` bytes has at most so many journeys and impressions. */
static void journeys_take(struct journeys *journeys, size_t size)
{
    journeys->offset = memory_take_zeroed(size + 1, sizeof *journeys->offset);
    journeys->entity = memory_take_zeroed(size, sizeof *journeys->entity);
    journeys->token = memory_take_zeroed(size, sizeof *journeys->token);
    journeys->time = memory_take_zeroed(size, sizeof *journeys->time);
    journeys->id = memory_take_zeroed(size, sizeof *journeys->id);
    journeys->converted = memory_take_zeroed(size, 1);
    journeys->split = memory_take_zeroed(size, 1);
    journeys->row = memory_take_zeroed(size, sizeof *journeys->row);
}

static bool add_line(struct journeys *journeys, const char *line, size_t length, struct error *err)
{
    const size_t row = journeys->set.count;
    size_t next = journeys->offset[row];

    for (size_t field = 0, at = 0; at < length; field++) {
        const char *space = memchr(line + at, ' ', length - at);
        const size_t end = space ? (size_t)(space - line) : length;
        int64_t value;

        if (!text_to_int64(line + at, end - at, &value) || value < 0 || value >= CAMPAIGNS_MAX)
            return error_set(err, ERR_DATA, "line %zu: not a journey", row + 1);
        at = end + 1;
        if (field == 0) {
            journeys->converted[row] = value != 0;
            continue;
        }
        journeys->time[next] = (int64_t)field;
        journeys->token[next++] = (int32_t)value;
        if ((size_t)value >= journeys->set.campaigns)
            journeys->set.campaigns = (size_t)value + 1;
    }
    const size_t steps = next - journeys->offset[row];
    if (steps == 0 || steps > MAX_LENGTH)
        return error_set(err, ERR_DATA, "line %zu: %zu impressions, not 1 to %d", row + 1, steps,
                         MAX_LENGTH);
    journeys->id[row] = (int64_t)journeys->offset[row];
    journeys->entity[row] = row;
    journeys->row[row] = (uint32_t)row;
    journeys->offset[row + 1] = next;
    journeys->set.count++;
    return true;
}

static bool journeys_read(struct journeys *journeys, const char *path, struct error *err)
{
    char *text = NULL;
    size_t size = 0;
    bool ok = true;

    if (!file_read(path, FILE_MAX, &text, &size, err))
        return false;
    journeys_take(journeys, size + 1);
    for (size_t at = 0; ok && at < size;) {
        const char *newline = memchr(text + at, '\n', size - at);
        const size_t end = newline ? (size_t)(newline - text) : size;

        ok = add_line(journeys, text + at, end - at, err) || error_wrap(err, "'%s'", path);
        at = end + 1;
    }
    free(text);
    journeys->campaign = memory_take(journeys->set.campaigns + 1, sizeof *journeys->campaign);
    for (size_t i = 0; i < journeys->set.campaigns; i++)
        journeys->campaign[i] = "campaign";
    journeys->set = (struct journey_set){
        .count = journeys->set.count,
        .campaigns = journeys->set.campaigns,
        .vocabulary = journeys->set.campaigns,
        .max_length = MAX_LENGTH,
        .offset = journeys->offset,
        .token = journeys->token,
        .time = journeys->time,
        .id = journeys->id,
        .entity = journeys->entity,
        .converted = journeys->converted,
        .split = journeys->split,
        .campaign = journeys->campaign,
    };
    return ok;
}

/* Seconds of each epoch. */
struct epochs {
    size_t count;
    double *seconds;
};

static void keep_epoch(void *context, const struct journey_epoch *epoch)
{
    struct epochs *epochs = context;

    epochs->seconds[epochs->count++] = epoch->seconds;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Without the first, which warms up. */
static double median_seconds(struct epochs *epochs)
{
    double *seconds = epochs->seconds + 1;
    const size_t count = epochs->count - 1;

    qsort(seconds, count, sizeof *seconds, by_size);
    return (seconds[(count - 1) / 2] + seconds[count / 2]) / 2;
}

static bool measure(const struct journeys *journeys, size_t threads, size_t epoch_count,
                    double *rate, struct error *err)
{
    struct journey_attention_config config;
    struct train_config train;
    struct epochs epochs = {.seconds = memory_take_zeroed(epoch_count, sizeof(double))};
    struct pool *pool = pool_new(threads);
    struct journey_attention *model = NULL;

    config_defaults(&config, journey_attention_fields);
    config_defaults(&train, train_fields);
    config.embedding = 20;
    config.lstm = 64;
    config.dropout = config.recurrent_dropout = 0.1;
    train.batch = BATCH;
    train.epochs = epoch_count;
    train.early_stopping.patience = 0;
    const struct journey_fit fit = {
        .set = &journeys->set,
        .train = {journeys->row, journeys->set.count},
        .pool = pool,
        .on_epoch = keep_epoch,
        .context = &epochs,
    };
    const bool ok = journey_attention_fit(&model, &config, &train, &fit, NULL, err);
    if (ok)
        *rate = (double)journeys->set.count / median_seconds(&epochs);
    journey_attention_free(model);
    pool_free(pool);
    free(epochs.seconds);
    return ok;
}

static bool count_of(const char *text, int64_t min, int64_t max, size_t *count)
{
    int64_t value;

    if (!text_to_int64(text, strlen(text), &value) || value < min || value > max)
        return false;
    *count = (size_t)value;
    return true;
}

int main(int argc, char **argv)
{
    size_t threads, epochs;
    struct journeys journeys = {0};
    struct error err = {0};
    double rate = 0;

    if (argc != 4 || !count_of(argv[2], 1, POOL_MAX, &threads) ||
        !count_of(argv[3], 2, 10000, &epochs)) {
        fprintf(stderr, "usage: bench_training JOURNEYS THREADS EPOCHS\n");
        return 2;
    }
    const bool ok =
        journeys_read(&journeys, argv[1], &err) && measure(&journeys, threads, epochs, &rate, &err);
    journeys_clear(&journeys);
    if (!ok) {
        fprintf(stderr, "bench_training: %s\n", err.text);
        return error_exit_status(&err);
    }
    printf("{\"journeys_per_second\": %.1f, \"threads\": %zu}\n", rate, threads);
    return 0;
}
