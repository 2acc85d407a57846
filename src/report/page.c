#include "report/page.h"

#include "report/html.h"
#include "report/read.h"
#include "report/svg.h"

void page_open(struct text *out, const json_t *document, const char *title)
{
    const char *given = read_text(document, "title");

    if (given[0])
        title = given;
    html_page_open(out, title);
    svg_define_shapes(out);
    html_add(out, "<header class=\"head\"><h1>");
    html_text(out, title, HTML_LINE_COLUMNS);
    html_add(out, "</h1>\n<p class=\"sub\">");
    html_text(out, read_text(document, "subtitle"), HTML_LINE_COLUMNS);
    html_add(out, "</p></header>\n");
}

void page_close(struct text *out, const json_t *document)
{
    const char *version = read_text(json_object_get(document, "provenance"), "version");

    html_add(out, "<footer>");
    html_text(out, version[0] ? version : "Quern", HTML_NAME_COLUMNS);
    html_add(out, " \xc2\xb7 the same numbers are in report.json beside this page</footer>\n");
    html_page_close(out);
}

void page_tile(struct text *out, const char *label, struct figure value, const char *small)
{
    text_add_format(out, "<div class=\"tile\"><dt>%s</dt><dd>%s", label, value.text);
    if (small)
        text_add_format(out, "<small>%s</small>", small);
    html_add(out, "</dd></div>\n");
}

void page_points(struct text *out, const struct text *points)
{
    if (points->length > 0)
        text_add_format(out,
                        "<section class=\"card\"><h2>In short</h2>\n<ul class=\"points\">\n%s</ul>"
                        "</section>\n",
                        points->bytes);
}

void page_body_add(struct page_body *body, const char *id, const char *name)
{
    if (body->text.length == body->length)
        return;
    text_add_format(&body->links, "<a href=\"#%s\">%s</a>\n", id, name);
    body->length = body->text.length;
    body->count++;
}

void page_body_links(struct text *out, const struct page_body *body)
{
    if (body->count > 1)
        text_add_format(out, "<nav aria-label=\"Sections\">\n%s</nav>\n", body->links.bytes);
}

void page_body_close(struct text *out, struct page_body *body)
{
    html_add(out, "<div class=\"cards\">\n");
    if (body->count > 0)
        text_add(out, body->text.bytes, body->text.length);
    else
        html_add(out, "<section class=\"card\"><p>There is nothing to show here.</p></section>\n");
    html_add(out, "</div>\n");
    text_clear(&body->text);
    text_clear(&body->links);
}
