#include "sequence/history_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void encode_column(struct history_set *set, size_t c, const struct history_column *column)
{
    const struct history_fitted *f = set->fitted;
    const size_t values = column->names.count;
    int32_t *row = memory_take(values + 1, sizeof *row);

    for (size_t v = 0; v < values; v++)
        row[v] = history_category_row(f->categorical[c], &f->category[c], column->names.text[v]);
    row[values] =
        history_category_row(f->categorical[c], &f->category[c], (struct table_string){0});
    for (size_t i = 0; i < set->rows; i++)
        set->categorical[i * f->n_cat + c] =
            row[column->code[i] < 0 ? values : (size_t)column->code[i]];
    free(row);
}

/* Most computed categories are small whole numbers: the row of each is looked up once. */
static void encode_computed(struct history_set *set, size_t c, struct history_values *values)
{
    enum { SMALL = 64 };
    const struct history_fitted *f = set->fitted;
    int32_t known[SMALL] = {0};
    char room[32];

    history_values_compute(values, f->categorical[c], 0);
    for (size_t i = 0; i < set->rows; i++) {
        const double value = values->value[i];
        const bool small = value >= 0 && value < SMALL;
        int32_t row = small ? known[(size_t)value] : 0;
        if (row == 0)
            row = history_category_row(f->categorical[c], &f->category[c],
                                       history_category_text(value, room));
        if (small)
            known[(size_t)value] = row;
        set->categorical[i * f->n_cat + c] = row;
    }
}

static void encode_numbers(struct history_set *set, struct history_values *values)
{
    const struct history_fitted *f = set->fitted;

    for (size_t c = 0; c < f->n_num; c++) {
        history_values_compute(values, f->numeric[c], f->number[c].exponent);
        for (size_t i = 0; i < set->rows; i++)
            set->numeric[i * f->n_num + c] =
                history_scaled(f->numeric[c], &f->number[c], values->value[i]);
    }
    for (size_t c = 0; c < f->n_engineered; c++) {
        const struct history_feature *feature = &f->config.histories.engineered[c];
        history_values_compute(values, feature, f->engineered[c].exponent);
        for (size_t i = 0; i < set->rows; i++)
            set->engineered[i * f->n_engineered + c] =
                history_scaled(feature, &f->engineered[c], values->value[i]);
    }
}

static void take_key(struct history_key *key, struct history_values *values, const char *column)
{
    struct history_sorted *sorted = history_values_key(values, column);

    *key = (struct history_key){sorted->sorted, sorted->end, sorted->earlier};
    /* The set owns these from here on. */
    sorted->sorted = sorted->end = sorted->earlier = NULL;
}

void history_open(struct history_set *set, const struct history_fitted *fitted,
                  const struct history_orders *orders)
{
    const size_t rows = orders->rows;
    struct history_values values;

    *set = (struct history_set){.fitted = fitted, .rows = rows};
    set->time = memory_take(rows + 1, sizeof *set->time);
    set->outcome = memory_take(rows + 1, sizeof *set->outcome);
    set->categorical = memory_take(rows * fitted->n_cat + 1, sizeof *set->categorical);
    set->numeric = memory_take(rows * fitted->n_num + 1, sizeof *set->numeric);
    set->engineered = memory_take(rows * fitted->n_engineered + 1, sizeof *set->engineered);
    if (rows) {
        memcpy(set->time, orders->time, rows * sizeof *set->time);
        memcpy(set->outcome, orders->outcome, rows * sizeof *set->outcome);
    }
    history_values_init(&values, orders);
    for (size_t c = 0; c < fitted->n_cat; c++)
        if (fitted->categorical[c]->value == HISTORY_COLUMN)
            encode_column(set, c, history_orders_column(orders, fitted->categorical[c]->column));
        else
            encode_computed(set, c, &values);
    encode_numbers(set, &values);
    for (size_t s = 0; s < fitted->config.histories.sequences; s++)
        take_key(&set->key[s], &values, fitted->config.histories.by[s]);
    history_values_clear(&values);
}

