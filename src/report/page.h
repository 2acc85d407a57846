/*
 * page — what every report page has around its own sections: head, tiles, links, cards, foot.
 *
 *   page_open(out, document, "Forecast");
 *   page_tile() in a <dl class="tiles">
 *   for each section: write it to body.text; page_body_add(&body, id, name)
 *   page_body_links(out, &body); page_points(out, &points); page_body_close(out, &body);
 *   page_close(out, document);
 */
#ifndef QUERN_REPORT_PAGE_H
#define QUERN_REPORT_PAGE_H

#include "base/text.h"
#include "report/figure.h"

#include <jansson.h>

/* Sections are written first, to know which there are; then comes what links to them. */
struct page_body {
    struct text text, links;
    size_t length, count; /* of the text with its last section; sections that have something */
};

/* Head of the page; `title` where the document has none. */
void page_open(struct text *out, const json_t *document, const char *title);
void page_close(struct text *out, const json_t *document);

/* `small` may be NULL. */
void page_tile(struct text *out, const char *label, struct figure value, const char *small);
/* A card of list items, "<li>...</li>" each; nothing where there are none. */
void page_points(struct text *out, const struct text *points);

/* Count what was added to body->text since the last call as one section, unless it is empty. */
void page_body_add(struct page_body *body, const char *id, const char *name);
void page_body_links(struct text *out, const struct page_body *body);
/* The cards; releases the body. */
void page_body_close(struct text *out, struct page_body *body);

#endif
