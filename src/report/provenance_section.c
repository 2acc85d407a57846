/* Where the page came from: version, seeds, hash of the data, the pipeline file. */
#include "report/evaluation_section.h"

#include "report/html.h"
#include "report/read.h"

enum { SETTING_COLUMNS = 96, SHOWN_SETTINGS = 80, SHOWN_PIPELINE_BYTES = 24 << 10 };

/* Any value as one line of escaped text. */
static void value_text(struct text *out, const json_t *value)
{
    if (json_is_string(value)) {
        html_text(out, json_string_value(value), SETTING_COLUMNS);
    } else {
        char *dump = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(10)) : NULL;
        html_text(out, dump ? dump : "", SETTING_COLUMNS);
        free(dump);
    }
}

/* "data_hash" reads "data hash". */
static void line(struct text *out, const char *key, const json_t *value)
{
    struct text name = {0};

    text_add_format(&name, "%s", key);
    for (size_t i = 0; i < name.length; i++)
        if (name.bytes[i] == '_')
            name.bytes[i] = ' ';
    html_add(out, "<tr>");
    html_row_name(out, name.bytes);
    html_add(out, "<td>");
    value_text(out, value);
    html_add(out, "</td></tr>\n");
    text_clear(&name);
}

static void pipeline_text(struct text *out, const char *pipeline)
{
    size_t length = strlen(pipeline);
    struct text part = {0};

    if (length == 0)
        return;
    const bool cut = length > SHOWN_PIPELINE_BYTES;
    if (cut)
        length = SHOWN_PIPELINE_BYTES;
    while (cut && length > 0 && ((unsigned char)pipeline[length] & 0xC0) == 0x80)
        length--;
    text_add(&part, pipeline, length);
    html_add(out, "<details><summary>The pipeline file</summary>\n<pre tabindex=\"0\">");
    html_text(out, part.bytes, 0);
    html_add(out, cut ? "\n\xe2\x80\xa6</pre></details>\n" : "</pre></details>\n");
    text_clear(&part);
}

void provenance_section(struct text *out, const json_t *document)
{
    json_t *provenance = json_object_get(document, "provenance"), *value;
    const char *key;
    size_t lines = 0;

    if (json_object_size(provenance) == 0)
        return;
    html_section_open(out, "provenance", "Settings and provenance",
                      "Same data, settings and seed give the same numbers again.");
    html_add(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"This run\">"
                  "<table class=\"key\">\n<caption>This run</caption>\n<tbody>\n");
    json_object_foreach(provenance, key, value)
    {
        if (strcmp(key, "pipeline") != 0 && lines++ < SHOWN_SETTINGS)
            line(out, key, value);
    }
    html_add(out, "</tbody>\n</table></div>\n");
    pipeline_text(out, read_text(provenance, "pipeline"));
    html_section_close(out);
}
