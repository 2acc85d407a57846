/*
 * equation — how sales come about, month by month, as a function of a few parameters.
 *
 * Of every item the equation follows the usual sales U: sales without marketing, price changes,
 * stock-outs and objectives, because those do not return a year later.
 *
 *   usual(M)  = a U(M-12) + b mean U(M-1..M-12) + c U(M-12) (sum U(M-1..M-3) / sum U(M-13..M-15))
 *   effect(M) = (1 + d marketing(M)) (1 + e change(M+1) + f change(M))
 *   wanted(M) = usual(M) effect(M) + owed(M) + pushed(M)
 *
 *   change(M)  price of the month over that of the month before, less 1
 *   owed(M)    g times what could not be sold the month before, where that ended without stock
 *   pushed(M)  in a June whose objective is within reach (panel.h), h times what is missing to it,
 *              if anything; in the July after, less a share of that June's usual sales and a share
 *              of what it sold beyond them, never more than nothing
 *
 * What a month showed becomes its U: usual + k (shown - usual), shown being its sales without the
 * effects above. Of a stock-out only its least is known: what was wanted is taken as the mean of a
 * normal distribution around the prediction above what was sold; its spread is `noise`, relative to
 * the prediction. The month after, half of what was unexpected is put down to the stock-out.
 *
 * The first fifteen months of an item have no prediction; its mean sales times the effects stand
 * in. A month without a row is as predicted.
 */
#ifndef QUERN_FORECAST_EQUATION_H
#define QUERN_FORECAST_EQUATION_H

#include "forecast/feature.h"

enum { EQUATION_WARM_UP = 15 };

/* Symbol, what it starts from in a search, the file without which it is 0, its meaning. */
#define EQUATION_PARAMETERS(X)                                                                     \
    X(a, 0.4, PANEL_SALES, "weight of the usual sales of the same month last year")                \
    X(b, 0.4, PANEL_SALES, "weight of the mean usual sales of the last twelve months")             \
    X(c, 0.2, PANEL_SALES, "weight of last year's month times the growth of the last quarter")     \
    X(d, 0.2, PANEL_MARKETING, "rise of sales per unit of marketing")                              \
    X(e, 0.5, PANEL_PRICE, "rise of sales before a price rise, per rise of the price")             \
    X(f, -0.5, PANEL_PRICE, "rise of sales in the month of a price rise, per rise of the price")   \
    X(g, 0.8, PANEL_STOCK, "share of what a stock-out left unsold that is bought the next month")  \
    X(h, 0.8, PANEL_OBJECTIVES, "share of what June lacks to the objective that is pushed")        \
    X(i, 0.05, PANEL_OBJECTIVES,                                                                   \
      "fall in the July after such a June, share of June's usual sales")                           \
    X(j, 0.1, PANEL_OBJECTIVES,                                                                    \
      "fall in the July after, share of what June sold beyond the usual")                          \
    X(k, 0.9, PANEL_SALES, "how far a month that was unlike its prediction changes what is usual")

enum equation_parameter {
#define X(symbol, start, file, meaning) EQUATION_##symbol,
    EQUATION_PARAMETERS(X)
#undef X
        EQUATION_COUNT
};

/* What the equation needs of a panel, worked out once: months 0 .. months - 1. */
struct equation_data {
    size_t items, months;
    int first;                     /* month of column 0 */
    const double *scale;           /* [items] mean sales; not above 0: the item is left out */
    const size_t *start;           /* [items] first month with sales */
    double *sales;                 /* [items, months] NaN where there is none */
    double *spend, *next, *change; /* [items, months] marketing, change(M+1), change(M) */
    uint8_t *out;                  /* [items, months] it ended without stock */
    double *left;                  /* [items, months] panel_objective_left() */
    bool has[PANEL_FILES];         /* effects that count: parameters of others are 0 */
    struct arena *memory;
};

/* Mean sales of the items over the months before `end`, NaN without any. */
double *equation_scale(const struct panel *panel, size_t end, struct arena *memory);

/*
 * `scale` is kept, not copied. Only features that are given count: marketing, price, stock,
 * objectives.
 */
void equation_data_init(struct equation_data *data, const struct panel *panel, size_t months,
                        const double *scale, const struct feature *const *feature, size_t features,
                        struct arena *memory);

/* What was wanted in each month of an item, [months]; NaN before it had sales. */
void equation_run(const struct equation_data *data, const double parameter[EQUATION_COUNT],
                  double noise, size_t item, double *wanted);

#endif
