/* Credit per campaign by method, distance to the truth, removal effects. */
#include "report/attribution_section.h"

#include "report/chart.h"
#include "report/html.h"
#include "report/read.h"

#include <math.h>
#include <stdint.h>

static size_t shown_campaigns(const struct attribution_credits *credits)
{
    return credits->campaigns < SHOWN_CAMPAIGNS ? credits->campaigns : (size_t)SHOWN_CAMPAIGNS;
}

static double credit_at(const struct attribution_credits *credits, size_t method, size_t campaign)
{
    return credits->credit[method * credits->campaigns + campaign];
}

/* Credit of the campaigns that have no row of their own. */
static double other_credit(const struct attribution_credits *credits, const double *credit)
{
    double sum = 0;

    for (size_t i = shown_campaigns(credits); i < credits->campaigns; i++)
        sum += credit[credits->order[i]];
    return sum;
}

static void draw_credits(struct text *out, const struct attribution_credits *credits,
                         struct arena *memory)
{
    const size_t rows = shown_campaigns(credits);
    const char **name = ARENA_NEW(memory, const char *, rows);
    double *value = ARENA_NEW(memory, double, rows * credits->methods);
    double *tick = credits->truth ? ARENA_NEW(memory, double, rows) : NULL;

    for (size_t r = 0; r < rows; r++) {
        const size_t campaign = credits->order[r];
        name[r] = credits->campaign[campaign];
        for (size_t m = 0; m < credits->methods; m++)
            value[m * rows + r] =
                attribution_share(credit_at(credits, m, campaign), credits->total[m]);
        if (tick)
            tick[r] = attribution_share(credits->truth[campaign], credits->truth_total);
    }
    chart_dots(out, &(struct chart_dots){
                        .description = "Share of all conversions credited to each campaign, one "
                                       "mark per method; the same numbers are in the table below.",
                        .rows = rows,
                        .series = credits->methods,
                        .first = credits->primary,
                        .name = name,
                        .series_label = credits->label,
                        .value = value,
                        .tick = tick,
                        .tick_label = credits->truth_label,
                        .kind = FIGURE_SHARE});
}

static void table_row(struct text *out, const struct attribution_credits *credits, size_t campaign)
{
    html_add(out, "<tr>");
    html_row_name(out, credits->campaign[campaign]);
    html_cell(out, figure_share(attribution_share(credit_at(credits, credits->primary, campaign),
                                                  credits->total[credits->primary])));
    for (size_t m = 0; m < credits->methods; m++)
        html_cell(out, figure_amount(credit_at(credits, m, campaign)));
    if (credits->truth)
        html_cell(out, figure_amount(credits->truth[campaign]));
    html_add(out, "</tr>\n");
}

static void table_other(struct text *out, const struct attribution_credits *credits)
{
    const double *leading = credits->credit + credits->primary * credits->campaigns;

    text_add_format(out, "<tr><th scope=\"row\">other (%zu campaigns)</th>",
                    credits->campaigns - shown_campaigns(credits));
    html_cell(out, figure_share(attribution_share(other_credit(credits, leading),
                                                  credits->total[credits->primary])));
    for (size_t m = 0; m < credits->methods; m++)
        html_cell(out,
                  figure_amount(other_credit(credits, credits->credit + m * credits->campaigns)));
    if (credits->truth)
        html_cell(out, figure_amount(other_credit(credits, credits->truth)));
    html_add(out, "</tr>\n");
}

static void credits_table(struct text *out, const struct attribution_credits *credits)
{
    html_table_open(out, "Credit as a table", "Conversions credited to each campaign");
    html_add(out, "<thead><tr>");
    html_column_name(out, "Campaign", false);
    html_add(out, "<th scope=\"col\" class=\"n\">Share, ");
    html_text(out, credits->label[credits->primary], HTML_NAME_COLUMNS);
    html_add(out, "</th>");
    for (size_t m = 0; m < credits->methods; m++)
        html_column_name(out, credits->label[m], true);
    if (credits->truth)
        html_column_name(out, credits->truth_label, true);
    html_add(out, "</tr></thead>\n<tbody>\n");
    for (size_t r = 0; r < shown_campaigns(credits); r++)
        table_row(out, credits, credits->order[r]);
    if (credits->campaigns > shown_campaigns(credits))
        table_other(out, credits);
    html_add(out, "<tr class=\"sum\"><th scope=\"row\">All</th>");
    html_cell(out, figure_share(credits->total[credits->primary] > 0 ? 1 : NAN));
    for (size_t m = 0; m < credits->methods; m++)
        html_cell(out, figure_amount(credits->total[m]));
    if (credits->truth)
        html_cell(out, figure_amount(credits->truth_total));
    html_add(out, "</tr>\n</tbody>\n");
    html_table_close(out);
}

