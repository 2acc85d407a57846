#include "report/top_section.h"

#include "report/chart.h"
#include "report/html.h"
#include "report/read.h"

#include <math.h>

enum { SHOWN_STEPS = 200, SHOWN_DAYS = 62 };

/* Of "top", without what is no number. */
struct steps {
    size_t count;
    double *k, *precision, *recall;
};

static struct steps read_steps(const json_t *top, struct arena *memory)
{
    const json_t *k = json_object_get(top, "k");
    const size_t count = json_array_size(k) < SHOWN_STEPS ? json_array_size(k) : SHOWN_STEPS;
    struct steps steps = {.k = ARENA_NEW(memory, double, count + 1),
                          .precision = ARENA_NEW(memory, double, count + 1),
                          .recall = ARENA_NEW(memory, double, count + 1)};

    for (size_t i = 0; i < count; i++) {
        const double here = read_item(k, i);
        if (!isfinite(here) || (steps.count > 0 && here <= steps.k[steps.count - 1]))
            continue;
        steps.k[steps.count] = here;
        steps.precision[steps.count] = read_item(json_object_get(top, "precisions"), i);
        steps.recall[steps.count++] = read_item(json_object_get(top, "recalls"), i);
    }
    return steps;
}

/* Up to four times as many rows as are positive: beyond, precision only falls. */
static void draw_steps(struct text *out, const struct steps *steps, double positives,
                       const struct evaluation_words *words, struct arena *memory)
{
    const double limit = fmax(20, 4 * positives);
    size_t count = 0;

    while (count < steps->count && !(steps->k[count] > limit))
        count++;
    if (count < 2)
        return;
    const struct chart_series series[] = {
        {.label = "Precision", .x = steps->k, .y = steps->precision, .count = count},
        {.label = "Recall", .x = steps->k, .y = steps->recall, .count = count},
    };
    const bool marked = positives >= steps->k[0] && positives <= steps->k[count - 1];
    text_add_format(out,
                    "<figure><h3>Precision and recall at k</h3>\n<figcaption>among the k %s with "
                    "the highest scores</figcaption>\n",
                    words->many);
    const char *description =
        arena_format(memory,
                     "Precision and recall among the k %s with the highest scores; the same "
                     "numbers are in the table.",
                     words->many);
    chart_line(out, &(struct chart_line){.words = {.title = "Precision and recall at k",
                                                   .description = description,
                                                   .x_label = "k",
                                                   .y_label = ""},
                                         .series = series,
                                         .count = 2,
                                         .from_zero = true,
                                         .x_kind = FIGURE_COUNT,
                                         .y_kind = FIGURE_SHARE,
                                         .mark = marked ? positives : (double)NAN,
                                         .mark_label = "all positives"});
    html_add(out, "</figure>\n");
}

/* Powers of ten, and twice and five times these. */
static bool is_round(double k)
{
    const double power = pow(10, floor(log10(k) + 1e-9)), lead = k / power;

    return fabs(lead - 1) < 1e-6 || fabs(lead - 2) < 1e-6 || fabs(lead - 5) < 1e-6;
}

static void step_rows(struct text *out, const struct steps *steps, bool all)
{
    for (size_t i = 0; i < steps->count; i++) {
        if (!all && (steps->k[i] < 10 || !is_round(steps->k[i])) && i + 1 < steps->count)
            continue;
        html_add(out, "<tr>");
        html_row_name(out, figure_count(steps->k[i]).text);
        html_cell(out, figure_share(steps->precision[i]));
        html_cell(out, figure_share(steps->recall[i]));
        html_add(out, "</tr>\n");
    }
}

static void steps_tables(struct text *out, const struct steps *steps,
                         const struct evaluation_words *words, struct arena *memory)
{
    static const char head[] =
        "<thead><tr><th scope=\"col\">k</th><th scope=\"col\" class=\"n\">Precision</th>"
        "<th scope=\"col\" class=\"n\">Recall</th></tr></thead>\n<tbody>\n";

    if (steps->count == 0)
        return;
    html_open_table_open(
        out, arena_format(memory, "Among the k %s with the highest scores", words->many));
    html_add(out, head);
    step_rows(out, steps, false);
    html_add(out, "</tbody>\n");
    html_open_table_close(out);
    html_table_open(out, "Every k", "Of tied rows at the cut, a share counts");
    html_add(out, head);
    step_rows(out, steps, true);
    html_add(out, "</tbody>\n");
    html_table_close(out);
}

