/*
 * html — a page as text: escaping, the frame around it, tables.
 *
 * Everything that came from a document goes through html_text(), also inside attributes; nothing
 * else may write outside text. The markup is XHTML (every tag closed, every attribute quoted), so
 * an XML parser can check a whole page. A page loads nothing and runs nothing.
 */
#ifndef QUERN_REPORT_HTML_H
#define QUERN_REPORT_HTML_H

#include "base/text.h"
#include "report/figure.h"

#include <stdbool.h>

enum {
    HTML_TIP_COLUMNS = 32,   /* a name in something to hover over, of which there are many */
    HTML_NAME_COLUMNS = 48,  /* a name in a table or chart */
    HTML_LINE_COLUMNS = 160, /* a title, a setting */
};

/*
 * Text safe in elements and quoted attributes. At most `columns` wide (East Asian letters count
 * two; 0 means no limit), then "…". Control characters, invalid UTF-8 and marks that reorder the
 * text around them become U+FFFD.
 */
void html_text(struct text *out, const char *text, size_t columns);

/* Literal markup, written by us. */
void html_add(struct text *out, const char *markup);

/* The page up to and including <main>, and what closes it. */
void html_page_open(struct text *out, const char *title);
void html_page_close(struct text *out);

/*
 * A card; `lead` (may be NULL) is one sentence on how to read it. Both are our own text. Two half
 * cards stand side by side where there is room.
 */
void html_section_open(struct text *out, const char *id, const char *title, const char *lead);
void html_half_section_open(struct text *out, const char *id, const char *title, const char *lead);
void html_section_close(struct text *out);

/* A closed <details> around a table in a box that scrolls by itself. Cells are written between. */
void html_table_open(struct text *out, const char *summary, const char *caption);
void html_table_close(struct text *out);
/* The same, always visible. */
void html_open_table_open(struct text *out, const char *caption);
void html_open_table_close(struct text *out);

void html_cell(struct text *out, struct figure figure);                 /* <td class="n"> */
void html_row_name(struct text *out, const char *name);                 /* <th scope="row"> */
void html_column_name(struct text *out, const char *name, bool number); /* <th scope="col"> */

/* The style sheet, in page_style.c. */
extern const char html_style[];

#endif