void attribution_section_credits(struct text *out, struct attribution_page *page)
{
    const struct attribution_credits *credits = &page->credits;

    if (credits->campaigns == 0)
        return;
    html_section_open(out, "credits", "Credit per campaign",
                      "Each mark is one method's answer to: what share of the conversions did this "
                      "campaign earn? Marks far apart are campaigns on which the methods disagree; "
                      "marks on one spot agree. The number at the right is the filled mark.");
    draw_credits(out, credits, &page->memory);
    if (credits->campaigns > shown_campaigns(credits)) {
        const double *leading = credits->credit + credits->primary * credits->campaigns;
        text_add_format(out,
                        "<p class=\"note\">The %zu campaigns with the most credit are shown. "
                        "The other %zu together have %s; the table sums them.</p>\n",
                        shown_campaigns(credits), credits->campaigns - shown_campaigns(credits),
                        figure_share(attribution_share(other_credit(credits, leading),
                                                       credits->total[credits->primary]))
                            .text);
    }
    credits_table(out, credits);
    html_section_close(out);
}

static void value_row(struct text *out, const char *name, struct figure value)
{
    html_add(out, "<tr>");
    html_row_name(out, name);
    html_cell(out, value);
    html_add(out, "</tr>\n");
}

void attribution_section_truth(struct text *out, struct attribution_page *page)
{
    const struct attribution_credits *credits = &page->credits;
    const char *name[SHOWN_METHODS];
    double value[SHOWN_METHODS];
    size_t count = 0;

    if (credits->campaigns == 0 || !credits->distance)
        return;
    for (size_t m = 0; m < credits->methods; m++) {
        size_t at = count;
        if (!isfinite(credits->distance[m]))
            continue;
        for (; at > 0 && value[at - 1] > credits->distance[m]; at--) {
            value[at] = value[at - 1];
            name[at] = name[at - 1];
        }
        value[at] = credits->distance[m];
        name[at] = credits->label[m];
        count++;
    }
    if (count == 0)
        return;
    html_section_open(
        out, "truth", "Distance to the truth",
        "Total variation distance between a method's campaign shares and the true "
        "ones: the part of the credit that would have to move. 0 is perfect, lower is "
        "better.");
    chart_bars(out, &(struct chart_bars){.description = "Distance of each method's campaign shares "
                                                        "to the true shares, nearest first.",
                                         .count = count,
                                         .name = name,
                                         .value = value,
                                         .kind = FIGURE_SHARE,
                                         .best = 0});
    html_table_open(out, "Distances as a table", "Total variation distance to the true shares");
    html_add(out,
             "<thead><tr><th scope=\"col\">Method</th><th scope=\"col\" class=\"n\">Distance</th>"
             "</tr></thead>\n<tbody>\n");
    for (size_t m = 0; m < count; m++)
        value_row(out, name[m], figure_score(value[m]));
    html_add(out, "</tbody>\n");
    html_table_close(out);
    html_section_close(out);
}

/* The SHOWN_EFFECTS largest of a list, largest first, ties in the order of the list. */
static size_t keep_largest(const json_t *names, const json_t *values, const char **name,
                           double *value)
{
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(names); i++) {
        const double here = read_item(values, i);
        if (!isfinite(here) || (count == SHOWN_EFFECTS && here <= value[count - 1]))
            continue;
        size_t at = count < SHOWN_EFFECTS ? count++ : count - 1;
        for (; at > 0 && value[at - 1] < here; at--) {
            value[at] = value[at - 1];
            name[at] = name[at - 1];
        }
        value[at] = here;
        name[at] = read_text_item(names, i);
    }
    return count;
}

void attribution_section_removal(struct text *out, struct attribution_page *page)
{
    const json_t *effects = json_object_get(page->document, "removal_effects");
    const json_t *names = json_object_get(effects, "campaigns");
    const char *name[SHOWN_EFFECTS];
    double value[SHOWN_EFFECTS];
    const size_t count = keep_largest(names, json_object_get(effects, "effects"), name, value);
    const char *label = read_text(effects, "label");

    if (count == 0)
        return;
    html_section_open(
        out, "removal", "Removal effects",
        "The share of conversions that would be lost if a campaign were taken away and "
        "everyone who met it left, by the Markov chain of the journeys.");
    chart_bars(
        out, &(struct chart_bars){.description = "Removal effect of each campaign, largest first.",
                                  .count = count,
                                  .name = name,
                                  .value = value,
                                  .kind = FIGURE_SHARE,
                                  .best = SIZE_MAX});
    html_add(out, "<p class=\"note\">");
    html_text(out, label, HTML_LINE_COLUMNS);
    if (json_array_size(names) > count)
        text_add_format(out, "%sThe %zu largest of %zu.", label[0] ? " " : "", count,
                        json_array_size(names));
    html_add(out, "</p>\n");
    html_table_open(out, "Removal effects as a table", "Removal effect of each campaign");
    html_add(out,
             "<thead><tr><th scope=\"col\">Campaign</th><th scope=\"col\" class=\"n\">Effect</th>"
             "</tr></thead>\n<tbody>\n");
    for (size_t c = 0; c < count; c++)
        value_row(out, name[c], figure_share(value[c]));
    html_add(out, "</tbody>\n");
    html_table_close(out);
    html_section_close(out);
}
