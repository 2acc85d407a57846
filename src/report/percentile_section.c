/* Which score stands where among those of the calibration rows. */
#include "metric/curve.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/read.h"
#include "report/top_section.h"

#include <math.h>

enum { READ_KNOTS = 8192 };

static const double shown[] = {0.1,  0.25, 0.5,   0.75,  0.9,    0.95,
                               0.98, 0.99, 0.995, 0.999, 0.9995, 0.9999};
enum { SHOWN = sizeof shown / sizeof *shown };

/* x the percentiles, y the scores, both ascending. */
static struct curve read_map(const json_t *map, struct arena *memory)
{
    const json_t *x = json_object_get(map, "percentiles"), *y = json_object_get(map, "scores");
    const size_t all =
        json_array_size(x) < json_array_size(y) ? json_array_size(x) : json_array_size(y);
    const size_t count = all < READ_KNOTS ? all : READ_KNOTS;
    struct curve curve = {.x = ARENA_NEW(memory, double, count + 1),
                          .y = ARENA_NEW(memory, double, count + 1)};

    for (size_t i = 0; i < count; i++) {
        const double px = read_item(x, i), py = read_item(y, i);
        const size_t last = curve.count - 1;
        if (!(px >= 0 && px <= 1) || !isfinite(py) ||
            (curve.count > 0 && (px <= curve.x[last] || py < curve.y[last])))
            continue;
        curve.x[curve.count] = px;
        curve.y[curve.count++] = py;
    }
    return curve;
}

/* The score at a percentile, between the knots; NaN outside. */
static double score_at(const struct curve *curve, double percentile)
{
    for (size_t i = 1; i < curve->count; i++) {
        const double from = curve->x[i - 1], to = curve->x[i];
        if (percentile >= from && percentile <= to) {
            const double share = (percentile - from) / (to - from);
            return curve->y[i - 1] * (1 - share) + curve->y[i] * share;
        }
    }
    return NAN;
}

static void draw_map(struct text *out, struct curve *curve, const struct evaluation_words *words,
                     struct arena *memory)
{
    curve_thin(curve, CURVE_POINTS);
    const struct chart_series series = {
        .label = "score", .x = curve->x, .y = curve->y, .count = curve->count};
    text_add_format(out,
                    "<figure><h3>Score by percentile</h3>\n<figcaption>share of %s with a lower "
                    "score</figcaption>\n",
                    words->many);
    const char *description =
        arena_format(memory, "The score below which a share of %s lies.", words->many);
    chart_line(out, &(struct chart_line){.words = {.title = "Score by percentile",
                                                   .description = description,
                                                   .x_label = "percentile",
                                                   .y_label = "score"},
                                         .series = &series,
                                         .count = 1,
                                         .from_zero = true,
                                         .x_kind = FIGURE_SHARE,
                                         .y_kind = FIGURE_SCORE,
                                         .mark = NAN});
    html_add(out, "</figure>\n");
}

void percentile_section(struct text *out, const json_t *document,
                        const struct evaluation_words *words, struct arena *memory)
{
    const json_t *calibration = json_object_get(document, "calibration");
    struct curve curve = read_map(json_object_get(calibration, "percentile"), memory);
    double score[SHOWN];

    if (curve.count < 2)
        return;
    for (size_t i = 0; i < SHOWN; i++)
        score[i] = score_at(&curve, shown[i]);
    html_section_open(out, "percentiles", "Score percentiles",
                      "Where a score stands among those of the calibration rows.");
    html_add(out, "<div class=\"pair\">\n");
    draw_map(out, &curve, words, memory);
    html_add(out, "<div>\n");
    html_open_table_open(out,
                         arena_format(memory, "Scores that a share of %s lies below", words->many));
    html_add(out, "<thead><tr><th scope=\"col\">Percentile</th><th scope=\"col\" class=\"n\">Score"
                  "</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < SHOWN; i++) {
        if (!isfinite(score[i]))
            continue;
        html_add(out, "<tr>");
        html_row_name(out, arena_format(memory, "%g %%", shown[i] * 100));
        html_cell(out, figure_score(score[i]));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_open_table_close(out);
    html_add(out, "</div></div>\n");
    html_section_close(out);
}
