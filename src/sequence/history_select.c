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

bool history_select(struct history_rows *rows, const struct history_orders *orders,
                    const struct history_config *config, const struct history_split *split,
                    enum history_part part, struct error *err)
{
    const struct history_range *range = &split->range[part];
    const struct history_column *key = NULL;
    int64_t *first = NULL, after = split->known_after;

    *rows = (struct history_rows){0};
    if (after < 0)
        after = config->source.outcome_after > 0 ? config->source.outcome_after : 0;
    if (split->drop_known && part != HISTORY_TRAIN) {
        key = history_orders_column(orders, split->drop_known);
        if (!key || !(key->as & HISTORY_TEXT))
            return error_set(err, ERR_DATA, "'split.drop_known': there is no column '%s'",
                             split->drop_known);
        first = first_outcomes(orders, key, split->range[HISTORY_TRAIN].from);
    }
    rows->row = memory_take(orders->rows + 1, sizeof *rows->row);
    for (size_t i = 0; i < orders->rows; i++) {
        const int64_t time = orders->time[i];
        if (time >= range->from && time < range->to && !isnan(orders->outcome[i]) &&
            !(first && is_known(first, key, i, time, after)))
            rows->row[rows->count++] = (uint32_t)i;
    }
    free(first);
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
