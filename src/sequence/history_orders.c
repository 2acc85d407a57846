#include "sequence/history_internal.h"

#include "sequence/journeys.h"

#include <math.h>
#include <string.h>

enum { SHOWN_MAX = 60, PLACE_TEXT_MAX = 512 };

static void need(struct history_orders *orders, const char *name, unsigned as)
{
    for (size_t c = 0; c < orders->columns; c++)
        if (strcmp(orders->column[c].name, name) == 0) {
            orders->column[c].as |= as;
            return;
        }
    orders->column[orders->columns++] = (struct history_column){
        .name = arena_string(&orders->memory, name, strlen(name)), .as = as};
}

static void need_features(struct history_orders *orders, const struct history_feature *feature,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct history_feature *f = &feature[i];
        const bool outcome = f->column && strcmp(f->column, orders->source->outcome) == 0;
        if (f->column && f->type == HISTORY_CATEGORY)
            need(orders, f->column, HISTORY_TEXT);
        else if (f->column && !outcome)
            need(orders, f->column, HISTORY_REAL);
        if (f->by)
            need(orders, f->by, HISTORY_TEXT);
    }
}

void history_orders_init(struct history_orders *orders, const struct history_config *config,
                         const char *const *more)
{
    const struct history_recipe *recipe = &config->histories;
    size_t extra = 0;

    while (more && more[extra])
        extra++;
    *orders =
        (struct history_orders){.source = &config->source, .time_unit = config->source.time_unit};
    orders->column = memory_take_zeroed(recipe->sequences + extra +
                                            2 * (recipe->feature_count + recipe->engineered_count),
                                        sizeof *orders->column);
    for (size_t i = 0; i < recipe->sequences; i++)
        need(orders, recipe->by[i], HISTORY_TEXT);
    for (size_t i = 0; i < extra; i++)
        need(orders, more[i], HISTORY_TEXT);
    need_features(orders, recipe->feature, recipe->feature_count);
    need_features(orders, recipe->engineered, recipe->engineered_count);
    for (size_t c = 0; c < orders->columns; c++)
        if (orders->column[c].as & HISTORY_TEXT) {
            names_init(&orders->column[c].names);
            orders->column[c].names.limit = INT32_MAX - 1;
            name_cache_init(&orders->column[c].cache, &orders->column[c].names);
        }
}

void history_orders_clear(struct history_orders *orders)
{
    for (size_t c = 0; c < orders->columns; c++) {
        struct history_column *column = &orders->column[c];
        if (column->as & HISTORY_TEXT) {
            name_cache_clear(&column->cache);
            names_clear(&column->names);
        }
        free(column->code);
        free(column->number);
    }
    free(orders->column);
    free(orders->time);
    free(orders->outcome);
    arena_clear(&orders->memory);
    *orders = (struct history_orders){0};
}

static void make_room(struct history_orders *orders, size_t rows)
{
    if (orders->rows + rows <= orders->room)
        return;
    const size_t room =
        orders->rows + rows > 2 * orders->room ? orders->rows + rows : 2 * orders->room;
    orders->time = memory_resize(orders->time, room, sizeof *orders->time);
    orders->outcome = memory_resize(orders->outcome, room, sizeof *orders->outcome);
    for (size_t c = 0; c < orders->columns; c++) {
        struct history_column *column = &orders->column[c];
        if (column->as & HISTORY_TEXT)
            column->code = memory_resize(column->code, room, sizeof *column->code);
        if (column->as & HISTORY_REAL)
            column->number = memory_resize(column->number, room, sizeof *column->number);
    }
    orders->room = room;
}

/* One cell as text; bytes NULL where it is missing. `room` is for what is not text yet. */
static struct table_string cell_text(const struct table_column *column, size_t row, char room[40])
{
    int length = 0;

    if (!table_is_valid(column, row))
        return (struct table_string){0};
    switch (column->type) {
    case TABLE_TEXT:
        return column->text[row];
    case TABLE_CODE:
        return column->code[row] < 0 ? (struct table_string){0}
                                     : column->dictionary[column->code[row]];
    case TABLE_DOUBLE:
        if (isnan(column->number[row]))
            return (struct table_string){0};
        length = snprintf(room, 40, "%.17g", column->number[row]);
        break;
    case TABLE_BOOL:
        length = snprintf(room, 40, "%s", column->boolean[row] ? "true" : "false");
        break;
    default:
        length = snprintf(room, 40, "%lld", (long long)column->integer[row]);
    }
    return (struct table_string){room, (size_t)length};
}

static bool wrong(const struct table_column *column, const struct table_string *text,
                  const char *wanted, struct error *err)
{
    return error_set(err, ERR_DATA, "column '%s' is '%.*s', not %s", column->name,
                     text->length < SHOWN_MAX ? (int)text->length : SHOWN_MAX, text->bytes, wanted);
}

