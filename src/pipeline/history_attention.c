/*
 * history_attention — attention.json: where the model looks.
 *
 *   {"sequences": [{"key": "CUSTOMER_ID", "rows": 5000, "itself": 0.2,
 *                   "places": [{"back": 0, "mean": 0.4, "positives": 0.5, "orders": 5000}, ...],
 *                   "ages": [{"from": 0, "to": 3600, "share": 0.1, "orders": 900}, ...]}]}
 *
 * A place is how many orders back (0: the order itself); mean over rows that have an order there,
 * and over those with a true outcome. An age is in seconds: the share of all attention that goes to
 * earlier orders of that age.
 */
#include "pipeline/history_run.h"

#include "base/arena.h"

#include <math.h>

enum { ROWS_MAX = 5000, AGES = 8 };

/* Seconds: ten minutes, an hour, six hours, a day, three days, a week, a month, more. */
static const double age_ends[AGES] = {600, 3600, 21600, 86400, 259200, 604800, 2592000, INFINITY};

struct spot {
    double sum, positive_sum;
    size_t count, positives;
};

struct looked {
    struct spot *place; /* [seq_len] */
    double itself;      /* sum of what is left for the appended step */
    double age[AGES];
    size_t age_orders[AGES], rows;
};

static size_t age_of(double seconds)
{
    size_t a = 0;

    while (seconds > age_ends[a])
        a++;
    return a;
}

static void note_row(struct looked *looked, const struct history *history, const float *attention,
                     size_t seq_len, bool positive)
{
    double all = 0;

    for (size_t back = 0; back < history->orders; back++) {
        const double weight = (double)attention[seq_len - 1 - back];
        struct spot *place = &looked->place[back];
        all += weight;
        place->sum += weight;
        place->count++;
        if (positive) {
            place->positive_sum += weight;
            place->positives++;
        }
        if (back == 0)
            continue;
        const size_t a = age_of((double)history->time[history->orders - 1 - back]);
        looked->age[a] += weight;
        looked->age_orders[a]++;
    }
    looked->rows += all > 0;
    looked->itself += all > 0 ? 1 - all : 0;
}

static json_t *places_json(const struct looked *looked, size_t seq_len)
{
    json_t *list = json_array();

    for (size_t back = 0; back < seq_len && looked->place[back].count > 0; back++) {
        const struct spot *p = &looked->place[back];
        json_array_append_new(
            list, json_pack("{s:I, s:o, s:o, s:I}", "back", (json_int_t)back, "mean",
                            json_number(p->sum / (double)p->count), "positives",
                            p->positives ? json_number(p->positive_sum / (double)p->positives)
                                         : json_null(),
                            "orders", (json_int_t)p->count));
    }
    return list;
}

static json_t *ages_json(const struct looked *looked)
{
    json_t *list = json_array();
    double total = 0;

    for (size_t a = 0; a < AGES; a++)
        total += looked->age[a];
    for (size_t a = 0; a < AGES; a++)
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:I}", "from", json_number(a ? age_ends[a - 1] : 0),
                            "to", a + 1 < AGES ? json_number(age_ends[a]) : json_null(), "share",
                            json_number(total > 0 ? looked->age[a] / total : 0), "orders",
                            (json_int_t)looked->age_orders[a]));
    return list;
}

static json_t *sequence_json(const struct looked *looked, const char *key, size_t seq_len)
{
    return json_pack("{s:s, s:I, s:o, s:o, s:o}", "key", key, "rows", (json_int_t)looked->rows,
                     "itself",
                     json_number(looked->rows ? looked->itself / (double)looked->rows : 0),
                     "places", places_json(looked, seq_len), "ages", ages_json(looked));
}

json_t *history_attention_json(const struct temporal_attention *model,
                               const struct history_set *set, const struct history_rows *rows,
                               struct pool *pool)
{
    const struct history_recipe *recipe = &set->fitted->config.histories;
    const size_t seq_len = recipe->seq_len, sequences = recipe->sequences;
    const size_t step = rows->count > ROWS_MAX ? rows->count / ROWS_MAX : 1;
    const size_t count = rows->count / step;
    struct arena memory = {0};
    uint32_t *chosen = ARENA_NEW(&memory, uint32_t, count + 1);
    struct looked looked[HISTORY_SEQUENCES_MAX] = {{0}};
    struct history_buffers buffers;
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        chosen[i] = rows->row[i * step];
    float *attention = memory_take_zeroed(count * sequences * seq_len + 1, sizeof *attention);
    temporal_attention_predict(model, set, chosen, count,
                               &(struct temporal_attention_output){.attention = attention}, pool);
    history_buffers_init(&buffers, set->fitted, &memory);
    for (size_t s = 0; s < sequences; s++)
        looked[s].place = ARENA_ZERO(&memory, struct spot, seq_len);
    for (size_t i = 0; i < count; i++) {
        struct history_row row;
        history_cut(set, chosen[i], &buffers, &row);
        for (size_t s = 0; s < sequences; s++)
            note_row(&looked[s], &row.sequence[s], attention + (i * sequences + s) * seq_len,
                     seq_len, set->outcome[chosen[i]] == 1);
    }
    for (size_t s = 0; s < sequences; s++)
        json_array_append_new(list, sequence_json(&looked[s], recipe->by[s], seq_len));
    free(attention);
    arena_clear(&memory);
    return json_pack("{s:o}", "sequences", list);
}
