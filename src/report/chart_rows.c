/* Bars and dots in rows: strips that are as wide as the page lets them be. */
#include "report/chart.h"
#include "report/html.h"

#include <math.h>
#include <stdint.h>

static const char strip_open[] = "<svg xmlns=\"http://www.w3.org/2000/svg\" aria-hidden=\"true\">";

static double largest(const double *value, size_t count)
{
    double top = 0;

    for (size_t i = 0; i < count; i++)
        if (isfinite(value[i]))
            top = fmax(top, value[i]);
    return top;
}

static double smallest(const double *value, size_t count)
{
    double least = 0;

    for (size_t i = 0; i < count; i++)
        if (isfinite(value[i]))
            least = fmin(least, value[i]);
    return least;
}

static void rows_open(struct text *out, const char *description)
{
    html_add(out, "<div class=\"rows\" role=\"img\" aria-label=\"");
    html_text(out, description, 4 * HTML_LINE_COLUMNS);
    html_add(out, "\">\n");
}

static void row_open(struct text *out, const char *name, bool best)
{
    text_add_format(out, "<div class=\"row%s\"><bdi class=\"name\" title=\"", best ? " best" : "");
    html_text(out, name, 2 * HTML_NAME_COLUMNS);
    html_add(out, "\">");
    html_text(out, name, HTML_NAME_COLUMNS);
    html_add(out, "</bdi><div class=\"plotcell\">");
    html_add(out, strip_open);
}

static void row_close(struct text *out, struct figure value)
{
    text_add_format(out, "</svg></div><span class=\"value\">%s</span></div>\n", value.text);
}

static void grid_lines(struct text *out, const struct axis *axis)
{
    html_add(out, "<g class=\"grid\">");
    for (size_t t = 0; t < axis->ticks; t++) {
        const double place = 100 * axis_place(axis, axis->first + (double)t * axis->step);
        text_add_format(out, "<line x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"24\"/>", place,
                        place);
    }
    html_add(out, "</g>");
}

/* The scale under the rows: labels at the ends turn inwards so that nothing hangs out. */
static void scale_row(struct text *out, const struct axis *axis)
{
    html_add(out, "<div class=\"row\"><span class=\"name gap\"></span><div class=\"plotcell\">");
    html_add(out, strip_open);
    for (size_t t = 0; t < axis->ticks; t++) {
        const double value = axis->first + (double)t * axis->step;
        const double place = 100 * axis_place(axis, value);
        text_add_format(out, "<text x=\"%.2f%%\" y=\"15\" text-anchor=\"%s\">%s</text>", place,
                        place < 1    ? "start"
                        : place > 99 ? "end"
                                     : "middle",
                        figure_tick(value, axis->step, axis->kind).text);
    }
    html_add(out, "</svg></div><span class=\"value gap\"></span></div>\n");
}

void chart_bars(struct text *out, const struct chart_bars *chart)
{
    const struct axis axis = axis_nice(0, largest(chart->value, chart->count), 4, chart->kind);

    rows_open(out, chart->description);
    for (size_t r = 0; r < chart->count; r++) {
        const double share = isfinite(chart->value[r]) ? axis_place(&axis, chart->value[r]) : 0;
        row_open(out, chart->name[r], r == chart->best);
        grid_lines(out, &axis);
        text_add_format(out,
                        "<rect class=\"f c%s\" x=\"0\" y=\"5\" height=\"14\" rx=\"2\" "
                        "width=\"%.2f%%\"/>",
                        chart->best == SIZE_MAX || r == chart->best ? "0" : "7 dim", 100 * share);
        row_close(out, figure_of_kind(chart->value[r], chart->kind));
    }
    scale_row(out, &axis);
    html_add(out, "</div>\n");
}

/* The leading series looks the same on every page: series 0. The others follow in their order. */
static size_t look_of(const struct chart_dots *chart, size_t series)
{
    return series == chart->first ? 0 : series < chart->first ? series + 1 : series;
}

