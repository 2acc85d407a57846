#include "report/attribution_page.h"

#include "report/attribution_section.h"
#include "report/epochs_section.h"
#include "report/evaluation_section.h"
#include "report/html.h"
#include "report/incremental_section.h"
#include "report/page.h"
#include "report/read.h"

#include <math.h>

static void write_evaluation(struct text *out, struct attribution_page *page)
{
    static const struct evaluation_words words = {
        .one = "journey",
        .many = "journeys",
        .title = "Journeys",
        .yes = "Converted",
        .no = "Not converted",
        .calls_yes = "converts",
        .calls_no = "not",
        .share = "share that converted",
        .lead = "An AUC of 0.5 is a coin; 1 ranks every converted journey above every other.",
    };

    evaluation_section(out, page->document, &words, &page->memory);
}

static void write_training(struct text *out, struct attribution_page *page)
{
    epochs_section(out, page->document, &page->memory);
}

static void write_provenance(struct text *out, struct attribution_page *page)
{
    provenance_section(out, page->document);
}

static const struct section {
    const char *id, *name;
    void (*write)(struct text *out, struct attribution_page *page);
} sections[] = {
    {"incremental", "Caused", incremental_section_credits},
    {"pairs", "Pairs", incremental_section_pairs},
    {"weeks", "Weeks", incremental_section_weeks},
    {"curves", "Curves", incremental_section_curves},
    {"experiments", "Experiments", incremental_section_experiments},
    {"doubt", "Doubts", incremental_section_doubt},
    {"credits", "Credit", attribution_section_credits},
    {"truth", "Truth", attribution_section_truth},
    {"removal", "Removal effects", attribution_section_removal},
    {"transitions", "Transitions", attribution_section_matrix},
    {"journeys", "Journeys", attribution_section_journeys},
    {"attention", "Attention", attribution_section_attention},
    {"training", "Training", write_training},
    {"evaluation", "Model quality", write_evaluation},
    {"provenance", "Settings", write_provenance},
};
enum { SECTIONS = sizeof sections / sizeof *sections };

static const json_t *auc_of(const json_t *document)
{
    const json_t *evaluation = json_object_get(document, "evaluation");

    return json_object_get(json_object_get(evaluation, "binary_classification_metrics"), "auc");
}

static void write_tiles(struct text *out, const json_t *document)
{
    static const struct {
        const char *key, *label;
    } counts[] = {
        {"impressions", "Impressions"},
        {"users", "Users"},
        {"campaigns", "Campaigns"},
        {"journeys", "Journeys"},
    };
    const json_t *headline = json_object_get(document, "headline");
    const double conversions = read_number(headline, "conversions");
    const double rate = conversions / read_number(headline, "journeys");
    const double auc = read_number(auc_of(document), "value");
    const double spread = read_number(auc_of(document), "standard_deviation");
    char small[80];

    if (json_object_size(headline) == 0 && !isfinite(auc))
        return;
    html_add(out, "<dl class=\"tiles\">\n");
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        if (isfinite(read_number(headline, counts[c].key)))
            page_tile(out, counts[c].label, figure_count(read_number(headline, counts[c].key)),
                      NULL);
    if (isfinite(conversions)) {
        snprintf(small, sizeof small, "%s of journeys", figure_share(rate).text);
        page_tile(out, "Conversions", figure_count(conversions), isfinite(rate) ? small : NULL);
    }
    if (isfinite(auc)) {
        snprintf(small, sizeof small, "\xc2\xb1 %s", figure_score(spread).text);
        page_tile(out, "AUC", figure_score(auc), isfinite(spread) ? small : NULL);
    }
    html_add(out, "</dl>\n");
}

static void name_of(struct text *out, const struct attribution_credits *credits, size_t campaign)
{
    html_add(out, "<b><bdi>");
    html_text(out, credits->campaign[campaign], HTML_NAME_COLUMNS);
    html_add(out, "</bdi></b>");
}

