#include "report/tabular_page.h"

#include "report/evaluation_section.h"
#include "report/html.h"
#include "report/page.h"
#include "report/read.h"
#include "report/tabular_section.h"
#include "report/top_section.h"

#include <math.h>

static const struct evaluation_words words = {
    .one = "row",
    .many = "rows",
    .title = "Rows",
    .yes = "Positive",
    .no = "Negative",
    .calls_yes = "positive",
    .calls_no = "negative",
    .share = "share that is positive",
    .lead = "An AUC of 0.5 is a coin; 1 ranks every positive row above every negative one.",
};

static void section_evaluation(struct text *out, const json_t *document, struct arena *memory)
{
    evaluation_section(out, document, &words, memory);
}

static void section_top(struct text *out, const json_t *document, struct arena *memory)
{
    top_section(out, document, &words, memory);
}

static void section_provenance(struct text *out, const json_t *document, struct arena *memory)
{
    (void)memory;
    provenance_section(out, document);
}

/* At most one of the three evaluations has data. */
static const struct section {
    const char *id, *name;
    void (*write)(struct text *out, const json_t *document, struct arena *memory);
} sections[] = {
    {"evaluation", "Model quality", section_evaluation},
    {"evaluation", "Model quality", tabular_section_classes},
    {"evaluation", "Model quality", tabular_section_values},
    {"top", "Highest scores", section_top},
    {"importance", "Importance", tabular_section_importance},
    {"training", "Training", tabular_section_training},
    {"data", "Data", tabular_section_data},
    {"provenance", "Settings", section_provenance},
};
enum { SECTIONS = sizeof sections / sizeof *sections };

static const json_t *binary_metrics(const json_t *document)
{
    return json_object_get(json_object_get(document, "evaluation"),
                           "binary_classification_metrics");
}

static double metric(const json_t *document, const char *name)
{
    return read_number(json_object_get(binary_metrics(document), name), "value");
}

static void score_tiles(struct text *out, const json_t *document)
{
    static const struct {
        const char *key, *label;
    } shown[] = {{"auc", "AUC"}, {"f1", "F1"}, {"precision", "Precision"}, {"recall", "Recall"}};
    char small[80];

    snprintf(small, sizeof small, "at a score of %s",
             figure_amount(read_number(binary_metrics(document), "threshold")).text);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (isfinite(metric(document, shown[i].key)))
            page_tile(out, shown[i].label, figure_score(metric(document, shown[i].key)),
                      i > 0 ? small : NULL);
}

static void write_tiles(struct text *out, const json_t *document)
{
    const json_t *model = json_object_get(document, "model");
    const double before = read_number(model, "features_before_pca"),
                 features = read_number(model, "features");
    const double trained =
        read_number(json_object_get(json_object_get(document, "splits"), "train"), "rows");
    char small[80];

    if (json_object_size(model) == 0 && json_object_size(binary_metrics(document)) == 0)
        return;
    html_add(out, "<dl class=\"tiles\">\n");
    if (isfinite(trained))
        page_tile(out, "Training rows", figure_count(trained), NULL);
    if (isfinite(features)) {
        snprintf(small, sizeof small, "reduced from %s", figure_count(before).text);
        page_tile(out, "Features", figure_count(features), before > features ? small : NULL);
    }
    if (isfinite(read_number(model, "best_round"))) {
        snprintf(small, sizeof small, "of %s trained",
                 figure_count(read_number(model, "rounds_run")).text);
        page_tile(out, "Rounds of trees", figure_count(read_number(model, "best_round")), small);
    }
    score_tiles(out, document);
    html_add(out, "</dl>\n");
}

/* What the figures mean, in counts of rows. */
static void point_confusion(struct text *out, const json_t *document)
{
    const json_t *matrix = json_object_get(binary_metrics(document), "confusion_matrix");
    const json_t *no = json_object_get(matrix, "0"), *yes = json_object_get(matrix, "1");
    const double hits = read_number(yes, "1"), misses = read_number(yes, "0");

    if (!isfinite(hits) || !isfinite(misses))
        return;
    text_add_format(out, "<li>%s of %s positive rows are found, with %s false alarms.</li>\n",
                    figure_count(hits).text, figure_count(hits + misses).text,
                    figure_count(read_number(no, "1")).text);
}

static void point_label(struct text *out, const json_t *document)
{
    const char *label = read_text(document, "label");
    const json_t *labels = json_object_get(document, "labels");

    if (!label[0])
        return;
    html_add(out, "<li>Predicted: <b><bdi>");
    html_text(out, label, HTML_NAME_COLUMNS);
    html_add(out, "</bdi></b>");
    if (json_array_size(labels) == 2) {
        html_add(out, "; positive is <b><bdi>");
        html_text(out, read_text_item(labels, 1), HTML_NAME_COLUMNS);
        html_add(out, "</bdi></b>");
    }
    html_add(out, ".</li>\n");
}

static void write_points(struct text *out, const json_t *document)
{
    struct text points = {0};

    point_label(&points, document);
    point_confusion(&points, document);
    if (isfinite(metric(document, "auc")))
        text_add_format(&points,
                        "<li>Of two rows, a positive and a negative one, the model ranks the right "
                        "one first %.0f times in a hundred.</li>\n",
                        metric(document, "auc") * 100);
    page_points(out, &points);
    text_clear(&points);
}

static void write_sections(struct text *out, const json_t *document, struct arena *memory)
{
    struct page_body body = {0};

    for (size_t s = 0; s < SECTIONS; s++) {
        sections[s].write(&body.text, document, memory);
        page_body_add(&body, sections[s].id, sections[s].name);
    }
    page_body_links(out, &body);
    write_points(out, document);
    page_body_close(out, &body);
}

void tabular_page_html(struct text *out, const json_t *document)
{
    struct arena memory = {0};

    page_open(out, document, "Model report");
    write_tiles(out, document);
    write_sections(out, document, &memory);
    page_close(out, document);
    arena_clear(&memory);
}
