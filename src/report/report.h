/*
 * report — a page from its JSON twin.
 *
 * The document says which page it is for ("report": "attribution", also when the key is missing);
 * every page is one file in this folder and one line in report.c. A page is a pure function of its
 * document: no clock, no files, no settings.
 *
 * The result is one XHTML-compatible file that loads nothing and runs nothing, below
 * REPORT_BYTES_MAX whatever the document holds: pages show a bounded number of rows and sum up the
 * rest.
 */
#ifndef QUERN_REPORT_REPORT_H
#define QUERN_REPORT_REPORT_H

#include "base/error.h"
#include "base/text.h"

#include <jansson.h>

enum { REPORT_BYTES_MAX = 1000000 };

/*
 * Append the page of a document; text_clear() it.
 *
 * ERR_DATA  the document is not an object, or names an unknown page
 */
MUST_CHECK bool report_html(struct text *html, const json_t *document, struct error *err);

/* Write `folder`/report.json and `folder`/report.html, each whole or not at all. */
MUST_CHECK bool report_write(const char *folder, const json_t *document, struct error *err);

#endif
