#include "metric/daily_top.h"

#include "base/arena.h"

#include <math.h>

/* Rows at first, then one for each entity of each day. */
struct seen {
    int64_t day, entity;
    double score;
    bool positive;
};

static int ascending(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_places(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    const int day = ascending(x->day, y->day);

    return day ? day : ascending(x->entity, y->entity);
}

/* Highest score first, then the smallest number. */
static int compare_scores(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return ascending(x->entity, y->entity);
}

static int compare_entities(const void *a, const void *b)
{
    return ascending(*(const int64_t *)a, *(const int64_t *)b);
}

/* One entry for each day and entity, in this order. The count, or SIZE_MAX at an unscored row. */
static size_t merge_rows(struct seen *seen, const struct daily_rows *rows)
{
    size_t count = 0;

    for (size_t i = 0; i < rows->count; i++) {
        if (isnan(rows->score[i]))
            return SIZE_MAX;
        seen[i] = (struct seen){.day = rows->day[i],
                                .entity = rows->entity[i],
                                .score = rows->score[i],
                                .positive = rows->truth[i] != 0};
    }
    if (rows->count > 0)
        qsort(seen, rows->count, sizeof *seen, compare_places);
    for (size_t i = 0; i < rows->count; i++) {
        if (count == 0 || compare_places(&seen[count - 1], &seen[i]) != 0) {
            seen[count++] = seen[i];
            continue;
        }
        seen[count - 1].score = fmax(seen[count - 1].score, seen[i].score);
        seen[count - 1].positive |= seen[i].positive;
    }
    return count;
}

/* Entities that are gone, ascending. */
struct gone {
    size_t count;
    int64_t *entity;
};

static bool is_gone(const struct gone *gone, int64_t entity)
{
    return gone->count > 0 &&
           bsearch(&entity, gone->entity, gone->count, sizeof entity, compare_entities) != NULL;
}

/* Steps 1 to 3 of the header for the `count` entries of one day. */
static struct daily_day check_day(struct seen *seen, size_t count, struct gone *gone,
                                  const struct daily_settings *settings)
{
    struct daily_day day = {.day = seen[0].day};

    for (size_t i = 0; i < count; i++)
        if (!is_gone(gone, seen[i].entity))
            seen[day.entities++] = seen[i];
    if (day.entities > 0)
        qsort(seen, day.entities, sizeof *seen, compare_scores);
    const size_t before = gone->count;
    for (size_t i = 0; i < day.entities; i++) {
        day.positive += seen[i].positive;
        if (i >= settings->k || !seen[i].positive)
            continue;
        day.found++;
        if (!settings->keep_found)
            gone->entity[gone->count++] = seen[i].entity;
    }
    if (gone->count > before)
        qsort(gone->entity, gone->count, sizeof *gone->entity, compare_entities);
    day.precision = (double)day.found / (double)settings->k;
    return day;
}

void daily_top_build(struct daily_top *out, const struct daily_rows *rows,
                     const struct daily_settings *settings)
{
    struct seen *seen = memory_take(rows->count + 1, sizeof *seen);
    struct gone gone = {.entity = memory_take(rows->count + 1, sizeof *gone.entity)};
    const size_t count = merge_rows(seen, rows);
    double sum = 0, best = 0;
    size_t days = 0;

    BUG_ON(settings->k < 1);
    *out = (struct daily_top){.precision = NAN, .best = NAN};
    if (count == SIZE_MAX || count == 0)
        goto clear;
    for (size_t i = 0; i < count; i++)
        days += i == 0 || seen[i].day != seen[i - 1].day;
    out->day = memory_take(days, sizeof *out->day);
    for (size_t first = 0, end = 0; first < count; first = end) {
        while (end < count && seen[end].day == seen[first].day)
            end++;
        const struct daily_day day = check_day(seen + first, end - first, &gone, settings);
        const size_t could = day.positive < settings->k ? day.positive : settings->k;
        out->day[out->count++] = day;
        sum += day.precision;
        best += (double)could / (double)settings->k;
    }
    out->precision = sum / (double)days;
    out->best = best / (double)days;
clear:
    free(gone.entity);
    free(seen);
}

void daily_top_clear(struct daily_top *top)
{
    free(top->day);
    *top = (struct daily_top){0};
}

int64_t daily_from_time(int64_t microseconds)
{
    const int64_t day = INT64_C(86400000000);

    return microseconds / day - (microseconds % day < 0);
}
