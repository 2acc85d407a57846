/* Caused and anyway conversions by week; how effects fade; what more or less of a campaign brings.
 */
#include "report/incremental_section.h"

#include "report/html.h"
#include "report/read.h"

#include <math.h>

enum { SHOWN_PERIODS = 60, SHOWN_POINTS = 40, UNIT_COLUMNS = 80 };

/* A date without its year: "07-10" of "2017-07-10"; other labels as they are. */
static const char *short_label(const char *label)
{
    const bool date = strlen(label) == 10 && label[4] == '-' && label[7] == '-';

    return date ? label + 5 : label;
}

static void weeks_table(struct text *out, const struct chart_columns *chart, const json_t *from)
{
    html_table_open(out, "Weeks as a table", "Conversions by the time they came");
    html_add(out, "<thead><tr>");
    html_column_name(out, "From", false);
    html_column_name(out, "Caused", true);
    html_column_name(out, "Came anyway", true);
    html_add(out, "</tr></thead>\n<tbody>\n");
    for (size_t p = 0; p < chart->places; p++) {
        html_add(out, "<tr>");
        html_row_name(out, read_text_item(from, p));
        html_cell(out, figure_amount(chart->value[p]));
        html_cell(out, figure_amount(chart->value[chart->places + p]));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_table_close(out);
}

void incremental_section_weeks(struct text *out, struct attribution_page *page)
{
    static const char *const label[] = {"caused by campaigns", "came anyway"};
    static const size_t colour[] = {0, SVG_GREY};
    const json_t *part = json_object_get(json_object_get(page->document, "incremental"), "periods");
    const json_t *from = json_object_get(part, "from");
    const json_t *caused = json_object_get(part, "caused");
    const json_t *anyway = json_object_get(part, "anyway");
    const double weeks = read_number(part, "weeks");
    const size_t count =
        json_array_size(caused) < SHOWN_PERIODS ? json_array_size(caused) : (size_t)SHOWN_PERIODS;
    const char **place = ARENA_NEW(&page->memory, const char *, count + 1);
    double *value = ARENA_NEW(&page->memory, double, 2 * count + 1);

    if (count == 0)
        return;
    for (size_t p = 0; p < count; p++) {
        place[p] = short_label(read_text_item(from, p));
        value[p] = read_item(caused, p);
        value[count + p] = read_item(anyway, p);
    }
    const struct chart_columns chart = {
        .words = {"Conversions by week",
                  "Conversions caused by campaigns and those that came "
                  "anyway, stacked, by week.",
                  weeks > 1 ? "weeks together, from (month-day)" : "week from (month-day)",
                  "conversions"},
        .series_label = label,
        .colour = colour,
        .series = 2,
        .places = count,
        .place = place,
        .value = value,
        .stacked = true,
        .kind = FIGURE_AMOUNT};
    html_section_open(out, "weeks", "Caused and anyway, by week",
                      "Conversions by the week they came in. The first and the last week may be "
                      "cut by the ends of the log.");
    chart_columns(out, &chart);
    weeks_table(out, &chart, from);
    html_section_close(out);
}

/* Rows of a list of lists in the order the campaigns are shown in. */
static double *gather(const struct incremental_credits *credits, const json_t *lists, size_t rows,
                      size_t points, struct arena *memory)
{
    double *value = ARENA_NEW(memory, double, rows *points + 1);

    for (size_t r = 0; r < rows; r++)
        for (size_t p = 0; p < points; p++)
            value[r * points + p] = read_item(json_array_get(lists, credits->order[r]), p);
    return value;
}

struct curves {
    size_t rows, points;
    const char **name, **note;
    double *x;
};

static bool begin_curves(struct curves *curves, const struct incremental_credits *credits,
                         const json_t *x, struct arena *memory)
{
    const size_t points = json_array_size(x);

    curves->rows = credits->campaigns < SHOWN_CURVES ? credits->campaigns : (size_t)SHOWN_CURVES;
    curves->points = points < SHOWN_POINTS ? points : (size_t)SHOWN_POINTS;
    curves->name = ARENA_NEW(memory, const char *, curves->rows + 1);
    curves->note = ARENA_NEW(memory, const char *, curves->rows + 1);
    curves->x = ARENA_NEW(memory, double, curves->points + 1);
    for (size_t r = 0; r < curves->rows; r++)
        curves->name[r] = credits->campaign[credits->order[r]];
    for (size_t p = 0; p < curves->points; p++)
        curves->x[p] = read_item(x, p);
    return curves->points > 1;
}

static void draw_decay(struct text *out, const struct incremental_credits *credits,
                       struct arena *memory)
{
    const json_t *part = json_object_get(credits->part, "decay");
    const json_t *half = json_object_get(part, "half_gone_days");
    const char *unit = read_text(part, "unit");
    struct curves curves;

    if (!begin_curves(&curves, credits, json_object_get(part, "days"), memory))
        return;
    for (size_t r = 0; r < curves.rows; r++) {
        const double days = read_item(half, credits->order[r]);
        curves.note[r] = isfinite(days) ? arena_format(memory, "%s days", figure_amount(days).text)
                                        : "\xe2\x80\x93";
    }
    html_add(out, "<figure><figcaption>How long an impression works: what is left of its effect");
    if (unit[0]) {
        html_add(out, " on ");
        html_text(out, unit, UNIT_COLUMNS);
    }
    html_add(out, ", days after it; at the right, when half of it is gone</figcaption>\n");
    chart_sparks(out, &(struct chart_sparks){
                          .description = "Share of an impression's effect that is left, by days "
                                         "after it, for each campaign.",
                          .rows = curves.rows,
                          .points = curves.points,
                          .name = curves.name,
                          .note = curves.note,
                          .x = curves.x,
                          .y = gather(credits, json_object_get(part, "share"), curves.rows,
                                      curves.points, memory),
                          .x_kind = FIGURE_AMOUNT,
                          .x_label = "days after the impression",
                          .mark = NAN});
    html_add(out, "</figure>\n");
}

/* What the last point of a curve is: "+123". */
static const char *change_note(double change, struct arena *memory)
{
    if (!isfinite(change))
        return "\xe2\x80\x93";
    return arena_format(memory, "%s%s", change >= 0 ? "+" : "\xe2\x88\x92",
                        figure_amount(fabs(change)).text);
}

static void draw_response(struct text *out, const struct incremental_credits *credits,
                          struct arena *memory)
{
    const json_t *part = json_object_get(credits->part, "curves");
    const json_t *low = json_object_get(part, "low"), *high = json_object_get(part, "high");
    struct curves curves;

    if (!begin_curves(&curves, credits, json_object_get(part, "scale"), memory))
        return;
    double *change =
        gather(credits, json_object_get(part, "change"), curves.rows, curves.points, memory);
    for (size_t r = 0; r < curves.rows; r++)
        curves.note[r] = change_note(change[(r + 1) * curves.points - 1], memory);
    html_add(
        out,
        "<figure><figcaption>What more or less of it brings: conversions more or fewer if "
        "each impression of the campaign counted that many times, and nothing else changed; "
        "each row has its own height, the number at the right is for twice as much</figcaption>\n");
    chart_sparks(out,
                 &(struct chart_sparks){
                     .description = "Change in expected conversions when a campaign is "
                                    "stopped (0) up to doubled (2), for each campaign.",
                     .rows = curves.rows,
                     .points = curves.points,
                     .name = curves.name,
                     .note = curves.note,
                     .x = curves.x,
                     .y = change,
                     .low = low ? gather(credits, low, curves.rows, curves.points, memory) : NULL,
                     .high = low ? gather(credits, high, curves.rows, curves.points, memory) : NULL,
                     .x_kind = FIGURE_AMOUNT,
                     .x_label = "times as much of the campaign; 1 is as it was",
                     .mark = 1,
                     .own_scales = true});
    html_add(out, "</figure>\n");
}

void incremental_section_curves(struct text *out, struct attribution_page *page)
{
    struct incremental_credits credits;

    if (!incremental_credits_read(&credits, page->document, &page->memory) ||
        (!json_object_get(credits.part, "decay") && !json_object_get(credits.part, "curves")))
        return;
    html_section_open(out, "curves", "Decay and response",
                      "How fast an impression is forgotten, and whether more of a campaign would "
                      "still bring more: a curve that bends flat is saturated.");
    draw_decay(out, &credits, &page->memory);
    draw_response(out, &credits, &page->memory);
    if (credits.campaigns > SHOWN_CURVES)
        text_add_format(out,
                        "<p class=\"note\">The %d campaigns that caused most are shown, of "
                        "%zu.</p>\n",
                        SHOWN_CURVES, credits.campaigns);
    html_section_close(out);
}
