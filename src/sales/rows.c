#include "sales/rows.h"

#include "base/config.h"
#include "base/json.h"
#include "sales/names.h"
#include "sales/weeks.h"

#include <math.h>
#include <string.h>

enum { COMMAS_PER_ROW = 16, REASON_VALUE_MAX = 60, WHOLE_MAX = 1 << 30 };

void sales_add_text(struct text *out, const char *text)
{
    text_add(out, "\"", 1);
    while (*text) {
        size_t plain = 0;
        while ((unsigned char)text[plain] >= ' ' && text[plain] != '"' && text[plain] != '\\')
            plain++;
        text_add(out, text, plain);
        text += plain;
        if (!*text)
            break;
        if (*text == '"' || *text == '\\')
            text_add_format(out, "\\%c", *text);
        else
            text_add_format(out, "\\u%04x", (unsigned char)*text);
        text++;
    }
    text_add(out, "\"", 1);
}

void sales_add_number(struct text *out, double value)
{
    if (value == floor(value) && fabs(value) < WHOLE_MAX)
        text_add_format(out, "%d", (int)value);
    else
        config_write_number(out, value);
}

/* The two shapes: which fields say when and how much. */
static const struct shape {
    const char *when, *amount;
} shapes[] = {{"date", "kilo_sold"}, {"year_week", "sales"}};

/* The parts of a row while it is read. */
struct reading {
    const struct shape *shape;
    const json_t *when, *vegetable, *amount;
    int32_t period;
    struct arena *memory;
};

/* A row's value in a sentence, cut where it is long. */
static const char *shown(struct reading *at, const json_t *value)
{
    if (json_is_string(value)) {
        const char *text = json_string_value(value);
        size_t length = strnlen(text, REASON_VALUE_MAX);
        while (length > 0 && (text[length] & 0xc0) == 0x80) /* no half characters */
            length--;
        return arena_format(at->memory, "'%.*s'", (int)length, text);
    }
    if (json_is_integer(value))
        return arena_format(at->memory, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value))
        return arena_format(at->memory, "%.15g", json_real_value(value));
    return json_is_null(value)     ? "null"
           : json_is_object(value) ? "an object"
           : json_is_array(value)  ? "a list"
           : json_is_true(value)   ? "true"
                                   : "false";
}

/* A field that is there and is not null, or a reason. */
static const char *need(struct reading *at, const json_t *row, const char *name,
                        const json_t **value)
{
    *value = json_object_get(row, name);
    if (!*value)
        return arena_format(at->memory, "'%s' is missing", name);
    return json_is_null(*value) ? arena_format(at->memory, "'%s' is null", name) : NULL;
}

static const char *find_shape(struct reading *at, const json_t *row)
{
    bool has[2];

    for (int i = 0; i < 2; i++)
        has[i] = json_object_get(row, shapes[i].when) || json_object_get(row, shapes[i].amount);
    if (has[0] && has[1])
        return "it mixes 'date' and 'kilo_sold' with 'year_week' and 'sales'";
    if (!has[0] && !has[1])
        return "it has neither 'date' and 'kilo_sold' nor 'year_week' and 'sales'";
    at->shape = &shapes[has[1]];
    return NULL;
}

static const char *check_vegetable(struct reading *at)
{
    if (!json_is_string(at->vegetable))
        return arena_format(at->memory, "'vegetable' is %s, not a text", shown(at, at->vegetable));
    const char *name = json_string_value(at->vegetable);
    if (name[strspn(name, " \t\r\n")] == '\0')
        return "'vegetable' is blank";
    if (json_string_length(at->vegetable) > SALES_NAME_MAX)
        return arena_format(at->memory, "'vegetable' is longer than %d bytes", SALES_NAME_MAX);
    return NULL;
}

static const char *check_when(struct reading *at)
{
    const char *text = json_string_value(at->when), *why = NULL;
    const size_t length = json_string_length(at->when);
    int64_t week;
    bool ok;

    if (at->shape == &shapes[0]) {
        if (!text)
            return arena_format(at->memory, "'date' is %s, not a text", shown(at, at->when));
        ok = sales_period_of_date(text, length, &at->period, &why);
    } else {
        if (json_is_integer(at->when))
            week = json_integer_value(at->when);
        else if (!text || length != 6 || !text_to_int64(text, length, &week))
            week = -1;
        ok = sales_period_of_week(week, &at->period, &why);
    }
    return ok ? NULL
              : arena_format(at->memory, "'%s' %s %s", at->shape->when, shown(at, at->when), why);
}

