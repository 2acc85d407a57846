#include "report/forecast_page.h"

#include "report/evaluation_section.h"
#include "report/forecast_section.h"
#include "report/html.h"
#include "report/read.h"
#include "report/svg.h"

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

static void tile(struct text *out, const char *label, struct figure value)
{
    text_add_format(out, "<div class=\"tile\"><dt>%s</dt><dd>%s</dd></div>\n", label, value.text);
}

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
    tile(out, "Months", figure_count((double)months));
    if (isfinite(read_number(document, "items")))
        tile(out, "Items", figure_count(read_number(document, "items")));
    if (isfinite(metric(document, "r2")))
        tile(out, "R2", figure_score(metric(document, "r2")));
    if (isfinite(metric(document, "mape")))
        tile(out, "Mean miss", figure_share(metric(document, "mape")));
    html_add(out, "</dl>\n");
}

/* Sections first, to know which there are; then what links to them. */
static void write_sections(struct text *out, const json_t *document, struct arena *memory)
{
    struct text body = {0}, links = {0};
    size_t count = 0;

    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++) {
        const size_t before = body.length;
        sections[s].write(&body, document, memory);
        if (body.length == before)
            continue;
        text_add_format(&links, "<a href=\"#%s\">%s</a>\n", sections[s].id, sections[s].name);
        count++;
    }
    if (count > 1)
        text_add_format(out, "<nav aria-label=\"Sections\">\n%s</nav>\n", links.bytes);
    html_add(out, "<div class=\"cards\">\n");
    if (count > 0)
        text_add(out, body.bytes, body.length);
    else
        html_add(out, "<section class=\"card\"><p>There is nothing to show here.</p></section>\n");
    html_add(out, "</div>\n");
    text_clear(&body);
    text_clear(&links);
}

void forecast_page_html(struct text *out, const json_t *document)
{
    const char *title = read_text(document, "title");
    const char *version = read_text(json_object_get(document, "provenance"), "version");
    struct arena memory = {0};

    if (!title[0])
        title = "Forecast";
    html_page_open(out, title);
    svg_define_shapes(out);
    html_add(out, "<header class=\"head\"><h1>");
    html_text(out, title, HTML_LINE_COLUMNS);
    html_add(out, "</h1>\n<p class=\"sub\">");
    html_text(out, read_text(document, "subtitle"), HTML_LINE_COLUMNS);
    html_add(out, "</p></header>\n");
    write_tiles(out, document);
    write_sections(out, document, &memory);
    html_add(out, "<footer>");
    html_text(out, version[0] ? version : "Quern", HTML_NAME_COLUMNS);
    html_add(out, " \xc2\xb7 the same numbers are in report.json beside this page</footer>\n");
    html_page_close(out);
    arena_clear(&memory);
}
