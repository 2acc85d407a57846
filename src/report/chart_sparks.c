/* Small lines in rows, on common scales: as many campaigns as there are, with names of any length.
 */
#include "report/chart.h"
#include "report/html.h"

#include <math.h>

enum { HEIGHT = 44, INNER = 36, TOP = 4 };

struct scales {
    struct axis x, y;
};

static void add_range(double *low, double *high, const double *value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (isfinite(value[i])) {
            *low = fmin(*low, value[i]);
            *high = fmax(*high, value[i]);
        }
}

/* Of the rows from `row` on, `rows` of them. */
static struct axis upright(const struct chart_sparks *chart, size_t row, size_t rows)
{
    const size_t from = row * chart->points, count = rows * chart->points;
    double low = 0, high = 0;

    add_range(&low, &high, chart->y + from, count);
    if (chart->low) {
        add_range(&low, &high, chart->low + from, count);
        add_range(&low, &high, chart->high + from, count);
    }
    return axis_exact(low, high, 2, FIGURE_AMOUNT);
}

static struct scales find_scales(const struct chart_sparks *chart)
{
    double left = INFINITY, right = -INFINITY;

    add_range(&left, &right, chart->x, chart->points);
    return (struct scales){axis_exact(left, right, 6, chart->x_kind),
                           upright(chart, 0, chart->rows)};
}

static double x_of(const struct scales *scales, double value)
{
    return 100 * axis_place(&scales->x, value);
}

static double y_of(const struct scales *scales, double value)
{
    return INNER * (1 - axis_place(&scales->y, value));
}

static void draw_band(struct text *out, const struct chart_sparks *chart,
                      const struct scales *scales, const double *low, const double *high)
{
    for (size_t p = 0; p < chart->points; p++)
        if (!isfinite(low[p]) || !isfinite(high[p]) || !isfinite(chart->x[p]))
            return;
    html_add(out, "<path class=\"band\" d=\"");
    for (size_t p = 0; p < chart->points; p++)
        text_add_format(out, "%c%.1f %.1f", p ? 'L' : 'M', x_of(scales, chart->x[p]),
                        y_of(scales, high[p]));
    for (size_t p = chart->points; p-- > 0;)
        text_add_format(out, "L%.1f %.1f", x_of(scales, chart->x[p]), y_of(scales, low[p]));
    html_add(out, "Z\"/>");
}

static void draw_line(struct text *out, const struct chart_sparks *chart,
                      const struct scales *scales, const double *y)
{
    bool pen = false;

    html_add(out, "<path class=\"l c0\" d=\"M0 -9");
    for (size_t p = 0; p < chart->points; p++) {
        const bool here = isfinite(y[p]) && isfinite(chart->x[p]);
        if (here)
            text_add_format(out, "%c%.1f %.1f", pen ? 'L' : 'M', x_of(scales, chart->x[p]),
                            y_of(scales, y[p]));
        pen = here;
    }
    html_add(out, "\"/>");
}

static void row_name(struct text *out, const char *name)
{
    html_add(out, "<div class=\"row spark\"><bdi class=\"name\" title=\"");
    html_text(out, name, HTML_NAME_COLUMNS);
    html_add(out, "\">");
    html_text(out, name, HTML_NAME_COLUMNS);
    html_add(out, "</bdi><div class=\"plotcell\">");
}

static void draw_row(struct text *out, const struct chart_sparks *chart,
                     const struct scales *scales, size_t row)
{
    const size_t at = row * chart->points;

    row_name(out, chart->name[row]);
    html_add(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" aria-hidden=\"true\">"
                  "<g class=\"grid\">");
    for (size_t t = 0; t < scales->x.ticks; t++) {
        const double x = x_of(scales, scales->x.first + (double)t * scales->x.step);
        text_add_format(out, "<line x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"%d\"/>", x, x,
                        HEIGHT);
    }
    html_add(out, "</g>");
    if (isfinite(chart->mark)) {
        const double x = x_of(scales, chart->mark);
        text_add_format(out,
                        "<line class=\"mark\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"%d\"/>", x,
                        x, HEIGHT);
    }
    text_add_format(out,
                    "<line class=\"zero\" x1=\"0\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>"
                    "<svg x=\"0\" y=\"%d\" width=\"100%%\" height=\"%d\" viewBox=\"0 0 100 %d\" "
                    "style=\"height:%dpx\" preserveAspectRatio=\"none\">",
                    TOP + y_of(scales, 0), TOP + y_of(scales, 0), TOP, INNER, INNER, INNER);
    if (chart->low)
        draw_band(out, chart, scales, chart->low + at, chart->high + at);
    draw_line(out, chart, scales, chart->y + at);
    text_add_format(out, "</svg></svg></div><span class=\"value\">%s</span></div>\n",
                    chart->note[row]);
}

/* The scale under the rows, its name in the middle of it. */
static void draw_scale(struct text *out, const struct chart_sparks *chart, const struct axis *axis)
{
    html_add(out, "<div class=\"row spark scale\"><span class=\"name gap\"></span>"
                  "<div class=\"plotcell\">"
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" aria-hidden=\"true\">");
    for (size_t t = 0; t < axis->ticks; t++) {
        const double value = axis->first + (double)t * axis->step;
        const double place = 100 * axis_place(axis, value);
        text_add_format(out, "<text x=\"%.2f%%\" y=\"13\" text-anchor=\"%s\">%s</text>", place,
                        place < 1    ? "start"
                        : place > 99 ? "end"
                                     : "middle",
                        figure_tick(value, axis->step, axis->kind).text);
    }
    text_add_format(out, "<text x=\"50%%\" y=\"28\" text-anchor=\"middle\">%s</text>",
                    chart->x_label);
    html_add(out, "</svg></div><span class=\"value gap\"></span></div>\n");
}

void chart_sparks(struct text *out, const struct chart_sparks *chart)
{
    struct scales scales = find_scales(chart);

    html_add(out, "<div class=\"rows\" role=\"img\" aria-label=\"");
    html_text(out, chart->description, 4 * HTML_LINE_COLUMNS);
    html_add(out, "\">\n");
    for (size_t r = 0; r < chart->rows; r++) {
        if (chart->own_scales)
            scales.y = upright(chart, r, 1);
        draw_row(out, chart, &scales, r);
    }
    draw_scale(out, chart, &scales.x);
    html_add(out, "</div>\n");
}
