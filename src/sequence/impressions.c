#include "sequence/impressions.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

enum { SHOWN_MAX = 80 }; /* bytes of a bad value that a sentence repeats */
enum { ROLES = 6, ROLES_REQUIRED = 4 };

/* The columns in the order of their roles; returns how many there are. */
static size_t list_columns(const struct journey_config *config, const char *column[ROLES])
{
    size_t count = 0;

    column[count++] = config->entity;
    column[count++] = config->time;
    column[count++] = config->token;
    column[count++] = config->outcome;
    if (config->value)
        column[count++] = config->value;
    if (config->cost)
        column[count++] = config->cost;
    return count;
}

static bool check_types(const struct table_source *source, const struct journey_config *config,
                        struct error *err)
{
    const char *roles[ROLES];
    const struct source_column *column[ROLES];
    const size_t count = list_columns(config, roles);

    for (size_t i = 0; i < count; i++) {
        column[i] = table_source_column(source, roles[i], err);
        if (!column[i])
            return false;
        for (size_t j = 0; j < i; j++)
            if (strcmp(roles[i], roles[j]) == 0)
                return error_set(err, ERR_CONFIG, "column '%s' has two roles", roles[i]);
    }
    const enum table_type time = column[1]->type, outcome = column[3]->type;
    if (time != TABLE_INT64 && time != TABLE_DOUBLE && time != TABLE_TIME && time != TABLE_TEXT)
        return error_set(err, ERR_DATA,
                         "'%s': the time column '%s' is %s; integers, timestamps or ISO text are "
                         "times",
                         source->name, config->time, column[1]->sql_type);
    if ((time == TABLE_INT64 || time == TABLE_DOUBLE) && config->time_unit == TIME_UNIT_ISO)
        return error_set(err, ERR_DATA, "'%s': the time column '%s' is %s, not ISO text",
                         source->name, config->time, column[1]->sql_type);
    if (outcome != TABLE_BOOL && outcome != TABLE_INT64 && outcome != TABLE_DOUBLE &&
        outcome != TABLE_TEXT)
        return error_set(err, ERR_DATA,
                         "'%s': the outcome column '%s' is %s; true/false or 0/1 are outcomes",
                         source->name, config->outcome, column[3]->sql_type);
    return true;
}

bool impressions_open(struct impressions *rows, const struct table_source *source,
                      const struct journey_config *config, struct error *err)
{
    static const enum table_type type[ROLES] = {TABLE_TEXT, TABLE_ANY,    TABLE_TEXT,
                                                TABLE_ANY,  TABLE_DOUBLE, TABLE_DOUBLE};
    const char *column[ROLES];
    struct table_field fields[ROLES];
    const size_t count = list_columns(config, column);

    for (size_t i = 0; i < count; i++)
        fields[i] = (struct table_field){column[i], type[i]};

    rows->row = 0;
    rows->count = 0;
    rows->integers = true;
    rows->config = config;
    rows->reader = NULL;
    times_init(&rows->times);
    return check_types(source, config, err) &&
           table_reader_open(&rows->reader, source, fields, count, err);
}

void impressions_close(struct impressions *rows)
{
    table_reader_close(rows->reader);
    rows->reader = NULL;
}

void impressions_select(struct impressions *rows, size_t piece)
{
    table_reader_select(rows->reader, piece, piece + 1);
}

bool impressions_fail(const struct impressions *rows, size_t i, struct error *err)
{
    char place[PLACE_MAX];

    table_reader_place(rows->reader, i, place, sizeof place);
    return error_wrap(err, "%s", place);
}

static bool fail_missing(struct impressions *rows, size_t i, const char *role, const char *column,
                         struct error *err)
{
    error_set(err, ERR_DATA, "the %s column '%s' is empty", role, column);
    rows->row += (int64_t)i;
    return impressions_fail(rows, i, err);
}

static bool fail_value(struct impressions *rows, size_t i, const char *column,
                       const struct table_string *text, const char *wanted, struct error *err)
{
    error_set(err, ERR_DATA, "column '%s' is '%.*s', not %s", column,
              text->length < SHOWN_MAX ? (int)text->length : SHOWN_MAX, text->bytes, wanted);
    rows->row += (int64_t)i;
    return impressions_fail(rows, i, err);
}

static bool check_text(struct impressions *rows, const struct table_column *column,
                       const char *role, struct error *err)
{
    for (size_t i = 0; i < rows->count; i++)
        if (column->text[i].length == 0 || !table_is_valid(column, i))
            return fail_missing(rows, i, role, column->name, err);
    return true;
}

/* Written as int64 would be printed: no sign but '-', no leading zeros, in range. */
static bool is_plain_integer(const struct table_string *text)
{
    const char *digits = text->bytes;
    size_t count = text->length;
    int64_t value;

    if (count && digits[0] == '-') {
        digits++;
        count--;
        if (count && digits[0] == '0')
            return false;
    }
    if (count == 0 || (digits[0] == '0' && count > 1) || digits[0] == '+')
        return false;
    return text_to_int64(text->bytes, text->length, &value);
}