static bool cell_number(const struct table_column *column, size_t row, double *value,
                        struct error *err)
{
    char room[40];

    if (column->type == TABLE_DOUBLE && table_is_valid(column, row)) {
        *value = column->number[row];
    } else {
        const struct table_string text = cell_text(column, row, room);
        bool truth;
        *value = NAN;
        if (text.bytes && !text_to_number(text.bytes, text.length, value)) {
            if (!text_to_bool(text.bytes, text.length, &truth))
                return wrong(column, &text, "a number", err);
            *value = truth;
        }
    }
    return !isinf(*value) || error_set(err, ERR_DATA, "column '%s' is infinite", column->name);
}

static bool cell_outcome(const struct history_source *source, const struct table_column *column,
                         size_t row, double *value, struct error *err)
{
    char room[40];
    const struct table_string text = cell_text(column, row, room);
    bool truth;

    *value = NAN;
    if (!text.bytes || text_is_missing(text.bytes, text.length))
        return true;
    if (source->positive) {
        *value = strlen(source->positive) == text.length &&
                 memcmp(source->positive, text.bytes, text.length) == 0;
        return true;
    }
    if (!text_to_bool(text.bytes, text.length, &truth))
        return wrong(column, &text, "an outcome (true/false or 0/1)", err);
    *value = truth;
    return true;
}

/* Until the year 5138 in seconds, and after 1973 in each finer unit. */
static int unit_of(int64_t value)
{
    const int64_t size = value < 0 ? -value : value;

    return size < INT64_C(100000000000)         ? TIME_UNIT_SECONDS
           : size < INT64_C(100000000000000)    ? TIME_UNIT_MILLISECONDS
           : size < INT64_C(100000000000000000) ? TIME_UNIT_MICROSECONDS
                                                : TIME_UNIT_NANOSECONDS;
}

static bool integer_time(struct history_orders *orders, int64_t value, int64_t *time)
{
    static const int64_t factor[] = {
        [TIME_UNIT_SECONDS] = 1000000,
        [TIME_UNIT_MILLISECONDS] = 1000,
        [TIME_UNIT_MICROSECONDS] = 1,
        [TIME_UNIT_NANOSECONDS] = 1,
    };
    const int64_t bound = INT64_C(9000000000000000000);

    if (orders->time_unit == TIME_UNIT_ISO || value > bound || value < -bound)
        return false;
    if (orders->time_unit == TIME_UNIT_AUTO)
        orders->time_unit = unit_of(value);
    const int64_t by = factor[orders->time_unit];
    if (value > bound / by || value < -bound / by)
        return false;
    *time = orders->time_unit == TIME_UNIT_NANOSECONDS ? value / 1000 : value * by;
    return true;
}

static bool cell_time(struct history_orders *orders, const struct table_column *column, size_t row,
                      int64_t *time, struct error *err)
{
    char room[40];
    const struct table_string text = cell_text(column, row, room);
    int64_t whole;
    bool ok;

    if (!text.bytes || !text.length)
        return error_set(err, ERR_DATA, "the time column '%s' is empty", column->name);
    if (column->type == TABLE_TIME) {
        *time = column->integer[row];
        ok = true;
    } else if (column->type == TABLE_DOUBLE) {
        const double number = column->number[row];
        ok = fabs(number) < 9e18 && number == trunc(number) &&
             integer_time(orders, (int64_t)number, time);
    } else if (text_to_int64(text.bytes, text.length, &whole)) {
        ok = integer_time(orders, whole, time);
    } else {
        ok = text_to_time(text.bytes, text.length, time);
    }
    if (!ok || *time >= HISTORY_TIME_BOUND || *time <= -HISTORY_TIME_BOUND)
        return wrong(column, &text, "a time (an integer or ISO 8601)", err);
    return true;
}

bool history_time_parse(const struct history_source *source, struct table_string text,
                        int64_t *time, struct error *err)
{
    struct history_orders orders = {.time_unit = source->time_unit};
    const struct table_column column = {.name = source->time, .type = TABLE_TEXT, .text = &text};

    return cell_time(&orders, &column, 0, time, err);
}

struct table_string history_outcome_text(const struct history_source *source, const char *column,
                                         struct table_string text)
{
    bool truth;

    if (!text.length || source->positive || strcmp(column, source->outcome) != 0 ||
        !text_to_bool(text.bytes, text.length, &truth))
        return text;
    return (struct table_string){truth ? "1" : "0", 1};
}

/* Appends one column's cells; *row is the one at fault on failure. */
static bool add_column(const struct history_orders *orders, struct history_column *out,
                       const struct table_column *column, size_t rows, size_t *row,
                       struct error *err)
{
    const size_t at = orders->rows;
    char room[40];

