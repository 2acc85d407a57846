/* history_select — the rows of a split by time, without keys whose outcome was known before. */
#include "sequence/history_internal.h"

#include <math.h>
#include <stdlib.h>

/* For each key the time of its first order since `from` with a true outcome. */
static int64_t *first_outcomes(const struct history_orders *orders,
                               const struct history_column *key, int64_t from)
{
    int64_t *first = memory_take(key->names.count + 1, sizeof *first);

    for (size_t k = 0; k < key->names.count; k++)
        first[k] = INT64_MAX;
    for (size_t i = 0; i < orders->rows; i++)
        if (orders->outcome[i] == 1 && key->code[i] >= 0 && orders->time[i] >= from &&
            orders->time[i] < first[key->code[i]])
            first[key->code[i]] = orders->time[i];
    return first;
}

static bool is_known(const int64_t *first, const struct history_column *key, size_t row,
                     int64_t time, int64_t after)
{
    return key->code[row] >= 0 && first[key->code[row]] < history_day(time) * HISTORY_DAY - after;
}

struct history_known history_known_of(const struct history_config *config,
                                      const struct history_split *split)
{
    const int64_t delay = config->source.outcome_after;

    return (struct history_known){
        .by = split->drop_known,
        .since = split->range[HISTORY_TRAIN].from,
        .after = split->known_after >= 0 ? split->known_after
                 : delay > 0             ? delay
                                         : 0,
    };
}

bool history_drop_known(struct history_rows *rows, const struct history_orders *orders,
                        const struct history_known *known, struct error *err)
{
    size_t kept = 0;

    if (!known->by)
        return true;
    const struct history_column *key = history_orders_column(orders, known->by);
    if (!key || !(key->as & HISTORY_TEXT))
        return error_set(err, ERR_DATA, "'split.drop_known': there is no column '%s'", known->by);
    int64_t *first = first_outcomes(orders, key, known->since);
    for (size_t i = 0; i < rows->count; i++)
        if (!is_known(first, key, rows->row[i], orders->time[rows->row[i]], known->after))
            rows->row[kept++] = rows->row[i];
    rows->count = kept;
    free(first);
    return true;
}

bool history_select(struct history_rows *rows, const struct history_orders *orders,
                    const struct history_config *config, const struct history_split *split,
                    enum history_part part, struct error *err)
{
    const struct history_range *range = &split->range[part];
    const struct history_known known = history_known_of(config, split);

    *rows = (struct history_rows){.row = memory_take(orders->rows + 1, sizeof *rows->row)};
    for (size_t i = 0; i < orders->rows; i++)
        if (orders->time[i] >= range->from && orders->time[i] < range->to &&
            !isnan(orders->outcome[i]))
            rows->row[rows->count++] = (uint32_t)i;
    if (part != HISTORY_TRAIN && !history_drop_known(rows, orders, &known, err)) {
        history_rows_clear(rows);
        return false;
    }
    rows->row = memory_resize(rows->row, rows->count + 1, sizeof *rows->row);
    if (rows->count || range->from == range->to)
        return true;
    history_rows_clear(rows);
    return error_set(err, ERR_DATA, "'split.%s': no order with an outcome is in that time",
                     history_part_names[part]);
}

void history_rows_clear(struct history_rows *rows)
{
    free(rows->row);
    *rows = (struct history_rows){0};
}
