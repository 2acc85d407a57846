/* history_values — the value of a feature for every order: columns, calendar, windows. */
#include "sequence/history_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sums of windows are whole numbers of units: adding and taking away loses nothing. */
__extension__ typedef __int128 wide;

/* A window moving over the orders of one key. */
struct window {
    const struct history_feature *feature;
    const int64_t *time;  /* [count] not descending */
    const double *number; /* [count] of the column, or NULL */
    double to_units, from_units;
    wide sum;
    size_t values;   /* in the window that are not missing */
    uint32_t *queue; /* places of values that may become the least (largest) */
    size_t head, tail;
};

void history_values_init(struct history_values *values, const struct history_orders *orders)
{
    const size_t rows = orders->rows + 1;

    *values = (struct history_values){.orders = orders};
    values->by_time = memory_take(rows, sizeof *values->by_time);
    values->key = memory_take_zeroed(orders->columns + 1, sizeof *values->key);
    values->time = memory_take(rows, sizeof *values->time);
    values->before = memory_take(rows, sizeof *values->before);
    values->number = memory_take(rows, sizeof *values->number);
    values->queue = memory_take(rows, sizeof *values->queue);
    values->value = memory_take(rows, sizeof *values->value);
    history_sort_time(orders->time, orders->rows, values->by_time);
}

void history_values_clear(struct history_values *values)
{
    for (size_t c = 0; values->key && c < values->orders->columns; c++)
        history_sorted_clear(&values->key[c]);
    free(values->by_time);
    free(values->key);
    free(values->time);
    free(values->before);
    free(values->number);
    free(values->queue);
    free(values->value);
    *values = (struct history_values){0};
}

struct history_sorted *history_values_key(struct history_values *values, const char *column)
{
    const struct history_orders *orders = values->orders;
    const struct history_column *key = history_orders_column(orders, column);

    BUG_ON(!key || !(key->as & HISTORY_TEXT));
    struct history_sorted *sorted = &values->key[key - orders->column];
    if (!sorted->sorted)
        history_sort_key(key, orders->time, orders->rows, values->by_time, sorted);
    return sorted;
}

const double *history_values_column(const struct history_values *values, const char *column)
{
    const struct history_orders *orders = values->orders;

    if (strcmp(column, orders->source->outcome) == 0)
        return orders->outcome;
    const struct history_column *held = history_orders_column(orders, column);
    BUG_ON(!held || !(held->as & HISTORY_REAL));
    return held->number;
}

