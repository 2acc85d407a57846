#include "pipeline/history_request.h"

#include <stdint.h>
#include <string.h>

struct columns {
    struct schema_column *column;
    size_t count, room;
};

static size_t find(const struct columns *columns, const char *name)
{
    for (size_t c = 0; c < columns->count; c++)
        if (strcmp(columns->column[c].name, name) == 0)
            return c;
    return SIZE_MAX;
}

static size_t add(struct columns *columns, const char *name, enum schema_kind kind,
                  enum schema_need need)
{
    BUG_ON(columns->count == columns->room);
    columns->column[columns->count] = (struct schema_column){name, kind, need};
    return columns->count++;
}

/* Columns of an order of a table. */
static void add_own(struct columns *columns, const struct history_fitted *fitted,
                    struct arena *memory)
{
    const struct history_source *source = &fitted->config.source;
    struct history_orders orders;

    history_orders_init(&orders, &fitted->config, NULL);
    add(columns, source->time, SCHEMA_TEXT, SCHEMA_UNLESS_LISTS);
    for (size_t c = 0; c < orders.columns; c++) {
        const struct history_column *column = &orders.column[c];
        if (find(columns, column->name) == SIZE_MAX && strcmp(column->name, source->outcome) != 0)
            add(columns, arena_string(memory, column->name, strlen(column->name)),
                column->as & HISTORY_TEXT ? SCHEMA_TEXT : SCHEMA_NUMBER, SCHEMA_UNLESS_LISTS);
    }
    if (find(columns, source->outcome) == SIZE_MAX)
        add(columns, source->outcome, SCHEMA_TEXT, SCHEMA_OPTIONAL);
    history_orders_clear(&orders);
}

/* The column "KEY.NAME"; SIZE_MAX with ERR_LIMIT where it cannot be. */
static size_t add_list(struct columns *columns, const char *key, const char *name,
                       struct arena *memory, struct error *err)
{
    const char *full = arena_format(memory, "%s.%s", key, name);

    if (strlen(full) > SCHEMA_NAME_MAX || find(columns, full) != SIZE_MAX) {
        error_set(err, ERR_LIMIT, "the list '%.200s' is too long, or is there already", full);
        return SIZE_MAX;
    }
    return add(columns, full, SCHEMA_LIST, SCHEMA_OPTIONAL);
}

static bool add_lists(struct columns *columns, const struct history_config *config, const char *key,
                      struct history_lists *lists, struct arena *memory, struct error *err)
{
    const struct history_recipe *recipe = &config->histories;

    lists->key = key;
    lists->feature = ARENA_NEW(memory, size_t, recipe->feature_count + 1);
    lists->time = add_list(columns, key, config->source.time, memory, err);
    if (lists->time == SIZE_MAX)
        return false;
    for (size_t f = 0; f < recipe->feature_count; f++) {
        /* A feature that is the time column itself has the list of times. */
        if (strcmp(recipe->feature[f].name, config->source.time) == 0) {
            lists->feature[f] = lists->time;
            continue;
        }
        lists->feature[f] = add_list(columns, key, recipe->feature[f].name, memory, err);
        if (lists->feature[f] == SIZE_MAX)
            return false;
    }
    return true;
}

bool history_request_init(struct history_request *request, const struct history_fitted *fitted,
                          struct arena *memory, struct error *err)
{
    const struct history_recipe *recipe = &fitted->config.histories;
    /* Own columns are at most time, outcome, keys, and column and key of each feature. */
    struct columns columns = {.room = 2 + recipe->sequences * (2 + recipe->feature_count) +
                                      3 * (recipe->feature_count + recipe->engineered_count)};

    *request = (struct history_request){.fitted = fitted};
    if (columns.room > SCHEMA_COLUMNS_MAX * 4)
        return error_set(err, ERR_LIMIT, "a request has %zu columns", columns.room);
    columns.column = ARENA_NEW(memory, struct schema_column, columns.room);
    add_own(&columns, fitted, memory);
    request->own = columns.count;
    for (size_t s = 0; s < recipe->sequences; s++)
        if (!add_lists(&columns, &fitted->config, recipe->by[s], &request->sequence[s], memory,
                       err))
            return false;
    request->engineered = ARENA_NEW(memory, size_t, recipe->engineered_count + 1);
    for (size_t e = 0; e < recipe->engineered_count; e++) {
        const size_t there = find(&columns, recipe->engineered[e].name);
        request->engineered[e] = there != SIZE_MAX ? there
                                                   : add(&columns, recipe->engineered[e].name,
                                                         SCHEMA_NUMBER, SCHEMA_OPTIONAL);
    }
    if (columns.count > SCHEMA_COLUMNS_MAX)
        return error_set(err, ERR_LIMIT, "a request has %zu columns, the limit is %d",
                         columns.count, SCHEMA_COLUMNS_MAX);
    request->schema = (struct schema){columns.count, columns.column};
    return true;
}

