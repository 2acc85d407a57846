/* Where the page came from: settings, versions, times, the pipeline file. */
#include "report/attribution_section.h"

#include "report/html.h"
#include "report/read.h"

#include <math.h>

enum { SETTING_COLUMNS = 96 };

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

/* "data_hash" reads "data hash"; `group` (may be NULL) goes in front. */
static void line(struct text *out, const char *group, const char *key, const json_t *value)
{
    struct text name = {0};

    if (group)
        text_add_format(&name, "%s.", group);
    text_add_format(&name, "%s", key);
    for (size_t i = 0; !group && i < name.length; i++)
        if (name.bytes[i] == '_')
            name.bytes[i] = ' ';
    html_add(out, "<tr>");
    html_row_name(out, name.bytes);
    html_add(out, "<td>");
    value_text(out, value);
    html_add(out, "</td></tr>\n");
    text_clear(&name);
}

/* Settings: nested one deep, as a pipeline file is. Returns how many lines were written. */
static size_t settings_lines(struct text *out, const json_t *settings)
{
    const char *key, *inner_key;
    json_t *value, *inner;
    size_t count = 0;

    json_object_foreach((json_t *)settings, key, value)
    {
        if (!json_is_object(value)) {
            if (count++ < SHOWN_SETTINGS)
                line(out, "", key, value);
            continue;
        }
        json_object_foreach(value, inner_key, inner) if (count++ < SHOWN_SETTINGS)
            line(out, key, inner_key, inner);
    }
    return count;
}

static void key_table_open(struct text *out, const char *caption)
{
    text_add_format(out,
                    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"
                    "<table class=\"key\">\n<caption>%s</caption>\n<tbody>\n",
                    caption, caption);
}

static void key_table_close(struct text *out)
{
    html_add(out, "</tbody>\n</table></div>\n");
}

static void stages_table(struct text *out, const json_t *stages, double seconds)
{
    const json_t *stage;
    size_t index;

    if (json_array_size(stages) == 0)
        return;
    html_table_open(out, "Time by stage", "Seconds of each stage of the run");
    html_add(out,
             "<thead><tr><th scope=\"col\">Stage</th><th scope=\"col\" class=\"n\">Time</th></tr>"
             "</thead>\n<tbody>\n");
    json_array_foreach(stages, index, stage)
    {
        if (index == SHOWN_FOLDS)
            break;
        html_add(out, "<tr>");
        html_row_name(out, read_text(stage, "name"));
        html_cell(out, figure_seconds(read_number(stage, "seconds")));
        html_add(out, "</tr>\n");
    }
    if (isfinite(seconds)) {
        html_add(out, "<tr class=\"sum\"><th scope=\"row\">All</th>");
        html_cell(out, figure_seconds(seconds));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_table_close(out);
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

static bool has_own_place(const char *key)
{
    return strcmp(key, "settings") == 0 || strcmp(key, "stages") == 0 ||
           strcmp(key, "pipeline") == 0 || strcmp(key, "seconds") == 0;
}

void attribution_section_provenance(struct text *out, struct attribution_page *page)
{
    json_t *provenance = json_object_get(page->document, "provenance"), *value;
    const double seconds = read_number(provenance, "seconds");
    const json_t *settings = json_object_get(provenance, "settings");
    const char *key;
    size_t lines = 0;

    if (json_object_size(provenance) == 0)
        return;
    html_section_open(out, "provenance", "Settings and provenance",
                      "Same data, settings and seed give the same numbers again.");
    key_table_open(out, "This run");
    json_object_foreach(provenance, key, value) if (!has_own_place(key) && lines++ < SHOWN_SETTINGS)
        line(out, NULL, key, value);
    if (isfinite(seconds))
        text_add_format(out, "<tr><th scope=\"row\">time taken</th><td>%s</td></tr>\n",
                        figure_seconds(seconds).text);
    key_table_close(out);
    if (json_object_size(settings) > 0) {
        html_add(out, "<details><summary>Settings</summary>\n");
        key_table_open(out, "Settings of this run");
        const size_t count = settings_lines(out, settings);
        key_table_close(out);
        if (count > SHOWN_SETTINGS)
            text_add_format(out, "<p class=\"note\">and %zu more</p>\n", count - SHOWN_SETTINGS);
        html_add(out, "</details>\n");
    }
    stages_table(out, json_object_get(provenance, "stages"), seconds);
    pipeline_text(out, read_text(provenance, "pipeline"));
    html_section_close(out);
}