static void dots_legend(struct text *out, const struct chart_dots *chart)
{
    html_add(out, "<ul class=\"legend\">\n");
    svg_legend_shape(out, 0, true, chart->series_label[chart->first]);
    for (size_t s = 0; s < chart->series; s++)
        if (s != chart->first)
            svg_legend_shape(out, look_of(chart, s), false, chart->series_label[s]);
    if (chart->tick) {
        html_add(out, "<li><svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 22 14\" "
                      "aria-hidden=\"true\"><path class=\"true\" d=\"M11 0V14\"/></svg><span>");
        html_text(out, chart->tick_label, HTML_NAME_COLUMNS);
        html_add(out, "</span></li>\n");
    }
    html_add(out, "</ul>\n");
}

static void draw_mark(struct text *out, const struct chart_dots *chart, const struct axis *axis,
                      size_t row, size_t series)
{
    const double value = chart->value[series * chart->rows + row];

    if (isfinite(value))
        svg_shape(out, look_of(chart, series), series == chart->first,
                  100 * axis_place(axis, value), 12, chart->series_label[series],
                  figure_of_kind(value, chart->kind));
}

static void draw_ends(struct text *out, const struct chart_dots *chart, const struct axis *axis,
                      size_t row)
{
    if (!chart->low || !isfinite(chart->low[row]) || !isfinite(chart->high[row]))
        return;
    text_add_format(out,
                    "<line class=\"ends\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"12\" y2=\"12\">"
                    "<title>95 %% interval: %s \xe2\x80\x93 %s</title></line>",
                    100 * axis_place(axis, chart->low[row]),
                    100 * axis_place(axis, chart->high[row]),
                    figure_of_kind(chart->low[row], chart->kind).text,
                    figure_of_kind(chart->high[row], chart->kind).text);
}

static void dots_row(struct text *out, const struct chart_dots *chart, const struct axis *axis,
                     size_t row)
{
    double low = INFINITY, high = -INFINITY;

    row_open(out, chart->name[row], false);
    grid_lines(out, axis);
    if (axis->low < 0)
        text_add_format(out,
                        "<line class=\"zero\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"24\"/>",
                        100 * axis_place(axis, 0), 100 * axis_place(axis, 0));
    for (size_t s = 0; s < chart->series; s++) {
        const double value = chart->value[s * chart->rows + row];
        if (!isfinite(value))
            continue;
        low = fmin(low, value);
        high = fmax(high, value);
    }
    if (low <= high)
        text_add_format(out,
                        "<line class=\"span\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"12\" y2=\"12\"/>",
                        100 * axis_place(axis, low), 100 * axis_place(axis, high));
    if (chart->tick && isfinite(chart->tick[row])) {
        const double place = 100 * axis_place(axis, chart->tick[row]);
        text_add_format(out,
                        "<line class=\"true\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"1\" y2=\"23\">"
                        "<title>",
                        place, place);
        html_text(out, chart->tick_label, HTML_NAME_COLUMNS);
        text_add_format(out, ": %s</title></line>",
                        figure_of_kind(chart->tick[row], chart->kind).text);
    }
    draw_ends(out, chart, axis, row);
    for (size_t s = 0; s < chart->series; s++)
        if (s != chart->first)
            draw_mark(out, chart, axis, row, s);
    draw_mark(out, chart, axis, row, chart->first);
    row_close(out, figure_of_kind(chart->value[chart->first * chart->rows + row], chart->kind));
}

void chart_dots(struct text *out, const struct chart_dots *chart)
{
    double top = largest(chart->value, chart->rows * chart->series);
    double least = smallest(chart->value, chart->rows * chart->series);

    if (chart->tick)
        top = fmax(top, largest(chart->tick, chart->rows));
    if (chart->low) {
        top = fmax(top, largest(chart->high, chart->rows));
        least = fmin(least, smallest(chart->low, chart->rows));
    }
    const struct axis axis = axis_nice(least, top, 6, chart->kind);
    dots_legend(out, chart);
    rows_open(out, chart->description);
    for (size_t r = 0; r < chart->rows; r++)
        dots_row(out, chart, &axis, r);
    scale_row(out, &axis);
    html_add(out, "</div>\n");
}
