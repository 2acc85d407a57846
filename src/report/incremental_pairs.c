/* Conversions that came only through two campaigns together. */
#include "report/incremental_section.h"

#include "report/html.h"
#include "report/read.h"

static void pair_row(struct text *out, const json_t *pair)
{
    static const char *const keys[] = {"credit", "low", "high"};
    const json_t *names = json_object_get(pair, "campaigns");

    html_add(out, "<tr><th scope=\"row\"><bdi>");
    html_text(out, read_text_item(names, 0), HTML_NAME_COLUMNS);
    html_add(out, "</bdi> and <bdi>");
    html_text(out, read_text_item(names, 1), HTML_NAME_COLUMNS);
    html_add(out, "</bdi></th>");
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        html_cell(out, figure_amount(read_number(pair, keys[k])));
    html_add(out, "</tr>\n");
}

void incremental_section_pairs(struct text *out, struct attribution_page *page)
{
    const json_t *pairs = json_object_get(json_object_get(page->document, "incremental"), "pairs");
    const size_t count = json_array_size(pairs);

    if (count == 0)
        return;
    html_section_open(out, "pairs", "What pairs of campaigns caused together",
                      "Conversions that came only because a user was shown both campaigns, beyond "
                      "what each does alone. Stopping either loses them; half of them stand in the "
                      "credit of each. The ends are those of the 95 % interval.");
    html_open_table_open(out, "Conversions caused by pairs");
    html_add(out, "<thead><tr>");
    html_column_name(out, "Pair", false);
    html_column_name(out, "Caused together", true);
    html_column_name(out, "From", true);
    html_column_name(out, "To", true);
    html_add(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count && i < SHOWN_PAIRS; i++)
        pair_row(out, json_array_get(pairs, i));
    html_add(out, "</tbody>\n");
    html_open_table_close(out);
    if (count > SHOWN_PAIRS)
        text_add_format(out, "<p class=\"note\">and %zu more, in report.json</p>\n",
                        count - SHOWN_PAIRS);
    html_section_close(out);
}
