#include "incremental/exposure_log.h"

#include "base/rng.h"
#include "incremental/exposure_file.h"

#include <stdlib.h>
#include <string.h>

/* Where each user's impressions begin. */
static uint64_t *count_users(struct exposure_log *log, const struct exposure_rows *rows)
{
    uint64_t *offset = ARENA_ZERO(&log->memory, uint64_t, rows->users + 1);

    for (size_t i = 0; i < rows->count; i++)
        offset[rows->user[i] + 1]++;
    for (size_t u = 0; u < rows->users; u++)
        offset[u + 1] += offset[u];
    return offset;
}

struct item {
    int64_t time;
    uint32_t row;
};

static int compare_items(const void *left, const void *right)
{
    const struct item *a = left, *b = right;

    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

static void sort_user(struct item *item, size_t count)
{
    bool sorted = true;

    for (size_t i = 1; i < count && sorted; i++)
        sorted = item[i - 1].time <= item[i].time;
    if (!sorted)
        qsort(item, count, sizeof *item, compare_items);
}

static void take_rows(struct exposure_log *log, const struct exposure_rows *rows)
{
    struct item *item = memory_take(rows->count + 1, sizeof *item);
    uint64_t *next = memory_take(rows->users + 1, sizeof *next);
    int64_t *time = ARENA_NEW(&log->memory, int64_t, rows->count + 1);
    uint16_t *campaign = ARENA_NEW(&log->memory, uint16_t, rows->count + 1);
    uint8_t *conversion = ARENA_NEW(&log->memory, uint8_t, rows->count + 1);

    uint32_t *row = rows->row ? ARENA_NEW(&log->memory, uint32_t, rows->count + 1) : NULL;
    double *value = rows->value ? ARENA_NEW(&log->memory, double, rows->count + 1) : NULL;

    memcpy(next, log->offset, (rows->users + 1) * sizeof *next);
    for (size_t i = 0; i < rows->count; i++)
        item[next[rows->user[i]]++] = (struct item){rows->time[i], (uint32_t)i};
    for (size_t u = 0; u < rows->users; u++)
        sort_user(item + log->offset[u], (size_t)(log->offset[u + 1] - log->offset[u]));
    for (size_t i = 0; i < rows->count; i++) {
        time[i] = item[i].time;
        campaign[i] = rows->campaign[item[i].row];
        conversion[i] = rows->conversion[item[i].row] != 0;
        log->conversions += conversion[i];
        if (row)
            row[i] = rows->row[item[i].row];
        if (value)
            value[i] = rows->value[item[i].row];
        if (i == 0 || time[i] < log->start)
            log->start = time[i];
        if (i == 0 || time[i] > log->end)
            log->end = time[i];
    }
    log->time = time;
    log->campaign = campaign;
    log->conversion = conversion;
    log->row = row;
    log->value = value;
    free(item);
    free(next);
}

static void take_users(struct exposure_log *log, const struct exposure_rows *rows)
{
    uint64_t *end = ARENA_ZERO(&log->memory, uint64_t, rows->users + 1);

    for (size_t u = 0; u < rows->users; u++)
        end[u + 1] = end[u] + rows->uid[u].length;
    char *text = ARENA_NEW(&log->memory, char, end[rows->users] + 1);
    for (size_t u = 0; u < rows->users; u++)
        memcpy(text + end[u], rows->uid[u].bytes, rows->uid[u].length);
    log->uid_end = end;
    log->uid_text = text;
}

static void take_cost(struct exposure_log *log, const struct exposure_rows *rows)
{
    double *cost = ARENA_NEW(&log->memory, double, rows->campaigns + 1);

    for (size_t k = 0; k < rows->campaigns; k++)
        cost[k] = rows->cost[k];
    log->cost = cost;
}

void exposure_log_build(struct exposure_log *log, const struct exposure_rows *rows)
{
    *log = (struct exposure_log){
        .users = rows->users, .impressions = rows->count, .campaigns = rows->campaigns};
    const char **name = ARENA_NEW(&log->memory, const char *, rows->campaigns + 1);

    for (size_t k = 0; k < rows->campaigns; k++)
        name[k] = arena_string(&log->memory, rows->name[k], strlen(rows->name[k]));
    log->name = name;
    log->offset = count_users(log, rows);
    take_rows(log, rows);
    if (rows->uid)
        take_users(log, rows);
    if (rows->cost)
        take_cost(log, rows);
}

struct table_string exposure_log_uid(const struct exposure_log *log, size_t u)
{
    return (struct table_string){log->uid_text + log->uid_end[u],
                                 (size_t)(log->uid_end[u + 1] - log->uid_end[u])};
}

/* Where a user's part of each array begins, in bytes. */
static void forget(const struct exposure_log *log, size_t from, size_t end)
{
    static const size_t size[EXPOSURE_ARRAYS] = {[EXPOSURE_TIME] = sizeof(int64_t),
                                                 [EXPOSURE_CAMPAIGN] = sizeof(uint16_t),
                                                 [EXPOSURE_CONVERSION] = sizeof(uint8_t),
                                                 [EXPOSURE_ROW] = sizeof(uint32_t),
                                                 [EXPOSURE_VALUE] = sizeof(double)};
    const size_t first = (size_t)log->offset[from], last = (size_t)log->offset[end];

    for (size_t i = EXPOSURE_TIME; i <= EXPOSURE_VALUE; i++)
        exposure_file_forget(log->file, i, first * size[i], last * size[i]);
    if (log->uid_end)
        exposure_file_forget(log->file, EXPOSURE_UID_TEXT, (size_t)log->uid_end[from],
                             (size_t)log->uid_end[end]);
    exposure_file_forget(log->file, EXPOSURE_OFFSET, from * 8, end * 8);
    exposure_file_forget(log->file, EXPOSURE_UID_END, from * 8, end * 8);
}

void exposure_log_pass(const struct exposure_log *log, size_t u)
{
    if (log->file && log->file->map && u % EXPOSURE_PASSED == 0 && u > 0)
        forget(log, u - EXPOSURE_PASSED, u);
}

void exposure_log_clear(struct exposure_log *log)
{
    if (log->file)
        exposure_file_clear(log->file);
    arena_clear(&log->memory);
    *log = (struct exposure_log){0};
}

bool exposure_log_sampled(const struct exposure_log *log, size_t u)
{
    const size_t wanted = log->impressions / EXPOSURE_SAMPLE;
    const size_t most = log->users / EXPOSURE_SAMPLE_USERS;
    const size_t parts = (wanted < most ? wanted : most) + 1;

    return parts == 1 || rng_mix(0x6d65616e /* "mean" */, u) % parts == 0;
}

void exposure_log_paths(struct path_set *paths, const struct exposure_log *log)
{
    *paths = (struct path_set){.channels = log->campaigns, .channel = log->name};
    struct arena *memory = &paths->memory;
    const size_t most = log->users + log->conversions;
    uint64_t *offset = ARENA_NEW(memory, uint64_t, most + 1);
    int32_t *token = ARENA_NEW(memory, int32_t, log->impressions);
    int64_t *age = ARENA_NEW(memory, int64_t, log->impressions);
    double *conversions = ARENA_ZERO(memory, double, most);
    double *null = ARENA_ZERO(memory, double, most);

    offset[0] = 0;
    for (size_t u = 0; u < log->users; u++)
        for (size_t i = log->offset[u]; i < log->offset[u + 1]; i++) {
            token[i] = log->campaign[i];
            if (!log->conversion[i] && i + 1 < log->offset[u + 1])
                continue;
            for (size_t j = offset[paths->count]; j <= i; j++)
                age[j] = log->time[i] - log->time[j];
            *(log->conversion[i] ? &conversions[paths->count] : &null[paths->count]) = 1;
            offset[++paths->count] = i + 1;
        }
    paths->offset = offset;
    paths->token = token;
    paths->age = age;
    paths->conversions = conversions;
    paths->null = null;
}
