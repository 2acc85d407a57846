#include "report/chart.h"
#include "report/html.h"

#include <math.h>

enum { HEAT_NAME_COLUMNS = 22, HEAT_TIP_COLUMNS = 18 };

static const double left = 150, top = 108, room = 620;

static void draw_labels(struct text *out, const struct chart_heat *chart, double side, double high)
{
    for (size_t r = 0; r < chart->rows; r++) {
        text_add_format(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", left - 6,
                        top + high * ((double)r + 0.5) + 4);
        html_text(out, chart->row[r], HEAT_NAME_COLUMNS);
        html_add(out, "</text>\n");
    }
    for (size_t c = 0; c < chart->columns; c++) {
        const double x = left + side * ((double)c + 0.5);
        text_add_format(out, "<text transform=\"translate(%.1f %.1f) rotate(-45)\">", x + 2,
                        top - 6);
        html_text(out, chart->column[c], 18);
        html_add(out, "</text>\n");
    }
}

static void draw_cell(struct text *out, const struct chart_heat *chart, const double box[4],
                      size_t row, size_t column, double strongest)
{
    const double value = chart->value[row * chart->columns + column];
    const double strength = strongest > 0 ? value / strongest : 0;

    if (!isfinite(value) || value <= 0)
        return;
    text_add_format(out,
                    "<rect class=\"heat\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
                    "fill-opacity=\"%.3f\"><title>",
                    box[0], box[1], box[2], box[3], 0.06 + 0.94 * strength);
    html_text(out, chart->row[row], HEAT_TIP_COLUMNS);
    html_add(out, " \xe2\x86\x92 ");
    html_text(out, chart->column[column], HEAT_TIP_COLUMNS);
    text_add_format(out, ": %s</title></rect>\n", figure_share(value).text);
    if (box[2] >= 24 && value >= 0.005)
        text_add_format(out,
                        "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" "
                        "pointer-events=\"none\">%.0f</text>\n",
                        strength > 0.8    ? "heat-high"
                        : strength > 0.58 ? "heat-mid"
                                          : "heat-low",
                        box[0] + box[2] / 2, box[1] + box[3] / 2 + 4, value * 100);
}

void chart_heat(struct text *out, const struct chart_heat *chart)
{
    double strongest = 0;

    if (chart->rows == 0 || chart->columns == 0)
        return;
    for (size_t i = 0; i < chart->rows * chart->columns; i++)
        if (isfinite(chart->value[i]))
            strongest = fmax(strongest, chart->value[i]);
    const double side = fmin(room / (double)chart->columns, 64), high = fmin(side, 26);
    const struct plot plot = {.width = left + side * (double)chart->columns + 70,
                              .height = top + high * (double)chart->rows + 8,
                              .scrolls = true};

    svg_open(out, &plot, chart->words.title, chart->words.description);
    draw_labels(out, chart, side, high);
    for (size_t r = 0; r < chart->rows; r++)
        for (size_t c = 0; c < chart->columns; c++)
            draw_cell(
                out, chart,
                (double[]){left + side * (double)c, top + high * (double)r, side - 1, high - 1}, r,
                c, strongest);
    text_add_format(
        out, "<rect class=\"frame\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
        left - 0.5, top - 0.5, side * (double)chart->columns, high * (double)chart->rows);
    svg_close(out);
}
