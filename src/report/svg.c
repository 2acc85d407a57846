#include "report/svg.h"

#include "report/html.h"

#include <math.h>

static double nice_step(double range, size_t ticks)
{
    const double raw = range / (double)ticks, power = pow(10, floor(log10(raw)));
    const double lead = raw / power;

    return power * (lead <= 1.0001 ? 1 : lead <= 2.0001 ? 2 : lead <= 5.0001 ? 5 : 10);
}

/* Ends that a scale can be built on. */
static void mend_ends(double *low, double *high)
{
    const double largest = 1e300;

    if (!isfinite(*low) || !isfinite(*high) || *low > *high || fabs(*low) > largest ||
        fabs(*high) > largest) {
        *low = 0;
        *high = 1;
    }
    if (!(*high - *low > 1e-9 * (fabs(*low) + fabs(*high)))) {
        const double grow = *high != 0 ? fabs(*high) * 0.5 : 0.5;
        *low -= *low == 0 ? 0 : grow;
        *high += grow;
    }
}

struct axis axis_nice(double low, double high, size_t ticks, enum figure_kind kind)
{
    mend_ends(&low, &high);
    double step = nice_step(high - low, ticks);
    if (kind == FIGURE_COUNT && step < 1)
        step = 1;
    const double from = floor(low / step + 1e-6), to = ceil(high / step - 1e-6);

    return (struct axis){.low = from * step,
                         .high = to * step,
                         .first = from * step,
                         .step = step,
                         .ticks = (size_t)(to - from + 1.5),
                         .kind = kind};
}

struct axis axis_exact(double low, double high, size_t ticks, enum figure_kind kind)
{
    mend_ends(&low, &high);
    double step = nice_step(high - low, ticks);
    if (kind == FIGURE_COUNT && step < 1)
        step = 1;
    const double from = ceil(low / step - 1e-6), to = floor(high / step + 1e-6);

    return (struct axis){.low = low,
                         .high = high,
                         .first = from * step,
                         .step = step,
                         .ticks = to >= from ? (size_t)(to - from + 1.5) : 0,
                         .kind = kind};
}

double axis_place(const struct axis *axis, double value)
{
    const double place = (value - axis->low) / (axis->high - axis->low);

    return place > 0 ? place < 1 ? place : 1 : 0;
}

double plot_x(const struct plot *plot, double value)
{
    return plot->left + (plot->right - plot->left) * axis_place(&plot->x, value);
}

double plot_y(const struct plot *plot, double value)
{
    return plot->bottom - (plot->bottom - plot->top) * axis_place(&plot->y, value);
}

void svg_open(struct text *out, const struct plot *plot, const char *title, const char *description)
{
    text_add_format(out,
                    "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" role=\"img\" "
                    "viewBox=\"0 0 %.0f %.0f\" style=\"max-width:%.0fpx;min-width:%.0fpx\"><title>",
                    plot->width, plot->height, plot->width * 1.2,
                    plot->scrolls ? plot->width * 0.85 : 0);
    html_text(out, title, HTML_LINE_COLUMNS);
    html_add(out, "</title><desc>");
    html_text(out, description, 4 * HTML_LINE_COLUMNS);
    html_add(out, "</desc>\n");
}

void svg_close(struct text *out)
{
    html_add(out, "</svg>\n");
}

static double tick_value(const struct axis *axis, size_t index)
{
    const double value = axis->first + (double)index * axis->step;

    return fabs(value) < 1e-9 * axis->step ? 0 : value;
}

void svg_axes(struct text *out, const struct plot *plot, const char *x_label, const char *y_label,
              bool x_ticks)
{
    for (size_t t = 0; t < plot->y.ticks; t++) {
        const double value = tick_value(&plot->y, t), y = plot_y(plot, value);
        text_add_format(out,
                        "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/><text x=\"%.1f\" y=\"%.1f\" "
                        "text-anchor=\"end\">%s</text>\n",
                        plot->left, y, plot->right, plot->left - 7, y + 4,
                        figure_tick(value, plot->y.step, plot->y.kind).text);
    }
    for (size_t t = 0; x_ticks && t < plot->x.ticks; t++) {
        const double value = tick_value(&plot->x, t), x = plot_x(plot, value);
        text_add_format(out,
                        "<path class=\"axis\" d=\"M%.1f %.1fv4\"/><text x=\"%.1f\" y=\"%.1f\" "
                        "text-anchor=\"middle\">%s</text>\n",
                        x, plot->bottom, x, plot->bottom + 17,
                        figure_tick(value, plot->x.step, plot->x.kind).text);
    }
    text_add_format(out,
                    "<path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/>"
                    "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>"
                    "<text x=\"2\" y=\"%.1f\">%s</text>\n",
                    plot->left, plot->bottom, plot->right, (plot->left + plot->right) / 2,
                    plot->bottom + 36, x_label, plot->top - 10, y_label);
}