static bool check_entity(struct impressions *rows, const struct table_column *column,
                         struct error *err)
{
    if (!check_text(rows, column, "entity", err))
        return false;
    for (size_t i = 0; i < rows->count; i++)
        if (column->text[i].length > ENTITY_BYTES_MAX) {
            error_set(err, ERR_LIMIT, "an entity is %zu bytes long, the limit is %d",
                      column->text[i].length, ENTITY_BYTES_MAX);
            return impressions_fail(rows, i, err);
        }
    for (size_t i = 0; i < rows->count && rows->integers; i++)
        rows->integers = is_plain_integer(&column->text[i]);
    rows->entity = column->text;
    return true;
}

static void see_time(struct impressions *rows, struct time_seen *seen, size_t i)
{
    if (seen->row >= 0 && seen->row <= rows->row + (int64_t)i)
        return;
    seen->row = rows->row + (int64_t)i;
    table_reader_place(rows->reader, i, seen->place, sizeof seen->place);
}

static int64_t multiplier(int unit)
{
    return unit == TIME_UNIT_SECONDS ? 1000000 : unit == TIME_UNIT_MILLISECONDS ? 1000 : 1;
}

/* Note integer times; with a unit that is set, they must fit when multiplied. */
static bool see_integers(struct impressions *rows, const char *column, struct error *err)
{
    uint64_t largest = rows->times.largest;
    const uint64_t limit = (uint64_t)(INT64_MAX / multiplier(rows->config->time_unit));

    for (size_t i = 0; i < rows->count; i++) {
        const int64_t value = rows->time[i];
        const uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
        if (size > largest)
            largest = size;
    }
    rows->times.largest = largest;
    for (size_t i = 0; i < rows->count && largest > limit; i++) {
        const int64_t value = rows->time[i];
        if ((value < 0 ? 0 - (uint64_t)value : (uint64_t)value) > limit) {
            error_set(err, ERR_DATA, "column '%s' is %lld, too large for a time", column,
                      (long long)value);
            rows->row += (int64_t)i;
            return impressions_fail(rows, i, err);
        }
    }
    see_time(rows, &rows->times.integer, 0);
    return true;
}

static bool parse_times(struct impressions *rows, const struct table_column *column,
                        struct error *err)
{
    const bool iso_only = rows->config->time_unit == TIME_UNIT_ISO;
    const bool auto_unit = rows->config->time_unit == TIME_UNIT_AUTO;
    const uint64_t limit = (uint64_t)(INT64_MAX / multiplier(rows->config->time_unit));

    for (size_t i = 0; i < rows->count; i++) {
        const struct table_string *text = &column->text[i];
        int64_t *time = &rows->time_buffer[i];
        if (!iso_only && text_to_int64(text->bytes, text->length, time)) {
            const uint64_t size = *time < 0 ? 0 - (uint64_t)*time : (uint64_t)*time;
            if (size > limit)
                return fail_value(rows, i, column->name, text, "a time", err);
            if (size > rows->times.largest)
                rows->times.largest = size;
            see_time(rows, &rows->times.integer, i);
        } else if ((iso_only || auto_unit) && text_to_time(text->bytes, text->length, time)) {
            see_time(rows, &rows->times.exact, i);
        } else {
            return fail_value(rows, i, column->name, text,
                              iso_only    ? "an ISO 8601 time"
                              : auto_unit ? "a time (an integer or ISO 8601)"
                                          : "an integer time",
                              err);
        }
    }
    return true;
}

static bool fail_number(struct impressions *rows, size_t i, const char *column, double value,
                        const char *wanted, struct error *err)
{
    char digits[32];
    const int length = snprintf(digits, sizeof digits, "%.15g", value);

    return fail_value(rows, i, column, &(struct table_string){digits, (size_t)length}, wanted, err);
}

/* Whole numbers in a column of doubles, as data frames hold integers that were once missing. */
static bool read_whole_times(struct impressions *rows, const struct table_column *column,
                             struct error *err)
{
    for (size_t i = 0; i < rows->count; i++) {
        const double value = column->number[i];
        if (!(fabs(value) < 9e18) || value != trunc(value))
            return fail_number(rows, i, column->name, value, "a whole number", err);
        rows->time_buffer[i] = (int64_t)value;
    }
    return true;
}

static bool check_time(struct impressions *rows, const struct table_column *column,
                       struct error *err)
{
    const bool converted = column->type == TABLE_TEXT || column->type == TABLE_DOUBLE;

    rows->time = converted ? rows->time_buffer : column->integer;
    for (size_t i = 0; i < rows->count; i++)
        if (!table_is_valid(column, i) ||
            (column->type == TABLE_DOUBLE && isnan(column->number[i])))
            return fail_missing(rows, i, "time", column->name, err);
    switch (column->type) {
    case TABLE_TEXT:
        return parse_times(rows, column, err);
    case TABLE_DOUBLE:
        return read_whole_times(rows, column, err) && see_integers(rows, column->name, err);
    case TABLE_INT64:
        return see_integers(rows, column->name, err);
    default:
        see_time(rows, &rows->times.exact, 0);
        return true;
    }
}

