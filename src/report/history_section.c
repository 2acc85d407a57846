#include "report/history_section.h"

#include "report/chart.h"
#include "report/html.h"
#include "report/read.h"

#include <math.h>

enum { SHOWN_MODELS = 20, SHOWN_SEQUENCES = 4, SHOWN_PLACES = 100, SHOWN_AGES = 20 };

void history_section_comparison(struct text *out, const json_t *document)
{
    const json_t *models = json_object_get(document, "comparison"), *model;
    size_t index;

    if (json_array_size(models) == 0)
        return;
    html_section_open(out, "comparison", "Compared with", "Each on the same rows.");
    html_open_table_open(out, "Larger is better");
    html_add(out, "<thead><tr><th scope=\"col\">Model</th><th scope=\"col\" class=\"n\">AUC</th>"
                  "<th scope=\"col\" class=\"n\">Average precision</th><th scope=\"col\" "
                  "class=\"n\">Daily precision</th></tr></thead>\n<tbody>\n");
    json_array_foreach(models, index, model)
    {
        if (index == SHOWN_MODELS)
            break;
        html_add(out, json_is_true(json_object_get(model, "this")) ? "<tr class=\"sum\">" : "<tr>");
        html_row_name(out, read_text(model, "name"));
        html_cell(out, figure_score(read_number(model, "auc")));
        html_cell(out, figure_score(read_number(model, "average_precision")));
        html_cell(out, figure_score(read_number(model, "daily_top")));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_open_table_close(out);
    html_section_close(out);
}

struct places {
    size_t count;
    double *back, *mean, *positive, *rows;
};

static struct places read_places(const json_t *list, struct arena *memory)
{
    const size_t all = json_array_size(list), count = all < SHOWN_PLACES ? all : SHOWN_PLACES;
    struct places places = {.count = count,
                            .back = ARENA_NEW(memory, double, count + 1),
                            .mean = ARENA_NEW(memory, double, count + 1),
                            .positive = ARENA_NEW(memory, double, count + 1),
                            .rows = ARENA_NEW(memory, double, count + 1)};

    for (size_t i = 0; i < count; i++) {
        const json_t *place = json_array_get(list, i);
        places.back[i] = (double)i;
        places.mean[i] = read_number(place, "mean");
        places.positive[i] = read_number(place, "positives");
        places.rows[i] = read_number(place, "orders");
    }
    return places;
}

static void figure_open(struct text *out, const char *title, const json_t *sequence,
                        const char *caption)
{
    text_add_format(out, "<figure><h3>%s: ", title);
    html_text(out, read_text(sequence, "key"), HTML_NAME_COLUMNS);
    text_add_format(out, "</h3>\n<figcaption>%s</figcaption>\n", caption);
}

static void draw_places(struct text *out, const json_t *sequence, const struct places *places,
                        const struct evaluation_words *words)
{
    const struct chart_series series[] = {
        {.label = "All", .x = places->back, .y = places->mean, .count = places->count},
        {.label = words->yes, .x = places->back, .y = places->positive, .count = places->count},
    };

    if (places->count < 2)
        return;
    figure_open(out, "Attention by place", sequence, "0: the row itself, 1: the one before, ...");
    chart_line(out, &(struct chart_line){
                        .words = {.title = "Attention by place",
                                  .description = "Mean attention by how far back; the same numbers "
                                                 "are in the table.",
                                  .x_label = "back",
                                  .y_label = "mean attention"},
                        .series = series,
                        .count = 2,
                        .from_zero = true,
                        .x_kind = FIGURE_COUNT,
                        .y_kind = FIGURE_SHARE,
                        .mark = NAN});
    html_add(out, "</figure>\n");
}

/* "10 min", "6 h", "3 d" of seconds. */
static const char *age_name(double seconds, struct arena *memory)
{
    if (!isfinite(seconds))
        return "older";
    if (seconds < 3600)
        return arena_format(memory, "%g min", seconds / 60);
    if (seconds < 86400)
        return arena_format(memory, "%g h", seconds / 3600);
    return arena_format(memory, "%g d", seconds / 86400);
}

static void draw_ages(struct text *out, const json_t *sequence, struct arena *memory)
{
    const json_t *ages = json_object_get(sequence, "ages");
    const size_t all = json_array_size(ages), places = all < SHOWN_AGES ? all : SHOWN_AGES;
    double *value = ARENA_NEW(memory, double, places + 1);
    const char **place = ARENA_NEW(memory, const char *, places + 1);
    static const char *const label = "share";
    static const size_t colour = 0;

    if (places == 0)
        return;
    for (size_t a = 0; a < places; a++) {
        const json_t *age = json_array_get(ages, a);
        value[a] = read_number(age, "share");
        place[a] = age_name(read_number(age, "to"), memory);
    }
    figure_open(out, "Attention by age", sequence, "of what came before, up to this old");
    chart_columns(out, &(struct chart_columns){
                           .words = {.title = "Attention by age",
                                     .description = "Share of all attention that goes to earlier "
                                                    "rows of this age.",
                                     .x_label = "age, up to",
                                     .y_label = "share of attention"},
                           .series_label = &label,
                           .colour = &colour,
                           .series = 1,
                           .places = places,
                           .place = place,
                           .value = value,
                           .kind = FIGURE_SHARE});
    html_add(out, "</figure>\n");
}

static void places_table(struct text *out, const json_t *sequence, const struct places *places,
                         const struct evaluation_words *words, struct arena *memory)
{
    if (places->count == 0)
        return;
    html_table_open(out, "Attention by place as a table",
                    arena_format(memory, "Mean over the %s that have a row there", words->many));
    text_add_format(out,
                    "<thead><tr><th scope=\"col\">Back</th><th scope=\"col\" class=\"n\">Rows</th>"
                    "<th scope=\"col\" class=\"n\">All</th><th scope=\"col\" class=\"n\">%s</th>"
                    "</tr></thead>\n<tbody>\n",
                    words->yes);
    for (size_t i = 0; i < places->count; i++) {
        html_add(out, "<tr>");
        html_row_name(out, figure_count(places->back[i]).text);
        html_cell(out, figure_count(places->rows[i]));
        html_cell(out, figure_share(places->mean[i]));
        html_cell(out, figure_share(places->positive[i]));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_table_close(out);
    if (isfinite(read_number(sequence, "itself")))
        text_add_format(out, "<p class=\"note\">The rest, %s, stays with the step that asks.</p>\n",
                        figure_share(read_number(sequence, "itself")).text);
}

void history_section_attention(struct text *out, const json_t *document,
                               const struct evaluation_words *words, struct arena *memory)
{
    const json_t *list = json_object_get(json_object_get(document, "attention"), "sequences");
    const size_t all = json_array_size(list);

    if (all == 0)
        return;
    html_section_open(out, "attention", "Where the model looks",
                      "How much the last layer looks at each row of a history.");
    for (size_t s = 0; s < all && s < SHOWN_SEQUENCES; s++) {
        const json_t *sequence = json_array_get(list, s);
        const struct places places = read_places(json_object_get(sequence, "places"), memory);
        text_add_format(out, "<div class=\"pair\"%s>\n", s ? " style=\"margin-top:20px\"" : "");
        draw_places(out, sequence, &places, words);
        draw_ages(out, sequence, memory);
        html_add(out, "</div>\n");
        places_table(out, sequence, &places, words, memory);
    }
    html_section_close(out);
}

static void parts_table(struct text *out, const json_t *document,
                        const struct evaluation_words *words)
{
    static const struct {
        const char *key, *title;
    } shown[] = {{"train", "Training"},
                 {"validation", "Validation"},
                 {"calibration", "Calibration"},
                 {"test", "Test"}};
    const json_t *parts = json_object_get(json_object_get(document, "data"), "parts"),
                 *split = json_object_get(document, "split");

    html_open_table_open(out, "Rows that are learned from and scored");
    text_add_format(out,
                    "<thead><tr><th scope=\"col\">Split</th><th scope=\"col\">Days</th><th "
                    "scope=\"col\" class=\"n\">Rows</th><th scope=\"col\" class=\"n\">%s</th><th "
                    "scope=\"col\" class=\"n\">Share</th></tr></thead>\n<tbody>\n",
                    words->yes);
    for (size_t p = 0; p < sizeof shown / sizeof *shown; p++) {
        const json_t *part = json_object_get(parts, shown[p].key),
                     *days = json_object_get(split, shown[p].key);
        const double rows = read_number(part, "rows"), yes = read_number(part, "positives");
        if (!part && !days)
            continue;
        html_add(out, "<tr>");
        html_row_name(out, shown[p].title);
        html_add(out, "<td>");
        html_text(out, read_text_item(days, 0), HTML_TIP_COLUMNS);
        html_add(out, " \xe2\x80\x93 ");
        html_text(out, read_text_item(days, 1), HTML_TIP_COLUMNS);
        html_add(out, "</td>");
        html_cell(out, figure_count(rows));
        html_cell(out, figure_count(yes));
        html_cell(out, figure_share(rows > 0 ? yes / rows : (double)NAN));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_open_table_close(out);
}

void history_section_data(struct text *out, const json_t *document,
                          const struct evaluation_words *words)
{
    const json_t *data = json_object_get(document, "data"),
                 *keys = json_object_get(data, "sequences"), *key;
    size_t index;

    if (json_object_size(json_object_get(data, "parts")) == 0 &&
        json_object_size(json_object_get(document, "split")) == 0)
        return;
    html_section_open(out, "data", "The data",
                      "Rows before the training days are history: they are looked at, not "
                      "learned from.");
    parts_table(out, document, words);
    json_array_foreach(keys, index, key)
    {
        if (index == SHOWN_SEQUENCES)
            break;
        html_add(out, "<p class=\"note\">Histories by <b><bdi>");
        html_text(out, read_text(key, "column"), HTML_NAME_COLUMNS);
        text_add_format(out, "</bdi></b>: %s of them.</p>\n",
                        figure_count(read_number(key, "values")).text);
    }
    html_section_close(out);
}
