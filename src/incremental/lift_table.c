/* Measured lifts from a table, and back as JSON. */
#include "incremental/lift.h"

#include "base/json.h"
#include "base/text.h"
#include "table/reader.h"

#include <math.h>
#include <string.h>

enum { CAMPAIGN, FROM, TO, CAUSED, ERROR, COLUMNS };

static const double NUMBER_MAX = 1e12;

static const struct table_field fields[COLUMNS] = {
    [CAMPAIGN] = {"campaign", TABLE_TEXT},
    [FROM] = {"from", TABLE_TEXT},
    [TO] = {"to", TABLE_TEXT},
    [CAUSED] = {"conversions_caused", TABLE_TEXT},
    [ERROR] = {"standard_error", TABLE_TEXT},
};

/* A cell without blanks around it; false with a sentence when it is missing. */
static bool cell(const struct table_chunk *table, size_t column, size_t row,
                 struct table_string *text, struct error *err)
{
    const struct table_column *c = &table->column[column];

    *text = table_is_valid(c, row) ? c->text[row] : (struct table_string){"", 0};
    text_trim(&text->bytes, &text->length);
    return text->length > 0 || error_set(err, ERR_DATA, "row %zu, column '%s': nothing is there",
                                         row + 1, fields[column].name);
}

static int shown(const struct table_string *text)
{
    return (int)(text->length < 100 ? text->length : 100);
}

static bool take_campaign(const struct table_chunk *table, size_t row,
                          const struct exposure_log *log, size_t *campaign, struct error *err)
{
    struct table_string text;

    if (!cell(table, CAMPAIGN, row, &text, err))
        return false;
    for (size_t k = 0; k < log->campaigns; k++)
        if (strlen(log->name[k]) == text.length &&
            memcmp(log->name[k], text.bytes, text.length) == 0) {
            *campaign = k;
            return true;
        }
    return error_set(err, ERR_DATA,
                     "row %zu, column 'campaign': no impression is of the campaign '%.*s'", row + 1,
                     shown(&text), text.bytes);
}

/* Until the year 5138 in seconds, and after 1973 in each finer unit. */
static bool whole_time(int64_t number, int64_t *time)
{
    const uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;

    *time = number * (size < UINT64_C(100000000000)      ? 1000000
                      : size < UINT64_C(100000000000000) ? 1000
                                                         : 1);
    return size < UINT64_C(100000000000000000);
}

static bool take_time(const struct table_chunk *table, size_t row, size_t column, int64_t *time,
                      struct error *err)
{
    struct table_string text;
    int64_t number;

    if (!cell(table, column, row, &text, err))
        return false;
    return (text_to_int64(text.bytes, text.length, &number) && whole_time(number, time)) ||
           text_to_time(text.bytes, text.length, time) ||
           error_set(err, ERR_DATA,
                     "row %zu, column '%s': '%.*s' is no time such as 2026-01-31 or "
                     "2026-01-31T09:00:00Z",
                     row + 1, fields[column].name, shown(&text), text.bytes);
}

static bool take_number(const struct table_chunk *table, size_t row, size_t column, double least,
                        double *number, struct error *err)
{
    struct table_string text;

    if (!cell(table, column, row, &text, err))
        return false;
    if (text_to_double(text.bytes, text.length, number) && *number >= least &&
        *number <= NUMBER_MAX)
        return true;
    return error_set(err, ERR_DATA, "row %zu, column '%s': '%.*s' is not a number from %g to %g",
                     row + 1, fields[column].name, shown(&text), text.bytes, least, NUMBER_MAX);
}

static bool take_row(struct incremental_lifts *lifts, const struct table_chunk *table, size_t row,
                     const struct exposure_log *log, struct error *err)
{
    struct incremental_lift *lift = &lifts->lift[row];

    if (!take_campaign(table, row, log, &lift->campaign, err) ||
        !take_time(table, row, FROM, &lift->from, err) ||
        !take_time(table, row, TO, &lift->to, err) ||
        !take_number(table, row, CAUSED, -NUMBER_MAX, &lift->caused, err) ||
        !take_number(table, row, ERROR, INCREMENTAL_LIFT_ERROR_MIN, &lift->error, err))
        return false;
    if (lift->from >= lift->to)
        return error_set(err, ERR_DATA, "row %zu: 'from' is not before 'to'", row + 1);
    if (lift->to <= log->start || lift->from > log->end)
        return error_set(err, ERR_DATA, "row %zu: no impression lies between 'from' and 'to'",
                         row + 1);
    for (size_t i = 0; i < row; i++)
        if (lifts->lift[i].campaign == lift->campaign && lifts->lift[i].from == lift->from &&
            lifts->lift[i].to == lift->to)
            return error_set(err, ERR_DATA,
                             "row %zu has the campaign and the times of row %zu, '%s'", row + 1,
                             i + 1, log->name[lift->campaign]);
    return true;
}

bool incremental_lifts_take(struct incremental_lifts *lifts, const struct table_chunk *table,
                            const struct exposure_log *log, struct error *err)
{
    if (table->rows == 0)
        return error_set(err, ERR_DATA, "there are no rows");
    if (table->rows > INCREMENTAL_LIFTS_MAX)
        return error_set(err, ERR_LIMIT, "there are more than %d rows", INCREMENTAL_LIFTS_MAX);
    incremental_lifts_make(lifts, table->rows);
    for (size_t row = 0; row < table->rows; row++)
        if (!take_row(lifts, table, row, log, err)) {
            incremental_lifts_clear(lifts);
            return false;
        }
    return true;
}

bool incremental_lifts_read(struct incremental_lifts *lifts, const char *source,
                            const struct exposure_log *log, struct error *err)
{
    struct arena memory = {0};
    struct table_chunk table;
    bool ok = table_load(source, fields, COLUMNS, INCREMENTAL_LIFTS_MAX, &table, &memory, err);

    if (ok)
        ok = incremental_lifts_take(lifts, &table, log, err) ||
             error_wrap(err, "experiments '%s'", source);
    arena_clear(&memory);
    return ok;
}

static json_t *time_json(int64_t time)
{
    char text[TEXT_TIME_SIZE];

    if (time < 0 || time > INT64_C(253402300799999999)) /* text_from_time() knows 1970 to 9999 */
        return json_integer(time);
    text_from_time(text, time);
    return json_string(text);
}

json_t *incremental_lifts_json(const struct incremental_lifts *lifts,
                               const struct exposure_log *log, const double *before,
                               const double *after)
{
    json_t *list = json_array();

    for (size_t i = 0; i < lifts->count; i++) {
        const struct incremental_lift *lift = &lifts->lift[i];
        json_t *one = json_object();
        json_object_set_new(one, "campaign", json_string(log->name[lift->campaign]));
        json_object_set_new(one, "from", time_json(lift->from));
        json_object_set_new(one, "to", time_json(lift->to));
        json_object_set_new(one, "conversions_caused", json_number(lift->caused));
        json_object_set_new(one, "standard_error", json_number(lift->error));
        json_object_set_new(one, "before", json_number(before[i]));
        json_object_set_new(one, "after", json_number(after[i]));
        json_array_append_new(list, one);
    }
    return list;
}