void history_close(struct history_set *set)
{
    free(set->time);
    free(set->outcome);
    free(set->categorical);
    free(set->numeric);
    free(set->engineered);
    for (size_t s = 0; s < HISTORY_SEQUENCES_MAX; s++) {
        free(set->key[s].sorted);
        free(set->key[s].end);
        free(set->key[s].earlier);
    }
    *set = (struct history_set){0};
}

void history_buffers_init(struct history_buffers *buffers, const struct history_fitted *fitted,
                          struct arena *memory)
{
    const size_t steps = fitted->config.histories.seq_len;

    *buffers = (struct history_buffers){0};
    for (size_t s = 0; s < fitted->config.histories.sequences; s++) {
        buffers->categorical[s] = ARENA_NEW(memory, int32_t, steps * fitted->n_cat + 1);
        buffers->numeric[s] = ARENA_NEW(memory, float, steps * fitted->n_num + 1);
        buffers->time[s] = ARENA_NEW(memory, float, steps);
        buffers->row[s] = ARENA_NEW(memory, uint32_t, steps);
    }
    buffers->engineered = ARENA_NEW(memory, float, fitted->n_engineered + 1);
    buffers->sent = ARENA_NEW(memory, const struct history_series *,
                              fitted->n_cat + fitted->n_num + fitted->n_engineered + 1);
}

size_t history_length(const struct history_set *set, size_t row, size_t sequence)
{
    const size_t most = set->fitted->config.histories.seq_len - 1;
    const size_t earlier = set->key[sequence].earlier[row];

    return 1 + (earlier < most ? earlier : most);
}

/* What is known only later than the target's time reads as unknown. */
void history_hide_unknown(const struct history_fitted *f, const int64_t age, int32_t *categorical,
                          float *numeric)
{
    for (size_t c = 0; c < f->n_cat; c++)
        if (f->categorical[c]->outcome_after >= 0 &&
            (age == 0 || age < f->categorical[c]->outcome_after))
            categorical[c] = f->category[c].first;
    for (size_t c = 0; c < f->n_num; c++)
        if (f->numeric[c]->outcome_after >= 0 && (age == 0 || age < f->numeric[c]->outcome_after))
            numeric[c] = history_scaled(f->numeric[c], &f->number[c], NAN);
}

float history_age(int64_t age)
{
    const double seconds = (double)age / 1e6;

    return seconds < (double)HISTORY_TIME_MAX ? (float)seconds : HISTORY_TIME_MAX;
}

static void cut_sequence(const struct history_set *set, size_t row, size_t s,
                         const struct history_buffers *buffers, struct history *out)
{
    const struct history_fitted *f = set->fitted;
    const struct history_key *key = &set->key[s];
    const size_t steps = history_length(set, row, s);

    for (size_t i = 0; i < steps; i++) {
        const size_t from = i + 1 == steps ? row : key->sorted[key->end[row] - (steps - 1) + i];
        const int64_t age = set->time[row] - set->time[from];
        int32_t *categorical = buffers->categorical[s] + i * f->n_cat;
        float *numeric = buffers->numeric[s] + i * f->n_num;
        memcpy(categorical, set->categorical + from * f->n_cat, f->n_cat * sizeof *categorical);
        memcpy(numeric, set->numeric + from * f->n_num, f->n_num * sizeof *numeric);
        history_hide_unknown(f, age, categorical, numeric);
        buffers->time[s][i] = history_age(age);
        buffers->row[s][i] = (uint32_t)from;
    }
    *out = (struct history){steps, buffers->categorical[s], buffers->numeric[s], buffers->time[s]};
}

void history_cut(const struct history_set *set, size_t row, const struct history_buffers *buffers,
                 struct history_row *out)
{
    *out = (struct history_row){.engineered = set->engineered + row * set->fitted->n_engineered};
    for (size_t s = 0; s < set->fitted->config.histories.sequences; s++)
        cut_sequence(set, row, s, buffers, &out->sequence[s]);
}
