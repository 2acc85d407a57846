/* Reasons not to trust the incremental credits: placebo, calibration, controls, sentences. */
#include "report/incremental_section.h"

#include "report/html.h"
#include "report/read.h"

#include <math.h>

enum { GROUPS = 20 };

static void write_sentences(struct text *out, const json_t *doubt)
{
    const json_t *list = json_object_get(doubt, "sentences");
    const size_t count = json_array_size(list);

    if (count == 0) {
        html_add(out, "<p>Nothing speaks against these credits: future impressions seem to cause "
                      "nothing, chances are calibrated, and no campaign's interval is too wide to "
                      "use.</p>\n");
        return;
    }
    html_add(out, "<ul class=\"points\">\n");
    for (size_t i = 0; i < count && i < SHOWN_SENTENCES; i++) {
        html_add(out, "<li>");
        html_text(out, read_text(json_array_get(list, i), "text"), 2 * HTML_LINE_COLUMNS);
        html_add(out, "</li>\n");
    }
    html_add(out, "</ul>\n");
    if (count > SHOWN_SENTENCES)
        text_add_format(out, "<p class=\"note\">and %zu more, in report.json</p>\n",
                        count - SHOWN_SENTENCES);
}

/* A number of each campaign, by credit, largest first. */
struct doubt_rows {
    size_t count;
    const char **name;
    const json_t **campaign;
};

struct ranked {
    double credit;
    size_t index;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->credit != y->credit)
        return x->credit > y->credit ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Those of the baseline, the last, stand apart. */
static void find_rows(struct doubt_rows *rows, const json_t *doubt, struct arena *memory)
{
    const json_t *list = json_object_get(doubt, "campaigns");
    const size_t all = json_array_size(list);
    struct ranked *ranked = ARENA_NEW(memory, struct ranked, all + 1);
    size_t count = 0;

    for (size_t i = 0; i < all; i++) {
        const double credit = read_number(json_array_get(list, i), "credit");
        if (strcmp(read_text(json_array_get(list, i), "campaign"), "(baseline)") != 0)
            ranked[count++] = (struct ranked){isfinite(credit) ? credit : -INFINITY, i};
    }
    qsort(ranked, count, sizeof *ranked, compare_ranked);
    rows->count = count < SHOWN_CURVES ? count : (size_t)SHOWN_CURVES;
    rows->name = ARENA_NEW(memory, const char *, rows->count + 1);
    rows->campaign = ARENA_NEW(memory, const json_t *, rows->count + 1);
    for (size_t r = 0; r < rows->count; r++) {
        rows->campaign[r] = json_array_get(list, ranked[r].index);
        rows->name[r] = read_text(rows->campaign[r], "campaign");
    }
}

static double *column(const struct doubt_rows *rows, const char *key, struct arena *memory)
{
    double *value = ARENA_NEW(memory, double, rows->count + 1);

    for (size_t r = 0; r < rows->count; r++)
        value[r] = read_number(rows->campaign[r], key);
    return value;
}

static void draw_placebo(struct text *out, const struct doubt_rows *rows, struct arena *memory)
{
    static const char *const label[] = {"seem caused by future impressions"};

    html_add(out, "<figure><figcaption>Placebo: conversions that <i>future</i> impressions seem to "
                  "cause. There can be none, so each bar (its 95 % interval) should reach across 0"
                  "</figcaption>\n");
    chart_dots(out, &(struct chart_dots){.description = "Placebo of each campaign with its 95 % "
                                                        "interval.",
                                         .rows = rows->count,
                                         .series = 1,
                                         .name = rows->name,
                                         .series_label = label,
                                         .value = column(rows, "placebo", memory),
                                         .low = column(rows, "placebo_low", memory),
                                         .high = column(rows, "placebo_high", memory),
                                         .kind = FIGURE_AMOUNT});
    html_add(out, "</figure>\n");
}

static void draw_controls(struct text *out, const struct doubt_rows *rows, struct arena *memory)
{
    static const char *const label[] = {"caused", "without what tells users apart"};
    double *value = ARENA_NEW(memory, double, 2 * rows->count + 1);
    const double *with = column(rows, "credit", memory);
    const double *without = column(rows, "without_controls", memory);

    memcpy(value, with, rows->count * sizeof *value);
    memcpy(value + rows->count, without, rows->count * sizeof *value);
    html_add(out, "<figure><figcaption>Controls: how far each campaign's credit moves when the "
                  "model may not tell users apart. A long way means that the credit hangs on the "
                  "controls being right</figcaption>\n");
    chart_dots(out, &(struct chart_dots){.description = "Conversions caused by each campaign with "
                                                        "and without controls.",
                                         .rows = rows->count,
                                         .series = 2,
                                         .name = rows->name,
                                         .series_label = label,
                                         .value = value,
                                         .kind = FIGURE_AMOUNT});
    html_add(out, "</figure>\n");
}

