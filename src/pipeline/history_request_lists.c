/* history_request_lists — an order whose histories are lists. */
#include "pipeline/history_request.h"

#include "sequence/history_internal.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const char join[] = SCHEMA_LIST_JOIN;

enum { JOIN_LENGTH = sizeof join - 1 };

/* The separator that comes first in [at, end), or `end`. */
static inline const char *find_join(const char *at, const char *end)
{
    for (; end - at >= JOIN_LENGTH; at++)
        if (*at == *join && memcmp(at, join, JOIN_LENGTH) == 0)
            return at;
    return end;
}

/* Values of a joined text. An empty text is none, unless one is wanted. */
static size_t count_values(struct table_string joined, size_t wanted)
{
    const char *at = joined.bytes, *end = at + joined.length;
    size_t count = 1;

    if (joined.length == 0)
        return wanted == 1;
    while ((at = find_join(at, end)) < end) {
        at += JOIN_LENGTH;
        count++;
    }
    return count;
}

/* `count` values into `value`; false: there are fewer or more. */
static bool split(struct table_string joined, size_t count, struct table_string *value)
{
    const char *at = joined.bytes, *end = at + joined.length;

    if (count == 0)
        return joined.length == 0;
    for (size_t i = 0; i < count; i++) {
        const char *next = find_join(at, end);
        const size_t length = (size_t)(next - at);
        value[i] = (struct table_string){length ? at : NULL, length};
        if (next == end)
            return i + 1 == count;
        at = next + JOIN_LENGTH;
    }
    return false;
}

static bool read_times(const struct history_request *request, struct table_string joined,
                       struct history_arrays *out, struct arena *scratch, struct error *err)
{
    const size_t count = count_values(joined, 0);
    struct table_string *text = ARENA_NEW(scratch, struct table_string, count + 1);
    int64_t *time = ARENA_NEW(scratch, int64_t, count + 1);

    BUG_ON(!split(joined, count, text));
    for (size_t i = 0; i < count; i++)
        if (!history_time_parse(&request->fitted->config.source, text[i], &time[i], err))
            return error_wrap(err, "value %zu", i + 1);
    out->time = time;
    out->times = count;
    return true;
}

/* What an outcome was may be unknown, and what the calendar says follows from the time. */
static bool may_be_absent(const struct history_config *config,
                          const struct history_feature *feature)
{
    return (feature->column && strcmp(feature->column, config->source.outcome) == 0) ||
           (feature->value >= HISTORY_HOUR && feature->value <= HISTORY_WEEKEND);
}

/* The lists of a sequence; *column is set where something is wrong with it. */
static bool read_sequence(const struct history_request *request, const struct frame *rows,
                          size_t row, size_t sequence, struct history_arrays *out,
                          const char **column, struct arena *scratch, struct error *err)
{
    const struct history_config *config = &request->fitted->config;
    const struct history_recipe *recipe = &config->histories;
    const struct history_lists *lists = &request->sequence[sequence];
    const struct table_string time = rows->column[lists->time].text[row];
    struct history_series *series =
        ARENA_NEW(scratch, struct history_series, recipe->feature_count + 1);

    *out = (struct history_arrays){.series = series};
    *column = request->schema.column[lists->time].name;
    if (time.bytes && !read_times(request, time, out, scratch, err))
        return false;
    for (size_t f = 0; f < recipe->feature_count; f++) {
        const struct table_string joined = rows->column[lists->feature[f]].text[row];
        *column = request->schema.column[lists->feature[f]].name;
        if (!joined.bytes && out->times > 0 && !may_be_absent(config, &recipe->feature[f]))
            return error_set(err, ERR_DATA, "is not there, but the times of %zu orders are",
                             out->times);
        if (!joined.bytes)
            continue;
        struct table_string *text = ARENA_NEW(scratch, struct table_string, out->times + 1);
        if (!split(joined, out->times, text))
            return error_set(err, ERR_DATA, "has %zu values, '%.100s' has %zu",
                             count_values(joined, out->times),
                             request->schema.column[lists->time].name, out->times);
        series[out->series_count++] = (struct history_series){
            .name = recipe->feature[f].name, .count = out->times, .text = text};
    }
    *column = NULL;
    return true;
}

/* The order itself, from the other sequence's lists. */
static void take_last(const struct history_arrays *from, struct history_arrays *out,
                      struct arena *scratch)
{
    struct history_series *series =
        ARENA_NEW(scratch, struct history_series, from->series_count + 1);

    for (size_t i = 0; i < from->series_count; i++) {
        series[i] = from->series[i];
        series[i].text += series[i].count - 1;
        series[i].count = 1;
    }
    *out = (struct history_arrays){series, from->series_count, from->time + from->times - 1, 1};
}

/* Values of engineered features; those that are not there are missing. */
static void read_engineered(const struct history_request *request, const struct frame *rows,
                            size_t row, struct history_input *input, struct arena *scratch)
{
    const struct history_recipe *recipe = &request->fitted->config.histories;
    struct history_series *series =
        ARENA_NEW(scratch, struct history_series, recipe->engineered_count + 1);

    for (size_t e = 0; e < recipe->engineered_count; e++) {
        const struct frame_column *from = &rows->column[request->engineered[e]];
        series[e] = (struct history_series){.name = recipe->engineered[e].name, .count = 1};
        if (from->number)
            series[e].number = &from->number[row];
        else
            series[e].text = &from->text[row];
    }
    input->engineered = series;
    input->engineered_count = recipe->engineered_count;
}

bool history_request_row(const struct history_request *request, const struct frame *rows,
                         size_t row, const struct history_buffers *buffers, struct history_row *out,
                         const char **column, struct arena *scratch, struct error *err)
{
    struct history_input input = {0};

    for (size_t s = 0; s < request->fitted->config.histories.sequences; s++)
        if (!read_sequence(request, rows, row, s, &input.sequence[s], column, scratch, err))
            return false;
    if (input.sequence[0].times == 0 && input.sequence[1].times > 0)
        take_last(&input.sequence[1], &input.sequence[0], scratch);
    read_engineered(request, rows, row, &input, scratch);
    return history_from_arrays(request->fitted, &input, buffers, out, err);
}
