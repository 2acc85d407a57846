/*
 * feature — what a month is predicted from, one module each.
 *
 *   feature              columns
 *   last_month           S[-1]
 *   same_month_last_year S[-12]
 *   last_year_average    mean S[-1..-12]
 *   growth               S[-1..-3] / S[-13..-15]
 *   past_sales           S[-12], mean S[-1..-12], S[-12] * growth: the terms of the equation
 *   marketing            spend times each of the terms of past_sales
 *   price                change from this month to the next, change from the last month to this one
 *   stock                none: months that a stock-out distorted are left out of the training, and
 *                        predictions are capped by what can be sold
 *   objectives           what a June lacks to its objective beyond its mean month, and in July what
 *                        that June sold beyond it; 0 where the sales force does not push
 *
 * S[-k] are the sales k months before. A feature looks only at sales before its month; marketing,
 * prices, refills and objectives are known in advance. A column that cannot be computed is NaN, and
 * its row neither trains nor is predicted.
 *
 * To add one: a file with its struct, a line in FEATURES.
 */
#ifndef QUERN_FORECAST_FEATURE_H
#define QUERN_FORECAST_FEATURE_H

#include "forecast/panel.h"

enum { FEATURE_COLUMNS_MAX = 3, FEATURES_MAX = 16 };

struct feature {
    const char *name;
    enum panel_file needs; /* PANEL_SALES: nothing more */
    size_t columns;
    const char *column[FEATURE_COLUMNS_MAX]; /* names, for the report */
    /* Fill out[columns]; NULL without columns. */
    void (*compute)(const struct panel *panel, size_t item, size_t month, double *out);
    /* NULL, or: the sales of this month tell nothing about what is usual. */
    bool (*distorted)(const struct panel *panel, size_t item, size_t month);
    /* NULL, or: the most that can be sold. */
    double (*most)(const struct panel *panel, size_t item, size_t month);
};

#define FEATURES(X)                                                                                \
    X(last_month)                                                                                  \
    X(same_month_last_year)                                                                        \
    X(last_year_average)                                                                           \
    X(growth)                                                                                      \
    X(past_sales)                                                                                  \
    X(marketing)                                                                                   \
    X(price)                                                                                       \
    X(stock)                                                                                       \
    X(objectives)

#define X(name) extern const struct feature feature_##name;
FEATURES(X)
#undef X

/* By name, or NULL. */
const struct feature *feature_find(const char *name);

/* Names with commas between, for messages. */
void feature_names(char *text, size_t room);

/* The three terms of past_sales. */
enum { PAST_SALES_TERMS = 3 };
void past_sales_terms(const struct panel *panel, size_t item, size_t month,
                      double out[PAST_SALES_TERMS]);

/* Last quarter over the same quarter a year before. NaN when a month is missing or that was 0. */
double past_sales_growth(const struct panel *panel, size_t item, size_t month);

#endif