    for (*row = 0; *row < rows; ++*row) {
        if (out->as & HISTORY_TEXT) {
            const struct table_string text =
                history_outcome_text(orders->source, column->name, cell_text(column, *row, room));
            out->code[at + *row] = -1;
            if (text.length && !name_cache_code(&out->cache, &text, &out->code[at + *row], err))
                return error_wrap(err, "column '%s'", column->name);
        }
        if ((out->as & HISTORY_REAL) && !cell_number(column, *row, &out->number[at + *row], err))
            return false;
    }
    return true;
}

static const struct table_column *find(const struct table_chunk *chunk, const char *name)
{
    for (size_t c = 0; c < chunk->count; c++)
        if (strcmp(chunk->column[c].name, name) == 0)
            return &chunk->column[c];
    return NULL;
}

static bool add_cells(struct history_orders *orders, const struct table_chunk *chunk, size_t *row,
                      struct error *err)
{
    const struct history_source *source = orders->source;
    const struct table_column *time = find(chunk, source->time),
                              *outcome = find(chunk, source->outcome);

    *row = 0;
    if (!time)
        return error_set(err, ERR_DATA, "there is no column '%s'", source->time);
    for (; *row < chunk->rows; ++*row) {
        const size_t at = orders->rows + *row;
        orders->outcome[at] = NAN;
        if (!cell_time(orders, time, *row, &orders->time[at], err) ||
            (outcome && !cell_outcome(source, outcome, *row, &orders->outcome[at], err)))
            return false;
    }
    for (size_t c = 0; c < orders->columns; c++) {
        struct history_column *column = &orders->column[c];
        const struct table_column *from = find(chunk, column->name);
        if (!from && strcmp(column->name, source->outcome) == 0) {
            for (size_t i = 0; i < chunk->rows; i++)
                column->code[orders->rows + i] = -1;
            continue;
        }
        *row = 0;
        if (!from)
            return error_set(err, ERR_DATA, "there is no column '%s'", column->name);
        if (!add_column(orders, column, from, chunk->rows, row, err))
            return false;
    }
    return true;
}

bool history_orders_add(struct history_orders *orders, const struct table_chunk *chunk,
                        size_t first_row, struct error *err)
{
    size_t row;

    if (chunk->rows > HISTORY_ROWS_MAX - orders->rows)
        return error_set(err, ERR_LIMIT, "there are more than %zu orders", HISTORY_ROWS_MAX);
    make_room(orders, chunk->rows);
    if (!add_cells(orders, chunk, &row, err))
        return error_wrap(err, "row %zu", first_row + row + 1);
    orders->rows += chunk->rows;
    return true;
}

static bool read_chunks(struct history_orders *orders, struct table_reader *reader,
                        struct error *err)
{
    char place[PLACE_TEXT_MAX];
    struct table_chunk chunk;
    size_t row;

    for (;;) {
        if (!table_reader_next(reader, &chunk, err))
            return false;
        if (chunk.rows == 0)
            return true;
        if (chunk.rows > HISTORY_ROWS_MAX - orders->rows)
            return error_set(err, ERR_LIMIT, "there are more than %zu orders", HISTORY_ROWS_MAX);
        make_room(orders, chunk.rows);
        if (!add_cells(orders, &chunk, &row, err)) {
            table_reader_place(reader, row, place, sizeof place);
            return error_wrap(err, "%s", place);
        }
        orders->rows += chunk.rows;
    }
}

bool history_orders_read(struct history_orders *orders, const struct table_source *source,
                         bool outcome_needed, struct error *err)
{
    struct arena memory = {0};
    struct table_field *field = ARENA_NEW(&memory, struct table_field, orders->columns + 2);
    struct table_reader *reader = NULL;
    size_t count = 0;
    bool outcome_held = false, has_outcome = outcome_needed;

    for (size_t c = 0; c < source->column_count; c++)
        has_outcome = has_outcome || strcmp(source->column[c].name, orders->source->outcome) == 0;
    field[count++] = (struct table_field){orders->source->time, TABLE_ANY};
    for (size_t c = 0; c < orders->columns; c++) {
        const struct history_column *column = &orders->column[c];
        const bool outcome = strcmp(column->name, orders->source->outcome) == 0;
        outcome_held = outcome_held || outcome;
        if (strcmp(column->name, orders->source->time) != 0 && (!outcome || has_outcome))
            field[count++] = (struct table_field){
                column->name, column->as & HISTORY_TEXT ? TABLE_TEXT : TABLE_DOUBLE};
    }
    if (!outcome_held && has_outcome)
        field[count++] = (struct table_field){orders->source->outcome, TABLE_TEXT};
    const bool ok =
        table_reader_open(&reader, source, field, count, err) && read_chunks(orders, reader, err);
    table_reader_close(reader);
    arena_clear(&memory);
    return ok;
}

const struct history_column *history_orders_column(const struct history_orders *orders,
                                                   const char *name)
{
    for (size_t c = 0; c < orders->columns; c++)
        if (strcmp(orders->column[c].name, name) == 0)
            return &orders->column[c];
    return NULL;
}