static void label_of(struct text *out, const struct attribution_credits *credits, size_t method)
{
    html_text(out, credits->label[method], HTML_NAME_COLUMNS);
}

static void point_leader(struct text *out, const struct attribution_credits *credits)
{
    const size_t top = credits->order[0], m = credits->primary;

    html_add(out, "<li>");
    name_of(out, credits, top);
    text_add_format(out, " earns the most: %s of the conversions (%s) by ",
                    figure_share(attribution_share(credits->credit[m * credits->campaigns + top],
                                                   credits->total[m]))
                        .text,
                    figure_amount(credits->credit[m * credits->campaigns + top]).text);
    label_of(out, credits, m);
    html_add(out, ".</li>\n");
}

/* The campaign that gains or loses most when the leading method replaces another. */
static void point_disagreement(struct text *out, const struct attribution_credits *credits)
{
    const size_t lead = credits->primary;
    double widest = 0, here = 0, there = 0;
    size_t campaign = 0, method = 0;

    for (size_t m = 0; m < credits->methods; m++)
        for (size_t c = 0; m != lead && c < credits->campaigns; c++) {
            const double a = attribution_share(credits->credit[lead * credits->campaigns + c],
                                               credits->total[lead]);
            const double b =
                attribution_share(credits->credit[m * credits->campaigns + c], credits->total[m]);
            if (fabs(a - b) > widest) {
                widest = fabs(a - b);
                here = a;
                there = b;
                campaign = c;
                method = m;
            }
        }
    if (!(widest > 0.0005))
        return;
    html_add(out, "<li>The methods disagree most on ");
    name_of(out, credits, campaign);
    text_add_format(out, ": %s by ", figure_share(here).text);
    label_of(out, credits, lead);
    text_add_format(out, ", %s by ", figure_share(there).text);
    label_of(out, credits, method);
    html_add(out, ".</li>\n");
}

static void point_truth(struct text *out, const struct attribution_credits *credits)
{
    size_t best = 0;

    if (!credits->distance)
        return;
    for (size_t m = 1; m < credits->methods; m++)
        if (credits->distance[m] < credits->distance[best] || isnan(credits->distance[best]))
            best = m;
    if (!isfinite(credits->distance[best]))
        return;
    html_add(out, "<li>Nearest to the truth: <b>");
    label_of(out, credits, best);
    text_add_format(out, "</b>, %s of the credit misplaced.</li>\n",
                    figure_share(credits->distance[best]).text);
}

static void point_quality(struct text *out, const json_t *document)
{
    const double auc = read_number(auc_of(document), "value");

    if (isfinite(auc))
        text_add_format(out,
                        "<li>Of two journeys, one that converted and one that did not, the "
                        "model picks the right one %.0f times in a hundred.</li>\n",
                        auc * 100);
}

static void write_points(struct text *out, const struct attribution_page *page)
{
    struct text points = {0};

    incremental_points(&points, page);
    if (page->credits.campaigns > 0 && page->credits.total[page->credits.primary] > 0) {
        if (page->credits.campaigns > 1) {
            if (points.length == 0) /* what was caused says more */
                point_leader(&points, &page->credits);
            point_disagreement(&points, &page->credits);
        }
        point_truth(&points, &page->credits);
    }
    point_quality(&points, page->document);
    page_points(out, &points);
    text_clear(&points);
}

static void write_sections(struct text *out, struct attribution_page *page)
{
    struct page_body body = {0};

    for (size_t s = 0; s < SECTIONS; s++) {
        sections[s].write(&body.text, page);
        page_body_add(&body, sections[s].id, sections[s].name);
    }
    page_body_links(out, &body);
    write_points(out, page);
    page_body_close(out, &body);
}

void attribution_page_html(struct text *out, const json_t *document)
{
    struct attribution_page page = {.document = document};

    attribution_credits_read(&page.credits, document, &page.memory);
    page_open(out, document, "Attribution report");
    write_tiles(out, document);
    write_sections(out, &page);
    page_close(out, document);
    arena_clear(&page.memory);
}
