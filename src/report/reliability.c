#include "report/reliability.h"

#include "report/chart.h"
#include "report/html.h"
#include "report/read.h"

#include <math.h>

enum { SHOWN_BINS = 100 };

/* The two ways of making bins. */
static const struct binning {
    const char *key, *error, *title, *table, *caption;
} binnings[] = {
    {"bins", "expected_error", "Calibration", "Calibration as a table",
     "in groups of equal size by score"},
    {"step_bins", "step_expected_error", "Calibration by score", "Calibration by score as a table",
     "in equal steps of the score"},
};
enum { BINNINGS = sizeof binnings / sizeof *binnings };

struct bins {
    size_t count;
    double *mean, *rate, *low, *high;
};

static struct bins read_bins(const json_t *list, struct arena *memory)
{
    const size_t count =
        json_array_size(list) < SHOWN_BINS ? json_array_size(list) : (size_t)SHOWN_BINS;
    struct bins bins = {.count = count,
                        .mean = ARENA_NEW(memory, double, count + 1),
                        .rate = ARENA_NEW(memory, double, count + 1),
                        .low = ARENA_NEW(memory, double, count + 1),
                        .high = ARENA_NEW(memory, double, count + 1)};

    for (size_t b = 0; b < count; b++) {
        const json_t *bin = json_array_get(list, b);
        bins.mean[b] = read_number(bin, "mean_score");
        bins.rate[b] = read_number(bin, "positive_rate");
        bins.low[b] = read_number(bin, "rate_low");
        bins.high[b] = read_number(bin, "rate_high");
    }
    return bins;
}

static void draw_bins(struct text *out, const struct bins *bins, const struct binning *binning,
                      const struct evaluation_words *words, double error, struct arena *memory)
{
    const struct chart_series series = {.label = words->yes,
                                        .x = bins->mean,
                                        .y = bins->rate,
                                        .count = bins->count,
                                        .dots = true,
                                        .low = bins->low,
                                        .high = bins->high};
    double largest = 0;

    if (bins->count == 0)
        return;
    for (size_t b = 0; b < bins->count; b++)
        largest = fmax(largest, fmax(bins->mean[b], fmax(bins->rate[b], bins->high[b])));
    /* Both axes end alike, so that the line of perfect calibration is the diagonal. */
    const double end = axis_nice(0, largest > 0 && largest < 1 ? largest : 1, 5, FIGURE_SHARE).high;
    text_add_format(out,
                    "<figure><h3>%s</h3>\n<figcaption>%s %s; dotted: perfect; bars: where the "
                    "share lies 95 times in a hundred",
                    binning->title, words->many, binning->caption);
    if (isfinite(error))
        text_add_format(out, "; calibration error %s", figure_score(error).text);
    html_add(out, "</figcaption>\n");
    chart_line(out, &(struct chart_line){.words = {.title = binning->title,
                                                   .description = arena_format(
                                                       memory, "%s against the mean score, %s.",
                                                       words->share, binning->caption),
                                                   .x_label = "mean score",
                                                   .y_label = words->share},
                                         .series = &series,
                                         .count = 1,
                                         .square = end,
                                         .diagonal = true,
                                         .x_kind = FIGURE_SHARE,
                                         .y_kind = FIGURE_SHARE,
                                         .mark = NAN});
    html_add(out, "</figure>\n");
}

void reliability_figures(struct text *out, const json_t *metrics,
                         const struct evaluation_words *words, struct arena *memory)
{
    const json_t *calibration = json_object_get(metrics, "calibration");

    for (size_t k = 0; k < BINNINGS; k++) {
        const struct bins bins = read_bins(json_object_get(calibration, binnings[k].key), memory);
        draw_bins(out, &bins, &binnings[k], words, read_number(calibration, binnings[k].error),
                  memory);
    }
}

static void bins_table(struct text *out, const json_t *bins, const struct binning *binning,
                       const struct evaluation_words *words, struct arena *memory)
{
    const json_t *bin;
    size_t index;

    if (json_array_size(bins) == 0)
        return;
    html_table_open(out, binning->table,
                    arena_format(memory, "%s %s", words->title, binning->caption));
    text_add_format(out,
                    "<thead><tr><th scope=\"col\">Scores</th><th scope=\"col\" class=\"n\">%s</th>"
                    "<th scope=\"col\" class=\"n\">Mean score</th><th scope=\"col\" class=\"n\">%s"
                    "</th><th scope=\"col\" class=\"n\">95 %% from</th><th scope=\"col\" "
                    "class=\"n\">to</th></tr></thead>\n<tbody>\n",
                    words->title, words->yes);
    json_array_foreach(bins, index, bin)
    {
        if (index == SHOWN_BINS)
            break;
        text_add_format(out, "<tr><th scope=\"row\">%s \xe2\x80\x93 %s</th>",
                        figure_score(read_number(bin, "low")).text,
                        figure_score(read_number(bin, "high")).text);
        html_cell(out, figure_count(read_number(bin, "weight")));
        html_cell(out, figure_share(read_number(bin, "mean_score")));
        html_cell(out, figure_share(read_number(bin, "positive_rate")));
        html_cell(out, figure_share(read_number(bin, "rate_low")));
        html_cell(out, figure_share(read_number(bin, "rate_high")));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_table_close(out);
}

void reliability_tables(struct text *out, const json_t *metrics,
                        const struct evaluation_words *words, struct arena *memory)
{
    const json_t *calibration = json_object_get(metrics, "calibration");

    for (size_t k = 0; k < BINNINGS; k++)
        bins_table(out, json_object_get(calibration, binnings[k].key), &binnings[k], words, memory);
}