static bool check_outcome(struct impressions *rows, const struct table_column *column,
                          struct error *err)
{
    static const char wanted[] = "an outcome (true/false or 0/1)";

    rows->outcome = rows->outcome_buffer;
    for (size_t i = 0; i < rows->count; i++) {
        bool value = false;
        if (!table_is_valid(column, i)) {
            rows->outcome_buffer[i] = 0;
            continue;
        }
        if (column->type == TABLE_BOOL) {
            value = column->boolean[i];
        } else if (column->type == TABLE_INT64) {
            value = column->integer[i] == 1;
            if (column->integer[i] != 0 && column->integer[i] != 1)
                return fail_number(rows, i, column->name, (double)column->integer[i], wanted, err);
        } else if (column->type == TABLE_DOUBLE) {
            const double number = column->number[i];
            value = number == 1;
            if (number != 0 && number != 1 && !isnan(number)) /* NaN is missing */
                return fail_number(rows, i, column->name, number, wanted, err);
        } else if (!text_to_bool(column->text[i].bytes, column->text[i].length, &value)) {
            return fail_value(rows, i, column->name, &column->text[i], wanted, err);
        }
        rows->outcome_buffer[i] = value;
    }
    return true;
}

/* Amounts of money or the like: `own` gets them with what is missing as 0. */
static bool check_amount(struct impressions *rows, const struct table_column *column, double *own,
                         struct error *err)
{
    for (size_t i = 0; i < rows->count; i++) {
        const bool missing = !table_is_valid(column, i) || isnan(column->number[i]);
        own[i] = missing ? 0 : column->number[i];
        if (!(own[i] >= 0) || isinf(own[i]))
            return fail_number(rows, i, column->name, own[i], "a number of 0 or more", err);
    }
    return true;
}

static bool check_amounts(struct impressions *rows, const struct table_column *column,
                          struct error *err)
{
    rows->value = rows->cost = NULL;
    if (rows->config->value) {
        if (!check_amount(rows, column, rows->value_buffer, err))
            return false;
        for (size_t i = 0; i < rows->count; i++)
            if (!rows->outcome[i])
                rows->value_buffer[i] = 0;
        rows->value = rows->value_buffer;
        column++;
    }
    if (rows->config->cost) {
        if (!check_amount(rows, column, rows->cost_buffer, err))
            return false;
        rows->cost = rows->cost_buffer;
    }
    return true;
}

bool impressions_next(struct impressions *rows, struct error *err)
{
    struct table_chunk chunk;

    if (!table_reader_next(rows->reader, &chunk, err)) {
        rows->row = table_reader_row(rows->reader);
        return false;
    }
    rows->count = chunk.rows;
    rows->row = table_reader_row(rows->reader);
    if (chunk.rows == 0)
        return true;
    rows->token = chunk.column[2].text;
    return check_entity(rows, &chunk.column[0], err) && check_time(rows, &chunk.column[1], err) &&
           check_text(rows, &chunk.column[2], "token", err) &&
           check_outcome(rows, &chunk.column[3], err) &&
           check_amounts(rows, chunk.column + ROLES_REQUIRED, err);
}

void times_init(struct times *times)
{
    times->largest = 0;
    times->integer.row = times->exact.row = -1;
}

static void join_seen(struct time_seen *whole, const struct time_seen *part)
{
    if (part->row >= 0 && (whole->row < 0 || part->row < whole->row))
        *whole = *part;
}

void times_join(struct times *whole, const struct times *part)
{
    if (part->largest > whole->largest)
        whole->largest = part->largest;
    join_seen(&whole->integer, &part->integer);
    join_seen(&whole->exact, &part->exact);
}

bool times_unit(const struct times *times, const struct journey_config *config, int64_t *numerator,
                int64_t *denominator, struct error *err)
{
    int unit = config->time_unit;

    *numerator = *denominator = 1;
    if (times->integer.row >= 0 && times->exact.row >= 0) {
        const bool exact_last = times->exact.row > times->integer.row;
        return error_set(err, ERR_DATA, "%s: column '%s' is %s where the rows before have %s",
                         exact_last ? times->exact.place : times->integer.place, config->time,
                         exact_last ? "an ISO time" : "an integer",
                         exact_last ? "integers" : "ISO times");
    }
    if (times->integer.row < 0)
        return true;
    /* Until the year 5138 in seconds, and after 1973 in each finer unit. */
    if (unit == TIME_UNIT_AUTO)
        unit = times->largest < 100000000000                   ? TIME_UNIT_SECONDS
               : times->largest < 100000000000000              ? TIME_UNIT_MILLISECONDS
               : times->largest < UINT64_C(100000000000000000) ? TIME_UNIT_MICROSECONDS
                                                               : TIME_UNIT_NANOSECONDS;
    *numerator = multiplier(unit);
    *denominator = unit == TIME_UNIT_NANOSECONDS ? 1000 : 1;
    return true;
}
