#include "report/history_page.h"

#include "report/epochs_section.h"
#include "report/evaluation_section.h"
#include "report/history_section.h"
#include "report/html.h"
#include "report/page.h"
#include "report/read.h"
#include "report/top_section.h"

#include <math.h>
#include <string.h>

/* A short word of the document that needs no escaping, or ours. */
static const char *read_word(const json_t *document, const char *key, const char *otherwise)
{
    const char *word = read_text(json_object_get(document, "words"), key);
    struct text markup = {0};

    html_text(&markup, word, HTML_TIP_COLUMNS);
    const bool plain = word[0] && markup.length > 0 && strcmp(markup.bytes, word) == 0;
    text_clear(&markup);
    return plain ? word : otherwise;
}

static struct evaluation_words read_words(const json_t *document)
{
    const char *yes = read_word(document, "yes", "Positive"),
               *no = read_word(document, "no", "Negative");

    return (struct evaluation_words){
        .one = read_word(document, "one", "row"),
        .many = read_word(document, "many", "rows"),
        .title = "Rows",
        .yes = yes,
        .no = no,
        .calls_yes = yes,
        .calls_no = no,
        .share = "share that is positive",
        .lead = "An AUC of 0.5 is a coin; 1 ranks every positive row above every negative one.",
    };
}

static const json_t *binary_metrics(const json_t *document)
{
    return json_object_get(json_object_get(document, "evaluation"),
                           "binary_classification_metrics");
}

static void write_tiles(struct text *out, const json_t *document)
{
    static const struct {
        const char *key, *label;
    } scores[] = {{"auc", "AUC"}, {"average_precision", "Average precision"}};
    const json_t *metrics = binary_metrics(document), *data = json_object_get(document, "data");
    const json_t *daily = json_object_get(metrics, "daily_top");
    const double trained =
        read_number(json_object_get(json_object_get(data, "parts"), "train"), "rows");
    char small[80];

    if (json_object_size(data) == 0 && json_object_size(metrics) == 0)
        return;
    html_add(out, "<dl class=\"tiles\">\n");
    if (isfinite(read_number(data, "orders")))
        page_tile(out, "Rows", figure_count(read_number(data, "orders")), NULL);
    if (isfinite(trained))
        page_tile(out, "Learned from", figure_count(trained), NULL);
    for (size_t s = 0; s < sizeof scores / sizeof *scores; s++) {
        const json_t *metric = json_object_get(metrics, scores[s].key);
        snprintf(small, sizeof small, "\xc2\xb1 %s",
                 figure_score(read_number(metric, "standard_deviation")).text);
        if (isfinite(read_number(metric, "value")))
            page_tile(out, scores[s].label, figure_score(read_number(metric, "value")),
                      isfinite(read_number(metric, "standard_deviation")) ? small : NULL);
    }
    snprintf(small, sizeof small, "of %s a day", figure_count(read_number(daily, "k")).text);
    if (isfinite(read_number(daily, "value")))
        page_tile(out, "Daily precision", figure_score(read_number(daily, "value")), small);
    html_add(out, "</dl>\n");
}

static void write_points(struct text *out, const json_t *document,
                         const struct evaluation_words *words)
{
    const json_t *metrics = binary_metrics(document);
    const json_t *daily = json_object_get(metrics, "daily_top");
    const double auc = read_number(json_object_get(metrics, "auc"), "value");
    struct text points = {0};

    if (isfinite(read_number(metrics, "positives")))
        text_add_format(&points, "<li>%s of %s %s are positive (%s).</li>\n",
                        figure_count(read_number(metrics, "positives")).text,
                        figure_count(read_number(metrics, "samples")).text, words->many,
                        words->yes);
    if (isfinite(auc))
        text_add_format(&points,
                        "<li>Of two %s, a positive and a negative one, the model ranks the right "
                        "one first %.0f times in a hundred.</li>\n",
                        words->many, auc * 100);
    if (isfinite(read_number(daily, "value")))
        text_add_format(&points,
                        "<li>Who checks the %s entities with the highest scores each day is right "
                        "%s of the time, at best %s.</li>\n",
                        figure_count(read_number(daily, "k")).text,
                        figure_share(read_number(daily, "value")).text,
                        figure_share(read_number(daily, "best")).text);
    page_points(out, &points);
    text_clear(&points);
}

void history_page_html(struct text *out, const json_t *document)
{
    struct page_body body = {0};
    struct arena memory = {0};
    const struct evaluation_words words = read_words(document);

    page_open(out, document, "Model report");
    write_tiles(out, document);
    history_section_comparison(&body.text, document);
    page_body_add(&body, "comparison", "Comparison");
    evaluation_section(&body.text, document, &words, &memory);
    page_body_add(&body, "evaluation", "Model quality");
    top_section(&body.text, document, &words, &memory);
    page_body_add(&body, "top", "Highest scores");
    percentile_section(&body.text, document, &words, &memory);
    page_body_add(&body, "percentiles", "Percentiles");
    history_section_attention(&body.text, document, &words, &memory);
    page_body_add(&body, "attention", "Attention");
    epochs_section(&body.text, document, &memory);
    page_body_add(&body, "training", "Training");
    history_section_data(&body.text, document, &words);
    page_body_add(&body, "data", "Data");
    provenance_section(&body.text, document);
    page_body_add(&body, "provenance", "Settings");
    page_body_links(out, &body);
    write_points(out, document, &words);
    page_body_close(out, &body);
    page_close(out, document);
    arena_clear(&memory);
}
