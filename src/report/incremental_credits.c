/* Conversions caused by each campaign with intervals, beside what older methods credit. */
#include "report/incremental_section.h"

#include "report/html.h"
#include "report/read.h"

#include <math.h>

/* The methods to compare with, at most. */
enum { BESIDE = 4 };

struct beside {
    size_t count;
    const char *label[BESIDE];
    const json_t *credits[BESIDE]; /* in the order of "credits"."campaigns" */
};

static void find_beside(struct beside *beside, const json_t *document)
{
    static const char *const wanted[BESIDE] = {"last_touch", "shapley", "markov_1", "attention"};
    const json_t *methods = json_object_get(json_object_get(document, "credits"), "methods");
    const json_t *method;
    size_t i;

    beside->count = 0;
    for (size_t w = 0; w < BESIDE; w++)
        json_array_foreach(methods, i, method)
        {
            if (beside->count == BESIDE || strcmp(read_text(method, "name"), wanted[w]) != 0)
                continue;
            beside->label[beside->count] = read_label(method, "label", "name");
            beside->credits[beside->count++] = json_object_get(method, "credits");
        }
}

/* Where a campaign stands in "credits", or beyond its end. */
static size_t place_of(const json_t *document, const char *campaign)
{
    const json_t *names = json_object_get(json_object_get(document, "credits"), "campaigns");
    const size_t count = json_array_size(names);

    for (size_t c = 0; c < count; c++)
        if (strcmp(read_text_item(names, c), campaign) == 0)
            return c;
    return count;
}

static size_t shown(const struct incremental_credits *credits)
{
    return credits->campaigns < SHOWN_CAMPAIGNS ? credits->campaigns : (size_t)SHOWN_CAMPAIGNS;
}

static void draw_credits(struct text *out, const struct incremental_credits *credits,
                         const json_t *document, struct arena *memory)
{
    const size_t rows = shown(credits);
    const char *label[1 + BESIDE] = {"Caused (incremental)"};
    const char **name = ARENA_NEW(memory, const char *, rows);
    double *value = ARENA_NEW(memory, double, rows *(1 + BESIDE));
    double *low = ARENA_NEW(memory, double, rows), *high = ARENA_NEW(memory, double, rows);
    struct beside beside;

    find_beside(&beside, document);
    for (size_t r = 0; r < rows; r++) {
        const size_t c = credits->order[r];
        const size_t place = place_of(document, credits->campaign[c]);
        name[r] = credits->campaign[c];
        value[r] = credits->amount[c].credit;
        low[r] = credits->amount[c].low;
        high[r] = credits->amount[c].high;
        for (size_t m = 0; m < beside.count; m++)
            value[(1 + m) * rows + r] = read_item(beside.credits[m], place);
    }
    for (size_t m = 0; m < beside.count; m++)
        label[1 + m] = beside.label[m];
    chart_dots(out, &(struct chart_dots){
                        .description = "Conversions each campaign caused, with 95 % intervals, "
                                       "beside what other methods credit it with; the numbers are "
                                       "in the table below.",
                        .rows = rows,
                        .series = 1 + beside.count,
                        .name = name,
                        .series_label = label,
                        .value = value,
                        .low = credits->has_ends ? low : NULL,
                        .high = credits->has_ends ? high : NULL,
                        .kind = FIGURE_AMOUNT});
}

/* "750 – 912" */
static void cell_ends(struct text *out, const struct incremental_amount *amount)
{
    if (!isfinite(amount->low) || !isfinite(amount->high))
        html_cell(out, figure_amount(NAN));
    else
        text_add_format(out, "<td class=\"n\">%s \xe2\x80\x93 %s</td>",
                        figure_amount(amount->low).text, figure_amount(amount->high).text);
}

static void table_row(struct text *out, const struct incremental_credits *credits, const char *name,
                      const struct incremental_amount *amount, double total, bool sum)
{
    html_add(out, sum ? "<tr class=\"sum\">" : "<tr>");
    html_row_name(out, name);
    html_cell(out, figure_amount(amount->credit));
    if (credits->has_ends)
        cell_ends(out, amount);
    html_cell(out, figure_share(attribution_share(amount->credit, total)));
    if (credits->has_before)
        html_cell(out, figure_amount(amount->before));
    if (credits->has_value)
        html_cell(out, figure_amount(amount->value));
    if (credits->has_cost) {
        html_cell(out, figure_amount(amount->cost));
        html_cell(out, figure_amount(sum ? NAN : incremental_cost_each(amount)));
    }
    if (credits->has_cost && credits->has_value)
        html_cell(out, figure_amount(sum ? NAN : incremental_return(amount)));
    html_add(out, "</tr>\n");
}

