#include "report/html.h"

#include <stdint.h>
#include <string.h>

void html_add(struct text *out, const char *markup)
{
    text_add(out, markup, strlen(markup));
}

static const uint32_t replacement = 0xFFFD;

/* One code point; *length is the bytes it took. Invalid bytes give U+FFFD, one at a time. */
static uint32_t decode(const unsigned char *bytes, size_t *length)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t count = bytes[0] < 0x80   ? 1
                         : bytes[0] < 0xC0 ? 0
                         : bytes[0] < 0xE0 ? 2
                         : bytes[0] < 0xF0 ? 3
                         : bytes[0] < 0xF8 ? 4
                                           : 0;
    uint32_t point = count < 2 ? bytes[0] : bytes[0] & (0xFFu >> (count + 1));

    *length = 1;
    for (size_t i = 1; i < count; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return replacement;
        point = point << 6 | (bytes[i] & 0x3F);
    }
    if (count == 0 || point < smallest[count] || point > 0x10FFFF ||
        (point >= 0xD800 && point <= 0xDFFF))
        return replacement;
    *length = count;
    return point;
}

/* Not allowed in XML, or able to change how the text around it reads. */
static bool is_unwanted(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0xFFFE || point == 0xFFFF ||
           (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) ||
           point == 0x200E || point == 0x200F || point == 0x061C;
}

static size_t width(uint32_t point)
{
    return (point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0xD7A3) ||
                   (point >= 0xF900 && point <= 0xFAFF) || (point >= 0xFE30 && point <= 0xFE6F) ||
                   (point >= 0xFF00 && point <= 0xFF60) || (point >= 0x1F300 && point <= 0x1FAFF) ||
                   (point >= 0x20000 && point <= 0x3FFFD)
               ? 2
               : 1;
}

/* Does the text fit? Stops looking once it does not. */
static bool fits(const unsigned char *bytes, size_t columns)
{
    size_t used = 0, length;

    for (; *bytes && used <= columns; bytes += length)
        used += width(decode(bytes, &length));
    return used <= columns;
}

void html_text(struct text *out, const char *text, size_t columns)
{
    const unsigned char *bytes = (const unsigned char *)text;
    const bool cut = columns > 0 && !fits(bytes, columns);
    size_t used = 0, length;

    for (; *bytes; bytes += length) {
        const uint32_t point = decode(bytes, &length);
        const bool line = columns == 0 && (point == '\n' || point == '\t');
        used += width(point);
        if (cut && used > columns - 1) {
            html_add(out, "\xe2\x80\xa6");
            return;
        }
        if (point == '<')
            html_add(out, "&lt;");
        else if (point == '>')
            html_add(out, "&gt;");
        else if (point == '&')
            html_add(out, "&amp;");
        else if (point == '"')
            html_add(out, "&quot;");
        else if (point == '\'')
            html_add(out, "&#39;");
        else if (point == replacement || (is_unwanted(point) && !line))
            html_add(out, "\xef\xbf\xbd");
        else
            text_add(out, (const char *)bytes, length);
    }
}

void html_page_open(struct text *out, const char *title)
{
    html_add(out,
             "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
             "<meta charset=\"utf-8\"/>\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
             "<meta name=\"color-scheme\" content=\"light dark\"/>\n<link rel=\"icon\" "
             "href=\"data:,\"/>\n<title>");
    html_text(out, title, HTML_LINE_COLUMNS);
    html_add(out, "</title>\n<style>\n");
    html_add(out, html_style);
    html_add(out, "</style>\n</head>\n<body>\n<main>\n");
}

void html_page_close(struct text *out)
{
    html_add(out, "</main>\n</body>\n</html>\n");
}

static void section_open(struct text *out, const char *class, const char *id, const char *title,
                         const char *lead)
{
    text_add_format(out, "<section class=\"%s\" id=\"%s\">\n<h2>%s</h2>\n", class, id, title);
    if (lead)
        text_add_format(out, "<p class=\"lead\">%s</p>\n", lead);
}

void html_section_open(struct text *out, const char *id, const char *title, const char *lead)
{
    section_open(out, "card", id, title, lead);
}

void html_half_section_open(struct text *out, const char *id, const char *title, const char *lead)
{
    section_open(out, "card half", id, title, lead);
}

void html_section_close(struct text *out)
{
    html_add(out, "</section>\n");
}

void html_open_table_open(struct text *out, const char *caption)
{
    text_add_format(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table>\n"
        "<caption>%s</caption>\n",
        caption, caption);
}

void html_open_table_close(struct text *out)
{
    html_add(out, "</table></div>\n");
}

void html_table_open(struct text *out, const char *summary, const char *caption)
{
    text_add_format(out, "<details><summary>%s</summary>\n", summary);
    html_open_table_open(out, caption);
}

void html_table_close(struct text *out)
{
    html_open_table_close(out);
    html_add(out, "</details>\n");
}

void html_cell(struct text *out, struct figure figure)
{
    text_add_format(out, "<td class=\"n\">%s</td>", figure.text);
}

void html_row_name(struct text *out, const char *name)
{
    html_add(out, "<th scope=\"row\">");
    html_text(out, name, HTML_NAME_COLUMNS);
    html_add(out, "</th>");
}

void html_column_name(struct text *out, const char *name, bool number)
{
    html_add(out, number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
    html_text(out, name, HTML_NAME_COLUMNS);
    html_add(out, "</th>");
}