void svg_mark(struct text *out, const struct plot *plot, double x, const char *label)
{
    const double at = plot_x(plot, x);
    const bool late = at > (plot->left + plot->right) / 2;

    text_add_format(out,
                    "<path class=\"mark\" d=\"M%.1f %.1fV%.1f\"/><text class=\"strong\" x=\"%.1f\" "
                    "y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
                    at, plot->top, plot->bottom, late ? at - 6 : at + 6, plot->top + 9,
                    late ? "end" : "start", label);
}

/* Shapes of about equal weight around (0,0). */
static const char *const shapes[SVG_SHAPES] = {
    "<circle r=\"5\"/>",
    "<path d=\"M-4.4-4.4h8.8v8.8h-8.8z\"/>",
    "<path d=\"M0-6.2L5.4 3.8H-5.4z\"/>",
    "<path d=\"M0-6.2L6.2 0 0 6.2-6.2 0z\"/>",
    "<path d=\"M0 6.2L5.4-3.8H-5.4z\"/>",
    "<path d=\"M-5-1.7h3.3v-3.3h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3z\"/>",
    "<path d=\"M0-5.8L5.5-1.8 3.4 4.7H-3.4L-5.5-1.8z\"/>",
};

size_t svg_colour(size_t index)
{
    return (index + 3 * (index / SVG_COLOURS)) % SVG_COLOURS;
}

void svg_define_shapes(struct text *out)
{
    html_add(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" aria-hidden=\"true\" "
                  "style=\"position:absolute;width:0;height:0\"><defs>\n");
    for (size_t s = 0; s < SVG_SHAPES; s++)
        text_add_format(out, "<g id=\"shape%zu\">%s</g>\n", s, shapes[s]);
    html_add(out, "</defs></svg>\n");
}

void svg_shape(struct text *out, size_t index, bool first, double percent, double y,
               const char *label, struct figure value)
{
    text_add_format(out,
                    "<use href=\"#shape%zu\" class=\"m%s c%zu\" x=\"%.2f%%\" y=\"%.0f\"><title>",
                    index % SVG_SHAPES, first ? " first" : "", svg_colour(index), percent, y);
    html_text(out, label, HTML_TIP_COLUMNS);
    text_add_format(out, ": %s</title></use>", value.text);
}

static void legend_label(struct text *out, const char *label)
{
    html_add(out, "</svg><span>");
    html_text(out, label, HTML_NAME_COLUMNS);
    html_add(out, "</span></li>\n");
}

static const char legend_open[] =
    "<li><svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 22 14\" aria-hidden=\"true\">";

void svg_legend_shape(struct text *out, size_t index, bool first, const char *label)
{
    text_add_format(out, "%s<use href=\"#shape%zu\" class=\"m%s c%zu\" x=\"11\" y=\"7\"/>",
                    legend_open, index % SVG_SHAPES, first ? " first" : "", svg_colour(index));
    legend_label(out, label);
}

void svg_legend_line(struct text *out, size_t index, const char *label)
{
    text_add_format(out, "%s<path class=\"l c%zu d%zu\" d=\"M1 7H21\"/>", legend_open,
                    svg_colour(index), index % 3);
    legend_label(out, label);
}

void svg_legend_block(struct text *out, size_t colour, const char *label)
{
    text_add_format(
        out, "%s<rect class=\"f c%zu%s\" x=\"4\" y=\"1\" width=\"13\" height=\"12\" rx=\"2\"/>",
        legend_open, colour, colour == SVG_GREY ? " dim" : "");
    legend_label(out, label);
}