static void add_amount(struct incremental_amount *sum, const struct incremental_amount *amount)
{
    sum->credit += isfinite(amount->credit) ? amount->credit : 0;
    sum->before += isfinite(amount->before) ? amount->before : 0;
    sum->value += isfinite(amount->value) ? amount->value : 0;
    sum->cost += isfinite(amount->cost) ? amount->cost : 0;
}

static void table_head(struct text *out, const struct incremental_credits *credits)
{
    html_add(out, "<thead><tr>");
    html_column_name(out, "Campaign", false);
    html_column_name(out, "Caused", true);
    if (credits->has_ends)
        html_column_name(out, "95 % interval", true);
    html_column_name(out, "Of all", true);
    if (credits->has_before)
        html_column_name(out, "Without experiments", true);
    if (credits->has_value)
        html_column_name(out, "Value", true);
    if (credits->has_cost) {
        html_column_name(out, "Cost", true);
        html_column_name(out, "Cost / caused", true);
    }
    if (credits->has_cost && credits->has_value)
        html_column_name(out, "Value / cost", true);
    html_add(out, "</tr></thead>\n<tbody>\n");
}

static void credits_table(struct text *out, const struct incremental_credits *credits)
{
    const struct incremental_amount *baseline = &credits->amount[credits->campaigns];
    struct incremental_amount all = {.low = NAN, .high = NAN}, rest = all;
    char name[40];

    for (size_t c = 0; c <= credits->campaigns; c++)
        add_amount(&all, &credits->amount[c]);
    html_open_table_open(out, "Conversions caused by each campaign");
    table_head(out, credits);
    for (size_t r = 0; r < credits->campaigns; r++) {
        const size_t c = credits->order[r];
        if (r < shown(credits))
            table_row(out, credits, credits->campaign[c], &credits->amount[c], all.credit, false);
        else
            add_amount(&rest, &credits->amount[c]);
    }
    snprintf(name, sizeof name, "other (%zu campaigns)", credits->campaigns - shown(credits));
    if (credits->campaigns > shown(credits))
        table_row(out, credits, name, &rest, all.credit, false);
    table_row(out, credits, "came anyway (baseline)", baseline, all.credit, false);
    table_row(out, credits, "All", &all, all.credit, true);
    html_add(out, "</tbody>\n");
    html_open_table_close(out);
}

static const char *const lead =
    "How many conversions would not have happened without a campaign. Unlike the other methods "
    "this one does not share out conversions that would have come anyway. The bar around a filled "
    "mark is its 95 % interval: marks of other methods far outside it reward a campaign for being "
    "shown to people who were about to convert.";

void incremental_section_credits(struct text *out, struct attribution_page *page)
{
    struct incremental_credits credits;

    if (!incremental_credits_read(&credits, page->document, &page->memory))
        return;
    html_section_open(out, "incremental", "What campaigns caused", lead);
    draw_credits(out, &credits, page->document, &page->memory);
    credits_table(out, &credits);
    html_section_close(out);
}

/* The campaign that caused most. */
static void point_most(struct text *out, const struct attribution_page *page)
{
    struct incremental_credits credits;
    struct arena memory = {0};

    if (incremental_credits_read(&credits, page->document, &memory)) {
        const size_t c = credits.order[0];
        const struct incremental_amount *most = &credits.amount[c];
        html_add(out, "<li><b><bdi>");
        html_text(out, credits.campaign[c], HTML_NAME_COLUMNS);
        text_add_format(out, "</bdi></b> caused the most: %s conversions",
                        figure_amount(most->credit).text);
        if (isfinite(most->low) && isfinite(most->high))
            text_add_format(out, " (95 %% interval %s to %s)", figure_amount(most->low).text,
                            figure_amount(most->high).text);
        html_add(out, ".</li>\n");
    }
    arena_clear(&memory);
}

void incremental_points(struct text *out, const struct attribution_page *page)
{
    const json_t *totals =
        json_object_get(json_object_get(page->document, "incremental"), "totals");
    const double all = read_number(totals, "conversions"), anyway = read_number(totals, "anyway");
    const double low = read_number(totals, "anyway_low"), high = read_number(totals, "anyway_high");

    if (!(all > 0) || !isfinite(anyway))
        return;
    text_add_format(out, "<li>Of %s conversions, <b>%s would have come anyway</b> (%s",
                    figure_count(all).text, figure_count(anyway).text,
                    figure_share(anyway / all).text);
    if (isfinite(low) && isfinite(high))
        text_add_format(out, "; 95 %% interval %s to %s", figure_share(low / all).text,
                        figure_share(high / all).text);
    html_add(out, "), the others were caused by campaigns.</li>\n");
    point_most(out, page);
}