/* Days as columns: how many are found, and how many more k checks could have found. */
static void draw_days(struct text *out, const json_t *daily, struct arena *memory)
{
    const json_t *days = json_object_get(daily, "days");
    const size_t places = json_array_size(days) < SHOWN_DAYS ? json_array_size(days) : SHOWN_DAYS;
    const double k = read_number(daily, "k");
    double *value = ARENA_NEW(memory, double, 2 * places + 1);
    const char **place = ARENA_NEW(memory, const char *, places + 1);
    static const char *const labels[] = {"Found", "Could have been found"};
    static const size_t colours[] = {0, SVG_GREY};

    if (places == 0)
        return;
    for (size_t d = 0; d < places; d++) {
        const json_t *day = json_array_get(days, d);
        const char *name = read_text(day, "day");
        const double found = read_number(day, "found"),
                     could = fmin(read_number(day, "positives"), k);
        /* Of a date, month and day: the table has the year. */
        place[d] = strlen(name) == 10 ? name + 5
                   : name[0]          ? name
                                      : arena_format(memory, "%zu", d + 1);
        value[d] = found;
        value[places + d] = fmax(could - found, 0);
    }
    text_add_format(out,
                    "<figure><h3>Found by day</h3>\n<figcaption>of the positive ones, among the %s "
                    "checked each day</figcaption>\n",
                    figure_count(k).text);
    chart_columns(out, &(struct chart_columns){
                           .words = {.title = "Found by day",
                                     .description = "Positive entities found by day, and how many "
                                                    "more as many checks could have found; the "
                                                    "same numbers are in the table.",
                                     .x_label = "day",
                                     .y_label = "entities"},
                           .series_label = labels,
                           .colour = colours,
                           .series = 2,
                           .places = places,
                           .place = place,
                           .value = value,
                           .stacked = true,
                           .kind = FIGURE_COUNT});
    html_add(out, "</figure>\n");
}

static void days_table(struct text *out, const json_t *daily)
{
    const json_t *days = json_object_get(daily, "days"), *day;
    size_t index;

    if (json_array_size(days) == 0)
        return;
    html_table_open(out, "Day by day",
                    json_is_true(json_object_get(daily, "keep_found"))
                        ? "Entities of each day"
                        : "Entities of each day, without those found before");
    html_add(out,
             "<thead><tr><th scope=\"col\">Day</th><th scope=\"col\" class=\"n\">Entities</th>"
             "<th scope=\"col\" class=\"n\">Positive</th><th scope=\"col\" class=\"n\">Found</th>"
             "<th scope=\"col\" class=\"n\">Precision</th></tr></thead>\n<tbody>\n");
    json_array_foreach(days, index, day)
    {
        const char *name = read_text(day, "day");
        if (index == SHOWN_DAYS)
            break;
        html_add(out, "<tr>");
        html_row_name(out, name[0] ? name : figure_count(read_number(day, "day")).text);
        html_cell(out, figure_count(read_number(day, "entities")));
        html_cell(out, figure_count(read_number(day, "positives")));
        html_cell(out, figure_count(read_number(day, "found")));
        html_cell(out, figure_share(read_number(day, "precision")));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_table_close(out);
}

void top_section(struct text *out, const json_t *document, const struct evaluation_words *words,
                 struct arena *memory)
{
    const json_t *metrics =
        json_object_get(json_object_get(document, "evaluation"), "binary_classification_metrics");
    const json_t *daily = json_object_get(metrics, "daily_top");
    const struct steps steps = read_steps(json_object_get(metrics, "top"), memory);

    if (steps.count == 0 && json_object_size(daily) == 0)
        return;
    html_section_open(out, "top", "Among the highest scores",
                      "What a team finds that can only look at the worst few.");
    if (isfinite(read_number(daily, "value")))
        text_add_format(out,
                        "<p>Of %s checks a day, <b>%s</b> find something; a perfect ranking would "
                        "reach %s.</p>\n",
                        figure_count(read_number(daily, "k")).text,
                        figure_share(read_number(daily, "value")).text,
                        figure_share(read_number(daily, "best")).text);
    html_add(out, "<div class=\"pair\">\n");
    draw_steps(out, &steps, read_number(metrics, "positives"), words, memory);
    draw_days(out, daily, memory);
    html_add(out, "</div>\n<div class=\"pair\" style=\"margin-top:20px\"><div>\n");
    steps_tables(out, &steps, words, memory);
    html_add(out, "</div><div>\n");
    days_table(out, daily);
    html_add(out, "</div></div>\n");
    html_section_close(out);
}