static const char *check_amount(struct reading *at)
{
    const double value = json_number_value(at->amount);
    const char *why = !json_is_number(at->amount) ? "is not a number"
                      : value < 0                 ? "is negative"
                      : value > SALES_SALES_MAX   ? "is too large"
                                                  : NULL;

    return why ? arena_format(at->memory, "'%s' is %s: it %s", at->shape->amount,
                              shown(at, at->amount), why)
               : NULL;
}

/* NULL, or why a row is not taken. */
static const char *check_row(struct reading *at, const json_t *row)
{
    const char *why;

    if (!json_is_object(row))
        return arena_format(at->memory, "it is %s, not an object", shown(at, row));
    if ((why = find_shape(at, row)) || (why = need(at, row, at->shape->when, &at->when)) ||
        (why = need(at, row, "vegetable", &at->vegetable)) ||
        (why = need(at, row, at->shape->amount, &at->amount)))
        return why;
    if ((why = check_vegetable(at)) || (why = check_when(at)))
        return why;
    return check_amount(at);
}

static void add_value(struct text *out, const json_t *value)
{
    if (json_is_string(value))
        sales_add_text(out, json_string_value(value));
    else if (json_is_integer(value))
        text_add_format(out, "%lld", (long long)json_integer_value(value));
    else
        sales_add_number(out, json_real_value(value));
}

static struct sales_row make_row(const struct reading *at, size_t index, struct text *posted)
{
    posted->length = 0;
    text_add_format(posted, "{\"%s\": ", at->shape->when);
    add_value(posted, at->when);
    text_add(posted, ", \"vegetable\": ", 15);
    add_value(posted, at->vegetable);
    text_add_format(posted, ", \"%s\": ", at->shape->amount);
    add_value(posted, at->amount);
    text_add(posted, "}", 1);
    return (struct sales_row){
        .index = index,
        .period = at->period,
        .vegetable = arena_string(at->memory, json_string_value(at->vegetable),
                                  json_string_length(at->vegetable)),
        .posted = arena_string(at->memory, posted->bytes, posted->length),
        .sales = json_number_value(at->amount) + 0.0, /* -0 is 0 */
    };
}

/* What a body would become in memory is bounded before it is parsed. */
static bool check_size(const char *body, size_t size, struct error *err)
{
    size_t brackets = 0, commas = 0;

    for (size_t i = 0; i < size; i++) {
        brackets += body[i] == '{' || body[i] == '[';
        commas += body[i] == ',';
    }
    if (brackets > SALES_POST_ROWS_MAX + 1 || commas > SALES_POST_ROWS_MAX * COMMAS_PER_ROW)
        return error_set(err, ERR_LIMIT, "the list is over the limit of %d rows",
                         SALES_POST_ROWS_MAX);
    return true;
}

bool sales_rows_parse(struct sales_rows *rows, const char *body, size_t size, struct arena *memory,
                      struct error *err)
{
    json_error_t where;
    struct text posted = {0};

    if (!check_size(body, size, err))
        return false;
    json_t *list = json_loadb(body, size, 0, &where);
    if (!list)
        return error_set(err, ERR_ARG, "the body is not JSON: line %d, column %d: %s", where.line,
                         where.column, where.text);
    const size_t count = json_array_size(list);
    if (!json_is_array(list) || count > SALES_POST_ROWS_MAX) {
        const bool is_list = json_is_array(list);
        json_decref(list);
        return is_list ? error_set(err, ERR_LIMIT, "the list is over the limit of %d rows",
                                   SALES_POST_ROWS_MAX)
                       : error_set(err, ERR_ARG, "the body is not a list of rows");
    }
    *rows = (struct sales_rows){.row = ARENA_NEW(memory, struct sales_row, count + 1),
                                .reject = ARENA_NEW(memory, struct sales_rejected, count + 1)};
    for (size_t i = 0; i < count; i++) {
        struct reading at = {.memory = memory};
        const char *why = check_row(&at, json_array_get(list, i));
        if (why)
            rows->reject[rows->rejects++] = (struct sales_rejected){i, why};
        else
            rows->row[rows->rows++] = make_row(&at, i, &posted);
    }
    json_decref(list);
    text_clear(&posted);
    return true;
}

void sales_rows_answer(const struct sales_rows *rows, struct text *out)
{
    text_add_format(out, "{\"accepted\": %zu, \"rejected\": [", rows->rows);
    for (size_t i = 0; i < rows->rejects; i++) {
        text_add_format(out, "%s{\"index\": %zu, \"reason\": ", i ? ", " : "",
                        rows->reject[i].index);
        sales_add_text(out, rows->reject[i].reason);
        text_add(out, "}", 1);
    }
    text_add(out, "]}\n", 3);
}
