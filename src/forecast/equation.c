#include "forecast/equation.h"

#include <math.h>
#include <string.h>

enum { YEAR = 12 };

/* However much a July falls, something is sold. */
#define LEAST_SHARE 0.05
/* Of the surprise of a month after a stock-out, how much was the stock-out's. */
#define SHARED_SURPRISE 0.5

double *equation_scale(const struct panel *panel, size_t end, struct arena *memory)
{
    double *scale = ARENA_NEW(memory, double, panel->items + 1);

    for (size_t i = 0; i < panel->items; i++) {
        double sum = 0;
        size_t count = 0;
        for (size_t month = 0; month < end; month++) {
            const double sold = panel_sold(panel, i, month, 0);
            sum += isfinite(sold) ? sold : 0;
            count += isfinite(sold);
        }
        scale[i] = count ? sum / (double)count : NAN;
    }
    return scale;
}

static void note_features(struct equation_data *data, const struct feature *const *feature,
                          size_t features)
{
    data->has[PANEL_SALES] = true;
    for (size_t f = 0; f < features; f++)
        data->has[feature[f]->needs] = true;
}

/* Running sums: panel_stock() of every month would be quadratic. */
static void find_stock_outs(struct equation_data *data, const struct panel *panel, size_t item)
{
    double stock = 0;

    for (size_t month = 0; month < data->months && month < panel->stock_end; month++) {
        const double sold = panel_sold(panel, item, month, 0);
        stock += panel->refill[item * panel->months + month];
        data->out[item * data->months + month] =
            isfinite(sold) && stock - sold <= 1e-6 * fmax(1, stock);
        stock -= isfinite(sold) ? sold : 0;
    }
}

static void fill_item(struct equation_data *data, const struct panel *panel, size_t item,
                      size_t *start)
{
    const size_t row = item * data->months;

    *start = data->months;
    for (size_t month = 0; month < data->months; month++) {
        const size_t at = row + month;
        data->sales[at] = panel_sold(panel, item, month, 0);
        if (*start == data->months && isfinite(data->sales[at]))
            *start = month;
        if (data->has[PANEL_MARKETING])
            data->spend[at] = panel->marketing[item * panel->months + month];
        if (data->has[PANEL_PRICE]) {
            data->next[at] = panel_price_change(panel, item, month + 1);
            data->change[at] = panel_price_change(panel, item, month);
        }
        data->left[at] =
            data->has[PANEL_OBJECTIVES] ? panel_objective_left(panel, item, month) : NAN;
    }
    if (data->has[PANEL_STOCK])
        find_stock_outs(data, panel, item);
}

void equation_data_init(struct equation_data *data, const struct panel *panel, size_t months,
                        const double *scale, const struct feature *const *feature, size_t features,
                        struct arena *memory)
{
    const size_t cells = panel->items * months;
    size_t *start = ARENA_NEW(memory, size_t, panel->items + 1);

    *data = (struct equation_data){
        .items = panel->items,
        .months = months,
        .first = panel->first,
        .scale = scale,
        .start = start,
        .sales = ARENA_NEW(memory, double, cells + 1),
        .spend = ARENA_ZERO(memory, double, cells + 1),
        .next = ARENA_ZERO(memory, double, cells + 1),
        .change = ARENA_ZERO(memory, double, cells + 1),
        .out = ARENA_ZERO(memory, uint8_t, cells + 1),
        .left = ARENA_NEW(memory, double, cells + 1),
    };
    note_features(data, feature, features);
    for (size_t i = 0; i < panel->items; i++)
        fill_item(data, panel, i, &start[i]);
}

/* What one month hands on to the next. */
struct state {
    double owed;   /* to customers who found nothing */
    double excess; /* pushed into June, missing in July */
    bool out;      /* the month before ended without stock */
};

/* One item on its way through the months. */
struct course {
    const struct equation_data *data;
    const double *p;
    double noise, scale;
    size_t row, start; /* of the item's first cell; its first month with sales */
    double *usual;     /* [months] U */
    struct state state;
};

