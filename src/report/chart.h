/*
 * chart — the charts of the reports, each one call on one struct.
 *
 * Labels and titles of charts are our own words; names in series, rows and cells may come from
 * outside and are escaped here. Numbers that are not finite leave a gap. A chart writes its
 * legend, its <svg> and nothing else; the table beside it is the section's business.
 */
#ifndef QUERN_REPORT_CHART_H
#define QUERN_REPORT_CHART_H

#include "report/svg.h"

struct chart_series {
    const char *label;
    const double *x, *y; /* [count]; a line chart joins the points in this order */
    size_t count;
    bool dots;                /* draw the points too */
    const double *low, *high; /* [count] an upright bar from low to high at each point; or NULL */
};

/* What a plot with two axes says about itself. */
struct chart_words {
    const char *title, *description, *x_label, *y_label;
};

struct chart_line {
    struct chart_words words;
    const struct chart_series *series;
    size_t count;
    double square;  /* both axes from 0 to this; 0 fits them to the data */
    bool from_zero; /* the upright axis begins at 0 */
    bool diagonal;  /* the line of chance, or of perfect calibration */
    enum figure_kind x_kind, y_kind;
    double mark; /* vertical line at this x; NaN for none */
    const char *mark_label;
};
void chart_line(struct text *out, const struct chart_line *chart);

/*
 * Columns beside each other per place on the x axis (a histogram has one series without gaps).
 * `place` [places] labels them; `y` of series s at place p is value[s * places + p].
 */
struct chart_columns {
    struct chart_words words;
    const char *const *series_label;
    const size_t *colour; /* [series] */
    size_t series, places;
    const char *const *place;
    const double *value;
    bool stacked;
    enum figure_kind kind;
    size_t mark_after; /* a mark between place mark_after - 1 and the next; 0 for none */
    const char *mark_label;
};
void chart_columns(struct text *out, const struct chart_columns *chart);

/* A list of rows, each a name, a horizontal bar from 0 and the value. */
struct chart_bars {
    const char *description;
    size_t count;
    const char *const *name;
    const double *value;
    enum figure_kind kind;
    size_t best; /* this row stands out; SIZE_MAX for none */
};
void chart_bars(struct text *out, const struct chart_bars *chart);

/*
 * A list of rows, each a name, one mark per series on a common scale, and the value of series
 * `first`. value[s * rows + r]; the scale begins at 0, or where a value is below it; `tick` [rows]
 * (may be NULL) is drawn as an upright bar.
 */
struct chart_dots {
    const char *description;
    size_t rows, series, first;
    const char *const *name;
    const char *const *series_label;
    const double *value;
    const double *tick;
    const char *tick_label;
    const double *low,
        *high; /* [rows] a bar from low to high behind the mark of `first`; or NULL */
    enum figure_kind kind;
};
void chart_dots(struct text *out, const struct chart_dots *chart);

/*
 * A list of rows, each a name, a small line over x and a note. y[r * points + p]; a band from `low`
 * to `high` (same layout, may be NULL) lies behind the line. Upright, rows have one scale or each
 * its own.
 */
struct chart_sparks {
    const char *description;
    size_t rows, points;
    const char *const *name;
    const char *const *note; /* [rows] at the right, our own words */
    const double *x, *y, *low, *high;
    enum figure_kind x_kind;
    const char *x_label;
    double mark; /* vertical line at this x; NaN for none */
    bool own_scales;
};
void chart_sparks(struct text *out, const struct chart_sparks *chart);

/* A table of shares as colours, row labels at the left, column labels above at a slant. */
struct chart_heat {
    struct chart_words words;
    size_t rows, columns;
    const char *const *row, *const *column;
    const double *value; /* [rows, columns], 0..1 */
};
void chart_heat(struct text *out, const struct chart_heat *chart);

#endif
