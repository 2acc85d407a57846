#include "report/chart.h"
#include "report/html.h"

#include <math.h>

static double value_at(const struct chart_columns *chart, size_t series, size_t place)
{
    const double value = chart->value[series * chart->places + place];

    return isfinite(value) ? value : 0;
}

static double tallest(const struct chart_columns *chart)
{
    double top = 0;

    for (size_t p = 0; p < chart->places; p++) {
        double sum = 0;
        for (size_t s = 0; s < chart->series; s++) {
            sum = chart->stacked ? sum + value_at(chart, s, p) : value_at(chart, s, p);
            top = fmax(top, sum);
        }
    }
    return top;
}

static void draw_column(struct text *out, const struct chart_columns *chart,
                        const struct plot *plot, const double box[4], size_t series, size_t place)
{
    const double height = fmax(box[3], 0);

    text_add_format(out,
                    "<rect class=\"f c%zu%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
                    "<title>",
                    chart->colour[series], chart->colour[series] == SVG_GREY ? " dim" : "", box[0],
                    box[1], box[2], height);
    html_text(out, chart->place[place], HTML_NAME_COLUMNS);
    html_add(out, ": ");
    if (chart->series > 1) {
        html_text(out, chart->series_label[series], HTML_NAME_COLUMNS);
        html_add(out, " ");
    }
    text_add_format(out, "%s</title></rect>\n",
                    figure_of_kind(value_at(chart, series, place), chart->kind).text);
}

static void draw_place(struct text *out, const struct chart_columns *chart, const struct plot *plot,
                       size_t place, size_t label_every)
{
    const double room = (plot->right - plot->left) / (double)chart->places;
    const double inner = room * (chart->places > 40 ? 1 : 0.8);
    const double left = plot->left + room * (double)place + (room - inner) / 2;
    const double each = chart->stacked ? inner : inner / (double)chart->series;
    double base = 0;

    for (size_t s = 0; s < chart->series; s++) {
        const double value = value_at(chart, s, place);
        const double from = chart->stacked ? base : 0;
        const double top = plot_y(plot, from + value), bottom = plot_y(plot, from);
        const double x = chart->stacked ? left : left + each * (double)s;
        draw_column(out, chart, plot,
                    (double[]){x, top, each - (chart->stacked ? 0 : 1), bottom - top}, s, place);
        base += value;
    }
    if (place % label_every == 0) {
        text_add_format(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
                        left + inner / 2, plot->bottom + 17);
        html_text(out, chart->place[place], 12);
        html_add(out, "</text>\n");
    }
}

void chart_columns(struct text *out, const struct chart_columns *chart)
{
    struct plot plot = {
        .width = 460, .height = 300, .left = 56, .right = 450, .top = 26, .bottom = 256};

    if (chart->places == 0 || chart->series == 0)
        return;
    plot.y = axis_nice(0, tallest(chart), 5, chart->kind);
    plot.x = axis_exact(0, (double)chart->places, 5, FIGURE_COUNT);
    if (chart->series > 1) {
        html_add(out, "<ul class=\"legend\">\n");
        for (size_t s = 0; s < chart->series; s++)
            svg_legend_block(out, chart->colour[s], chart->series_label[s]);
        html_add(out, "</ul>\n");
    }
    svg_open(out, &plot, chart->words.title, chart->words.description);
    svg_axes(out, &plot, chart->words.x_label, chart->words.y_label, false);
    for (size_t p = 0; p < chart->places; p++)
        draw_place(out, chart, &plot, p, 1 + (chart->places - 1) / 13);
    if (chart->mark_after > 0)
        svg_mark(out, &plot, (double)chart->mark_after, chart->mark_label);
    svg_close(out);
}