static double sum_back(const double *usual, size_t month, size_t from, size_t to)
{
    double sum = 0;

    for (size_t back = from; back <= to; back++)
        sum += usual[month - back];
    return sum;
}

static double usual_of(const struct course *c, size_t month)
{
    const double *u = c->usual, *p = c->p;

    if (month < c->start + EQUATION_WARM_UP)
        return c->scale;
    const double year_ago = u[month - YEAR];
    const double before = sum_back(u, month, YEAR + 1, YEAR + 3);
    const double growth = before > 1e-9 * c->scale ? sum_back(u, month, 1, 3) / before : 1;

    return p[EQUATION_a] * year_ago + p[EQUATION_b] * sum_back(u, month, 1, YEAR) / YEAR +
           p[EQUATION_c] * year_ago * growth;
}

static double effect_of(const struct course *c, size_t month)
{
    const struct equation_data *d = c->data;
    const size_t at = c->row + month;
    const double effect = (1 + c->p[EQUATION_d] * d->spend[at]) *
                          (1 + c->p[EQUATION_e] * d->next[at] + c->p[EQUATION_f] * d->change[at]);

    return fmax(effect, LEAST_SHARE);
}

static double pushed_in(const struct course *c, size_t month, double expected)
{
    const double left = c->data->left[c->row + month];

    if (isfinite(left))
        return c->p[EQUATION_h] * fmax(left - expected, 0);
    return -c->state.excess;
}

/* Mean of a normal distribution above `least`: mean + spread * density / tail, the tail kept above
 * 0 where `least` is far out. */
static double mean_above(double mean, double spread, double least)
{
    const double z = (least - mean) / spread;
    const double density = exp(-z * z / 2) / sqrt(2 * M_PI), tail = erfc(z / M_SQRT2) / 2;

    return tail > 1e-9 ? fmax(mean + spread * density / tail, least) : least;
}

/* Learn from a month: its U, what it owes, what it pushed. */
static void learn(struct course *c, size_t month, double usual, double effect, double pushed,
                  double wanted)
{
    const double sold = c->data->sales[c->row + month];
    const bool known = isfinite(sold), out = c->data->out[c->row + month];
    const double met = !known ? wanted : out ? mean_above(wanted, c->noise * wanted, sold) : sold;
    const double surprise = (met - c->state.owed - pushed) / effect - usual;
    const bool warm = month >= c->start + EQUATION_WARM_UP;
    double given = 0; /* to the stock-out of the month before */

    if (c->state.out && known && !out && month > c->start) {
        given = SHARED_SURPRISE * surprise * effect;
        c->usual[month - 1] += given / effect_of(c, month - 1);
    }
    c->usual[month] = usual + (warm && !out ? c->p[EQUATION_k] : 1) * surprise - given / effect;
    c->state.excess = 0;
    if (isfinite(c->data->left[c->row + month]) && known && !out)
        c->state.excess = fmax(c->p[EQUATION_i] * usual * effect +
                                   c->p[EQUATION_j] * (sold - usual * effect - c->state.owed),
                               0);
    c->state.owed = out ? c->p[EQUATION_g] * (met - sold) : 0;
    c->state.out = out;
}

void equation_run(const struct equation_data *data, const double parameter[EQUATION_COUNT],
                  double noise, size_t item, double *wanted)
{
    double usual_sales[PANEL_MONTHS_MAX];
    struct course c = {
        .data = data,
        .p = parameter,
        .noise = noise,
        .scale = data->scale[item],
        .row = item * data->months,
        .start = data->start[item],
        .usual = usual_sales,
    };

    for (size_t month = 0; month < data->months; month++) {
        wanted[month] = NAN;
        if (month < c.start || !(c.scale > 0))
            continue;
        const double usual = usual_of(&c, month), effect = effect_of(&c, month);
        const double expected = usual * effect + c.state.owed;
        const double pushed = pushed_in(&c, month, expected);
        wanted[month] = fmax(expected + pushed, LEAST_SHARE * c.scale);
        learn(&c, month, usual, effect, pushed, wanted[month]);
    }
}