static void draw_calibration(struct text *out, const json_t *doubt)
{
    const json_t *groups = json_object_get(json_object_get(doubt, "calibration"), "groups");
    double expected[GROUPS], seen[GROUPS], top = 0;
    size_t count = 0;

    for (size_t g = 0; g < json_array_size(groups) && count < GROUPS; g++) {
        const json_t *group = json_array_get(groups, g);
        const double impressions = read_number(group, "impressions");
        if (!(impressions > 0))
            continue;
        expected[count] = read_number(group, "expected") / impressions;
        seen[count] = read_number(group, "conversions") / impressions;
        top = fmax(top, fmax(expected[count], seen[count]));
        count++;
    }
    if (!(top > 0) || !isfinite(top))
        return;
    const struct chart_series series = {
        .label = "groups of impressions", .x = expected, .y = seen, .count = count, .dots = true};
    html_add(out, "<figure><figcaption>Calibration: impressions in groups of rising chance; on the "
                  "dotted line as many convert as the model expects</figcaption>\n");
    chart_line(out, &(struct chart_line){.words = {"Calibration of the chance of a conversion",
                                                   "Share of impressions that convert against the "
                                                   "expected share, by group.",
                                                   "expected share", "share that converted"},
                                         .series = &series,
                                         .count = 1,
                                         .square = top,
                                         .diagonal = true,
                                         .x_kind = FIGURE_SHARE,
                                         .y_kind = FIGURE_SHARE,
                                         .mark = NAN});
    html_add(out, "</figure>\n");
}

static void doubt_table(struct text *out, const struct doubt_rows *rows)
{
    static const struct {
        const char *key, *title;
    } columns[] = {
        {"credit", "Caused"},   {"low", "from"},
        {"high", "to"},         {"without_controls", "Without controls"},
        {"placebo", "Placebo"}, {"placebo_low", "from"},
        {"placebo_high", "to"},
    };
    enum { COLUMNS = sizeof columns / sizeof *columns };

    html_table_open(out, "Doubts as a table", "Checks of each campaign's credit");
    html_add(out, "<thead><tr>");
    html_column_name(out, "Campaign", false);
    for (size_t c = 0; c < COLUMNS; c++)
        html_column_name(out, columns[c].title, true);
    html_column_name(out, "Users without it", true);
    html_add(out, "</tr></thead>\n<tbody>\n");
    for (size_t r = 0; r < rows->count; r++) {
        html_add(out, "<tr>");
        html_row_name(out, rows->name[r]);
        for (size_t c = 0; c < COLUMNS; c++)
            html_cell(out, figure_amount(read_number(rows->campaign[r], columns[c].key)));
        html_cell(out, figure_share(read_number(rows->campaign[r], "users_without")));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_table_close(out);
}

void incremental_section_doubt(struct text *out, struct attribution_page *page)
{
    const json_t *doubt = json_object_get(json_object_get(page->document, "incremental"), "doubt");
    struct doubt_rows rows;

    if (json_object_size(doubt) == 0)
        return;
    find_rows(&rows, doubt, &page->memory);
    html_section_open(out, "doubt", "When not to trust it",
                      "What the data themselves say about the credits above.");
    write_sentences(out, doubt);
    if (rows.count > 0) {
        draw_placebo(out, &rows, &page->memory);
        draw_controls(out, &rows, &page->memory);
    }
    draw_calibration(out, doubt);
    if (rows.count > 0)
        doubt_table(out, &rows);
    html_section_close(out);
}

static void experiment_row(struct text *out, const json_t *lift)
{
    static const char *const keys[] = {"conversions_caused", "standard_error", "before", "after"};

    html_add(out, "<tr>");
    html_row_name(out, read_text(lift, "campaign"));
    for (size_t t = 0; t < 2; t++) {
        html_add(out, "<td>");
        html_text(out, read_text(lift, t ? "to" : "from"), 16);
        html_add(out, "</td>");
    }
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        html_cell(out, figure_amount(read_number(lift, keys[k])));
    html_add(out, "</tr>\n");
}

void incremental_section_experiments(struct text *out, struct attribution_page *page)
{
    static const char *const numbers[] = {"Measured", "Standard error", "Model without",
                                          "Model with"};
    const json_t *lifts =
        json_object_get(json_object_get(page->document, "incremental"), "experiments");
    const size_t count = json_array_size(lifts);

    if (count == 0)
        return;
    html_section_open(out, "experiments", "Experiments",
                      "What experiments measured, and what the model says of the same campaign and "
                      "days, without them and with them. Where the model without them is far from "
                      "a measurement, be careful with campaigns that nobody has measured.");
    html_open_table_open(out, "Measured lifts");
    html_add(out, "<thead><tr>");
    html_column_name(out, "Campaign", false);
    html_column_name(out, "From", false);
    html_column_name(out, "To", false);
    for (size_t c = 0; c < sizeof numbers / sizeof *numbers; c++)
        html_column_name(out, numbers[c], true);
    html_add(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count && i < SHOWN_EXPERIMENTS; i++)
        experiment_row(out, json_array_get(lifts, i));
    html_add(out, "</tbody>\n");
    html_open_table_close(out);
    if (count > SHOWN_EXPERIMENTS)
        text_add_format(out, "<p class=\"note\">and %zu more, in report.json</p>\n",
                        count - SHOWN_EXPERIMENTS);
    html_section_close(out);
}
