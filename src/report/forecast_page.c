#include "report/forecast_page.h"

#include "report/evaluation_section.h"
#include "report/forecast_section.h"
#include "report/html.h"
#include "report/page.h"
#include "report/read.h"

#include <math.h>

static void section_provenance(struct text *out, const json_t *document, struct arena *memory)
{
    (void)memory;
    provenance_section(out, document);
}

static const struct section {
    const char *id, *name;
    void (*write)(struct text *out, const json_t *document, struct arena *memory);
} sections[] = {
    {"months", "Totals", forecast_section_months},
    {"evaluation", "Model quality", forecast_section_evaluation},
    {"worst", "Largest errors", forecast_section_worst},
    {"charts", "Items", forecast_section_charts},
    {"model", "Model", forecast_section_model},
    {"provenance", "Settings", section_provenance},
};

static double metric(const json_t *document, const char *name)
{
    const json_t *metrics =
        json_object_get(json_object_get(document, "evaluation"), "regression_metrics");

    return read_number(json_object_get(metrics, name), "value");
}

static void write_tiles(struct text *out, const json_t *document)
{
    const size_t months = json_array_size(json_object_get(document, "months"));

    if (months == 0)
        return;
    html_add(out, "<dl class=\"tiles\">\n");
    page_tile(out, "Months", figure_count((double)months), NULL);
    if (isfinite(read_number(document, "items")))
        page_tile(out, "Items", figure_count(read_number(document, "items")), NULL);
    if (isfinite(metric(document, "r2")))
        page_tile(out, "R2", figure_score(metric(document, "r2")), NULL);
    if (isfinite(metric(document, "mape")))
        page_tile(out, "Mean miss", figure_share(metric(document, "mape")), NULL);
    html_add(out, "</dl>\n");
}

static void write_sections(struct text *out, const json_t *document, struct arena *memory)
{
    struct page_body body = {0};

    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++) {
        sections[s].write(&body.text, document, memory);
        page_body_add(&body, sections[s].id, sections[s].name);
    }
    page_body_links(out, &body);
    page_body_close(out, &body);
}

void forecast_page_html(struct text *out, const json_t *document)
{
    struct arena memory = {0};

    page_open(out, document, "Forecast");
    write_tiles(out, document);
    write_sections(out, document, &memory);
    page_close(out, document);
    arena_clear(&memory);
}