double history_calendar(int value, int64_t time)
{
    const int64_t day = history_day(time);
    const double hour = (double)((time - day * HISTORY_DAY) / (HISTORY_DAY / 24));
    const int64_t weekday = ((day + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */

    switch (value) {
    case HISTORY_HOUR:
        return hour;
    case HISTORY_WEEKDAY:
        return (double)weekday;
    case HISTORY_NIGHT:
        return hour <= 6;
    default:
        return weekday >= 5;
    }
}

static bool comes_before(int value, double a, double b)
{
    return value == HISTORY_MIN ? a <= b : a >= b;
}

static wide units(const struct window *w, double x)
{
    const double bound = 0x1p90; /* far above what the unit was chosen for */
    const double y = x * w->to_units;

    if (fabs(y) < 0x1p62)
        return (int64_t)y;
    return (wide)fmin(fmax(y, -bound), bound);
}

static void window_add(struct window *w, size_t i)
{
    const int value = w->feature->value;

    if (!w->number || isnan(w->number[i]))
        return;
    w->values++;
    if (value != HISTORY_MIN && value != HISTORY_MAX) {
        w->sum += units(w, w->number[i]);
        return;
    }
    while (w->tail > w->head && comes_before(value, w->number[i], w->number[w->queue[w->tail - 1]]))
        w->tail--;
    w->queue[w->tail++] = (uint32_t)i;
}

static void window_remove(struct window *w, size_t i)
{
    if (!w->number || isnan(w->number[i]))
        return;
    w->values--;
    if (w->feature->value != HISTORY_MIN && w->feature->value != HISTORY_MAX)
        w->sum -= units(w, w->number[i]);
    else if (w->tail > w->head && w->queue[w->head] == i)
        w->head++;
}

static double window_value(const struct window *w, size_t count, double own)
{
    const double sum = (double)w->sum * w->from_units;

    switch (w->feature->value) {
    case HISTORY_COUNT:
        return (double)count;
    case HISTORY_SUM:
        return sum;
    case HISTORY_MEAN:
        return w->values ? sum / (double)w->values : NAN;
    case HISTORY_RATIO:
        return w->values && sum != 0 ? own / (sum / (double)w->values) : NAN;
    default:
        return w->tail > w->head ? w->number[w->queue[w->head]] : NAN;
    }
}

/* The orders of one key, at `row` in order of time. */
static void walk_key(struct window *w, const uint32_t *row, const uint32_t *before, size_t count,
                     double *value)
{
    const int64_t delay = w->feature->delay, window = w->feature->window;
    size_t from = 0, to = 0;

    w->sum = 0;
    w->values = w->head = w->tail = 0;
    for (size_t i = 0; i < count; i++) {
        while (to < before[i] && w->time[to] <= w->time[i] - delay)
            window_add(w, to++);
        while (window && from < to && w->time[from] <= w->time[i] - delay - window)
            window_remove(w, from++);
        value[row[i]] = window_value(w, to - from, w->number ? w->number[i] : NAN);
    }
}

static void walk_since(const struct history_sorted *key, const int64_t *time, size_t rows,
                       double *value)
{
    for (size_t i = 0; i < rows; i++)
        value[i] =
            key->earlier[i] ? (double)(time[i] - time[key->sorted[key->end[i] - 1]]) / 1e6 : NAN;
}

/* Orders and a column in the order of a key, so that windows walk straight through memory. */
static void gather(struct history_values *values, const struct history_sorted *key,
                   const double *column)
{
    const size_t held = key->first[key->keys];

    if (values->gathered != key)
        for (size_t p = 0; p < held; p++) {
            values->time[p] = values->orders->time[key->sorted[p]];
            values->before[p] = key->earlier[key->sorted[p]];
        }
    if (column && (values->gathered != key || values->gathered_column != column)) {
        for (size_t p = 0; p < held; p++)
            values->number[p] = column[key->sorted[p]];
        values->gathered_column = column;
    } else if (values->gathered != key) {
        values->gathered_column = NULL;
    }
    values->gathered = key;
}

static void walk_windows(struct history_values *values, const struct history_feature *f,
                         int exponent)
{
    const struct history_sorted *key = history_values_key(values, f->by);
    const double *number = f->column ? history_values_column(values, f->column) : NULL;
    struct window w = {.feature = f,
                       .to_units = ldexp(1, 60 - exponent),
                       .from_units = ldexp(1, exponent - 60),
                       .queue = values->queue};

    gather(values, key, number);
    /* Orders without the key have no window. */
    if (key->first[key->keys] < values->orders->rows)
        for (size_t i = 0; i < values->orders->rows; i++)
            values->value[i] = f->value <= HISTORY_SUM ? 0 : NAN;
    for (size_t k = 0; k < key->keys; k++) {
        const size_t p = key->first[k];
        w.time = values->time + p;
        w.number = number ? values->number + p : NULL;
        walk_key(&w, key->sorted + p, values->before + p, key->first[k + 1] - p, values->value);
    }
}

void history_values_compute(struct history_values *values, const struct history_feature *feature,
                            int exponent)
{
    const struct history_orders *orders = values->orders;

    if (feature->value == HISTORY_COLUMN) {
        if (orders->rows)
            memcpy(values->value, history_values_column(values, feature->column),
                   orders->rows * sizeof *values->value);
    } else if (!history_uses_key(feature->value)) {
        for (size_t i = 0; i < orders->rows; i++)
            values->value[i] = history_calendar(feature->value, orders->time[i]);
    } else if (feature->value == HISTORY_SINCE) {
        const struct history_sorted *key = history_values_key(values, feature->by);
        walk_since(key, orders->time, orders->rows, values->value);
    } else {
        walk_windows(values, feature, exponent);
    }
}

double history_squashed(const struct history_feature *feature, double value)
{
    return feature->log ? copysign(log1p(fabs(value)), value) : value;
}

float history_scaled(const struct history_feature *feature, const struct history_number *number,
                     double value)
{
    const double bound = 1e6; /* what no scaled value of sense reaches */
    const double x = history_squashed(feature, isnan(value) ? number->missing : value);

    return (float)fmin(fmax((x - number->shift) * number->factor, -bound), bound);
}