bool history_request_has_lists(const struct history_request *request, const struct frame *rows,
                               size_t row)
{
    for (size_t c = request->own; c < request->schema.count; c++)
        if (request->schema.column[c].kind == SCHEMA_LIST && rows->column[c].text[row].length > 0)
            return true;
    return false;
}

/* The own columns of the rows chosen, as a table. */
static struct table_chunk gather(const struct history_request *request, const struct frame *rows,
                                 const size_t *chosen, size_t count, struct arena *scratch)
{
    struct table_column *column = ARENA_ZERO(scratch, struct table_column, request->own);

    for (size_t c = 0; c < request->own; c++) {
        const struct frame_column *from = &rows->column[c];
        column[c].name = request->schema.column[c].name;
        column[c].type = from->number ? TABLE_DOUBLE : TABLE_TEXT;
        if (from->number) {
            double *number = ARENA_NEW(scratch, double, count + 1);
            for (size_t i = 0; i < count; i++)
                number[i] = from->number[chosen[i]];
            column[c].number = number;
            continue;
        }
        struct table_string *text = ARENA_NEW(scratch, struct table_string, count + 1);
        uint64_t *valid = ARENA_ZERO(scratch, uint64_t, count / 64 + 1);
        for (size_t i = 0; i < count; i++) {
            text[i] = from->text[chosen[i]];
            valid[i / 64] |= (uint64_t)(text[i].bytes != NULL) << (i % 64);
        }
        column[c].text = text;
        column[c].valid = valid;
    }
    return (struct table_chunk){count, request->own, column};
}

/* Without the place that the reader of tables puts in front. */
static const char *bare(const char *sentence)
{
    static const char place[] = "row 1: ";

    return strncmp(sentence, place, sizeof place - 1) == 0 ? sentence + sizeof place - 1 : sentence;
}

/* One row after the other, because one of them cannot be read. */
static bool add_each(const struct history_request *request, const struct frame *rows,
                     const size_t *chosen, size_t count, struct history_orders *orders,
                     size_t *place, struct row_errors *errors, struct arena *scratch,
                     struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct table_chunk chunk = gather(request, rows, &chosen[i], 1, scratch);
        const size_t at = orders->rows;
        struct error wrong = {0};
        if (history_orders_add(orders, &chunk, 0, &wrong)) {
            place[chosen[i]] = at;
        } else if (!errors || wrong.code != ERR_DATA) {
            return error_set(err, wrong.code, "row %zu: %s", chosen[i] + 1, bare(wrong.text));
        } else {
            row_errors_add(errors, chosen[i], NULL, "cannot be read: %s", bare(wrong.text));
        }
    }
    return true;
}

bool history_request_orders(const struct history_request *request, const struct frame *rows,
                            struct history_orders *orders, size_t *place, struct row_errors *errors,
                            struct arena *scratch, struct error *err)
{
    size_t *chosen = ARENA_NEW(scratch, size_t, rows->rows + 1), count = 0;
    struct error ignored = {0};

    for (size_t row = 0; row < rows->rows; row++) {
        place[row] = SIZE_MAX;
        if (!(errors && row_errors_find(errors, row)) &&
            !history_request_has_lists(request, rows, row))
            chosen[count++] = row;
    }
    if (count == 0)
        return true;
    const struct table_chunk chunk = gather(request, rows, chosen, count, scratch);
    const size_t first = orders->rows;
    if (!history_orders_add(orders, &chunk, 0, &ignored))
        return add_each(request, rows, chosen, count, orders, place, errors, scratch, err);
    for (size_t i = 0; i < count; i++)
        place[chosen[i]] = first + i;
    return true;
}
