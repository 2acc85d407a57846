#include "report/report.h"

#include "base/file.h"
#include "base/json.h"
#include "report/attribution_page.h"
#include "report/forecast_page.h"
#include "report/history_page.h"
#include "report/read.h"
#include "report/tabular_page.h"

static const struct page {
    const char *name;
    void (*html)(struct text *out, const json_t *document);
} pages[] = {
    {"attribution", attribution_page_html},
    {"tabular", tabular_page_html},
    {"forecast", forecast_page_html},
    {"history", history_page_html},
};

bool report_html(struct text *html, const json_t *document, struct error *err)
{
    const char *name = read_text(document, "report");

    if (!json_is_object(document))
        return error_set(err, ERR_DATA, "a report document must be a JSON object");
    if (!name[0])
        name = pages[0].name;
    for (size_t p = 0; p < sizeof pages / sizeof *pages; p++)
        if (strcmp(pages[p].name, name) == 0) {
            pages[p].html(html, document);
            return true;
        }
    return error_set(err, ERR_DATA, "there is no report page called '%s'", name);
}

bool report_write(const char *folder, const json_t *document, struct error *err)
{
    struct text html = {0};

    if (!report_html(&html, document, err))
        return false;
    char *page = file_join(folder, "report.html"), *twin = file_join(folder, "report.json");
    const bool ok =
        json_write(twin, document, err) && file_write(page, html.bytes, html.length, err);
    free(page);
    free(twin);
    text_clear(&html);
    return ok;
}
