/*
 * svg — the parts charts are drawn from: scales with round ticks, a frame with axes, marks.
 *
 * Two kinds of drawing. A plot has its own coordinates (viewBox) and is scaled to its column. A
 * strip is one row of a list, as wide as its column whatever that is: positions are percentages
 * and only the marks have sizes, so text and marks stay the same on a telephone.
 */
#ifndef QUERN_REPORT_SVG_H
#define QUERN_REPORT_SVG_H

#include "base/text.h"
#include "report/figure.h"

#include <stdbool.h>
#include <stddef.h>

/* Ticks at first, first + step, ... (`ticks` of them); the scale covers low..high. */
struct axis {
    double low, high, first, step;
    size_t ticks;
    enum figure_kind kind;
};

/*
 * The ends are rounded outwards to ticks, 1, 2 or 5 times a power of ten apart, about `ticks`
 * (2 to 12) of them. Ends that are equal or not finite still give a scale.
 */
struct axis axis_nice(double low, double high, size_t ticks, enum figure_kind kind);
/* The same, but the scale keeps exactly its ends. */
struct axis axis_exact(double low, double high, size_t ticks, enum figure_kind kind);

/* Where a value lies: 0 at low, 1 at high; values outside are held at the ends. */
double axis_place(const struct axis *axis, double value);

/* A drawing area inside a viewBox, with its two axes. */
struct plot {
    double width, height;            /* of the viewBox */
    double left, right, top, bottom; /* edges of the area */
    struct axis x, y;
    bool scrolls; /* stays readable on a narrow screen by scrolling in its box */
};

double plot_x(const struct plot *plot, double value);
double plot_y(const struct plot *plot, double value);

/* <svg> with a title and a description for readers of screens. Both texts are escaped here. */
void svg_open(struct text *out, const struct plot *plot, const char *title,
              const char *description);
void svg_close(struct text *out);

/* Grid lines, tick labels and the names of the axes; `x_ticks` false leaves the x ticks out. */
void svg_axes(struct text *out, const struct plot *plot, const char *x_label, const char *y_label,
              bool x_ticks);

/* A dashed vertical line with a label at its top, turned inwards at the right edge. */
void svg_mark(struct text *out, const struct plot *plot, double x, const char *label);

enum { SVG_COLOURS = 8, SVG_SHAPES = 7, SVG_GREY = 7 };

/* The colour of a series; no two of the first 16 have the same colour and shape. */
size_t svg_colour(size_t index);

/* Once per page: the shapes that svg_shape() refers to. */
void svg_define_shapes(struct text *out);

/*
 * Shape `index` in its colour at x percent, y, with "label: value" to hover over; `first` is the
 * emphasised one, filled.
 */
void svg_shape(struct text *out, size_t index, bool first, double percent, double y,
               const char *label, struct figure value);

/* A legend item: <li> with the shape or the line of series `index`, and its name. */
void svg_legend_shape(struct text *out, size_t index, bool first, const char *label);
void svg_legend_line(struct text *out, size_t index, const char *label);
/* The same as a block of colour `colour`, for bars. */
void svg_legend_block(struct text *out, size_t colour, const char *label);

#endif
