#include "report/chart.h"
#include "report/html.h"

#include <math.h>

struct range {
    double low, high;
};

static struct range range_of(const struct chart_line *chart, bool vertical)
{
    struct range range = {INFINITY, -INFINITY};

    for (size_t s = 0; s < chart->count; s++)
        for (size_t i = 0; i < chart->series[s].count; i++) {
            const double value = vertical ? chart->series[s].y[i] : chart->series[s].x[i];
            if (!isfinite(value))
                continue;
            range.low = fmin(range.low, value);
            range.high = fmax(range.high, value);
        }
    return range;
}

static struct plot line_plot(const struct chart_line *chart)
{
    struct plot plot = {
        .width = 460, .height = 300, .left = 52, .right = 450, .top = 26, .bottom = 256};

    if (chart->square > 0) {
        plot.height = 340;
        plot.bottom = 296;
        plot.x = axis_exact(0, chart->square, 5, chart->x_kind);
        plot.y = axis_exact(0, chart->square, 5, chart->y_kind);
    } else {
        const struct range x = range_of(chart, false), y = range_of(chart, true);
        plot.x = axis_exact(x.low, x.high, 8, chart->x_kind);
        plot.y = axis_nice(chart->from_zero ? fmin(y.low, 0) : y.low, y.high, 5, chart->y_kind);
    }
    return plot;
}

static void draw_series(struct text *out, const struct plot *plot,
                        const struct chart_series *series, size_t index)
{
    bool pen = false;

    text_add_format(out, "<path class=\"l c%zu d%zu\" d=\"", svg_colour(index), index % 3);
    for (size_t i = 0; i < series->count; i++) {
        const bool here = isfinite(series->x[i]) && isfinite(series->y[i]);
        if (here)
            text_add_format(out, "%c%.1f %.1f", pen ? 'L' : 'M', plot_x(plot, series->x[i]),
                            plot_y(plot, series->y[i]));
        pen = here;
    }
    html_add(out, pen || series->count ? "\"/>\n" : "M0 0\"/>\n");
}

static void draw_bars(struct text *out, const struct plot *plot, const struct chart_series *series,
                      size_t index)
{
    text_add_format(out, "<path class=\"bar c%zu\" d=\"M0 0", svg_colour(index));
    for (size_t i = 0; i < series->count; i++)
        if (isfinite(series->x[i]) && isfinite(series->low[i]) && isfinite(series->high[i]))
            text_add_format(out, "M%.1f %.1fV%.1f", plot_x(plot, series->x[i]),
                            plot_y(plot, series->low[i]), plot_y(plot, series->high[i]));
    html_add(out, "\"/>\n");
}

static void draw_dots(struct text *out, const struct chart_line *chart, const struct plot *plot,
                      size_t index)
{
    const struct chart_series *series = &chart->series[index];

    for (size_t i = 0; i < series->count; i++) {
        if (!isfinite(series->x[i]) || !isfinite(series->y[i]))
            continue;
        text_add_format(out, "<circle class=\"f c%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.4\"><title>",
                        svg_colour(index), plot_x(plot, series->x[i]), plot_y(plot, series->y[i]));
        html_text(out, series->label, HTML_NAME_COLUMNS);
        text_add_format(out, ": %s at %s</title></circle>",
                        figure_of_kind(series->y[i], chart->y_kind).text,
                        figure_of_kind(series->x[i], chart->x_kind).text);
    }
    html_add(out, "\n");
}

void chart_line(struct text *out, const struct chart_line *chart)
{
    const struct plot plot = line_plot(chart);

    if (chart->count > 1) {
        html_add(out, "<ul class=\"legend\">\n");
        for (size_t s = 0; s < chart->count; s++)
            svg_legend_line(out, s, chart->series[s].label);
        html_add(out, "</ul>\n");
    }
    svg_open(out, &plot, chart->words.title, chart->words.description);
    svg_axes(out, &plot, chart->words.x_label, chart->words.y_label, true);
    if (chart->diagonal)
        text_add_format(out, "<path class=\"chance\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", plot.left,
                        plot.bottom, plot.right, plot.top);
    if (isfinite(chart->mark))
        svg_mark(out, &plot, chart->mark, chart->mark_label);
    for (size_t s = 0; s < chart->count; s++) {
        if (chart->series[s].low)
            draw_bars(out, &plot, &chart->series[s], s);
        draw_series(out, &plot, &chart->series[s], s);
        if (chart->series[s].dots)
            draw_dots(out, chart, &plot, s);
    }
    svg_close(out);
}
