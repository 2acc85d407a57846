/* What journeys look like: transitions, lengths, and where attention falls. */
#include "report/attribution_section.h"

#include "report/html.h"
#include "report/read.h"

#include <math.h>

static bool is_end(const char *state)
{
    return strcmp(state, "(start)") == 0 || strcmp(state, "(conversion)") == 0 ||
           strcmp(state, "(null)") == 0;
}

/*
 * The states to show: the ends, and those that are entered most (by the sum of their column). The
 * start comes first, then the order of the document.
 */
static size_t choose_states(const json_t *states, const json_t *rows, size_t *chosen,
                            struct arena *memory)
{
    const size_t count = json_array_size(states);
    double *entered = ARENA_ZERO(memory, double, count);
    unsigned char *taken = ARENA_ZERO(memory, unsigned char, count);
    size_t used = 0, out = 0;

    for (size_t r = 0; r < count; r++)
        for (size_t c = 0; c < count; c++) {
            const double value = read_item(json_array_get(rows, r), c);
            entered[c] += isfinite(value) ? value : 0;
        }
    for (size_t s = 0; s < count && used < SHOWN_STATES; s++)
        if (is_end(read_text_item(states, s))) {
            taken[s] = 1;
            used++;
        }
    for (; used < SHOWN_STATES && used < count; used++) {
        size_t best = count;
        for (size_t s = 0; s < count; s++)
            if (!taken[s] && (best == count || entered[s] > entered[best]))
                best = s;
        taken[best] = 1;
    }
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t s = 0; s < count; s++)
            if (taken[s] && (strcmp(read_text_item(states, s), "(start)") == 0) == (pass == 0))
                chosen[out++] = s;
    return out;
}

struct matrix {
    size_t rows, columns;
    const char *row[SHOWN_STATES], *column[SHOWN_STATES];
    double value[SHOWN_STATES * SHOWN_STATES];
};

/* Rows are states one can leave, columns those one can enter. */
static void fill_matrix(struct matrix *matrix, const json_t *object, const size_t *chosen,
                        size_t count)
{
    const json_t *states = json_object_get(object, "states");
    const json_t *rows = json_object_get(object, "probabilities");
    size_t columns[SHOWN_STATES];

    *matrix = (struct matrix){0};
    for (size_t c = 0; c < count; c++)
        if (strcmp(read_text_item(states, chosen[c]), "(start)") != 0) {
            columns[matrix->columns] = chosen[c];
            matrix->column[matrix->columns++] = read_text_item(states, chosen[c]);
        }
    for (size_t r = 0; r < count; r++) {
        const char *state = read_text_item(states, chosen[r]);
        if (strcmp(state, "(conversion)") == 0 || strcmp(state, "(null)") == 0)
            continue;
        for (size_t c = 0; c < matrix->columns; c++)
            matrix->value[matrix->rows * matrix->columns + c] =
                read_item(json_array_get(rows, chosen[r]), columns[c]);
        matrix->row[matrix->rows++] = state;
    }
}

static void matrix_table(struct text *out, const struct matrix *matrix)
{
    html_table_open(out, "Transitions as a table",
                    "Probability of going from the row to the column");
    html_add(out, "<thead><tr><th scope=\"col\">From</th>");
    for (size_t c = 0; c < matrix->columns; c++)
        html_column_name(out, matrix->column[c], true);
    html_add(out, "</tr></thead>\n<tbody>\n");
    for (size_t r = 0; r < matrix->rows; r++) {
        html_add(out, "<tr>");
        html_row_name(out, matrix->row[r]);
        for (size_t c = 0; c < matrix->columns; c++)
            html_cell(out, figure_share(matrix->value[r * matrix->columns + c]));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_table_close(out);
}

void attribution_section_matrix(struct text *out, struct attribution_page *page)
{
    const json_t *object = json_object_get(page->document, "transition_matrix");
    const json_t *states = json_object_get(object, "states");
    const json_t *rows = json_object_get(object, "probabilities");
    size_t chosen[SHOWN_STATES];
    struct matrix matrix;

    if (json_array_size(states) == 0 || json_array_size(rows) == 0)
        return;
    const size_t count = choose_states(states, rows, chosen, &page->memory);
    fill_matrix(&matrix, object, chosen, count);
    if (matrix.rows == 0 || matrix.columns == 0)
        return;
    html_section_open(out, "transitions", "From one campaign to the next",
                      "Of the journeys at the campaign on the left, how many in a hundred go on to "
                      "the one above, convert, or end without converting.");
    html_add(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                  "aria-label=\"Transition matrix\">\n");
    chart_heat(out, &(struct chart_heat){
                        .words = {.title = "Transition matrix",
                                  .description = "Probability of going from the row's campaign to "
                                                 "the column's; the darker the likelier."},
                        .rows = matrix.rows,
                        .columns = matrix.columns,
                        .row = matrix.row,
                        .column = matrix.column,
                        .value = matrix.value});
    html_add(out, "</div>\n");
    if (count < json_array_size(states))
        text_add_format(out, "<p class=\"note\">The %zu most visited of %zu states.</p>\n", count,
                        json_array_size(states));
    matrix_table(out, &matrix);
    html_section_close(out);
}

/* Series 0: converted journeys. */
void attribution_outcome_columns(struct text *out, const struct chart_columns *chart)
{
    static const char *const labels[] = {"Converted", "Not converted"};
    static const size_t colours[] = {0, SVG_GREY};
    struct chart_columns named = *chart;

    named.series_label = labels;
    named.colour = colours;
    chart_columns(out, &named);
}

/* Journeys by length in at most SHOWN_LENGTHS places, the last of which takes all longer ones. */
struct lengths {
    size_t places, listed;
    bool split; /* known which converted */
    double value[2 * SHOWN_LENGTHS];
    const char *place[SHOWN_LENGTHS];
};

static double at_least_zero(double value)
{
    return isfinite(value) && value > 0 ? value : 0;
}

static void read_lengths(struct lengths *lengths, const json_t *object, struct arena *memory)
{
    const json_t *journeys = json_object_get(object, "journeys");
    const json_t *converted = json_object_get(object, "converted");
    size_t listed = json_array_size(journeys);

    *lengths = (struct lengths){.split = json_array_size(converted) > 0};
    while (listed > 0 && !(at_least_zero(read_item(journeys, listed - 1)) > 0))
        listed--;
    lengths->listed = listed;
    lengths->places = listed < SHOWN_LENGTHS ? listed : (size_t)SHOWN_LENGTHS;
    for (size_t i = 0; i < listed; i++) {
        const size_t p = i < lengths->places ? i : lengths->places - 1;
        const double all = at_least_zero(read_item(journeys, i));
        const double yes = fmin(at_least_zero(read_item(converted, i)), all);
        lengths->value[p] += lengths->split ? yes : all;
        if (lengths->split)
            lengths->value[lengths->places + p] += all - yes;
    }
    for (size_t p = 0; p < lengths->places; p++)
        lengths->place[p] =
            arena_format(memory, "%zu%s", p + 1,
                         p + 1 == lengths->places && listed > lengths->places ? "+" : "");
}

static void lengths_table(struct text *out, const struct lengths *lengths)
{
    html_table_open(out, "Journey lengths as a table", "Journeys by number of impressions");
    html_add(out, "<thead><tr><th scope=\"col\">Impressions</th>");
    html_add(out, lengths->split ? "<th scope=\"col\" class=\"n\">Converted</th>"
                                   "<th scope=\"col\" class=\"n\">Not converted</th>"
                                   "<th scope=\"col\" class=\"n\">Rate</th>"
                                 : "<th scope=\"col\" class=\"n\">Journeys</th>");
    html_add(out, "</tr></thead>\n<tbody>\n");
    for (size_t p = 0; p < lengths->places; p++) {
        text_add_format(out, "<tr><th scope=\"row\">%s</th>", lengths->place[p]);
        html_cell(out, figure_count(lengths->value[p]));
        if (lengths->split) {
            const double no = lengths->value[lengths->places + p];
            html_cell(out, figure_count(no));
            html_cell(out,
                      figure_share(attribution_share(lengths->value[p], lengths->value[p] + no)));
        }
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_table_close(out);
}

void attribution_section_journeys(struct text *out, struct attribution_page *page)
{
    const json_t *object = json_object_get(page->document, "journey_lengths");
    const double keeps = read_number(object, "keeps_whole"),
                 max = read_number(object, "max_length");
    const double told = read_number(object, "whole_share");
    const double share = isfinite(told) ? told : 0.8;
    struct lengths lengths;

    read_lengths(&lengths, object, &page->memory);
    if (lengths.places == 0)
        return;
    const bool marked = keeps >= 1 && keeps <= (double)lengths.places;
    const char *mark =
        arena_format(&page->memory, "%s whole", figure_tick(share, 0.01, FIGURE_SHARE).text);
    html_half_section_open(out, "journeys", "How long journeys are", NULL);
    if (keeps >= 1 && keeps < 1e9)
        text_add_format(out,
                        "<p class=\"lead\">Keeping %s impressions leaves %s of the journeys "
                        "whole%s%s.</p>\n",
                        figure_count(keeps).text, figure_tick(share, 0.01, FIGURE_SHARE).text,
                        isfinite(max) ? "; the model sees the last " : "",
                        isfinite(max) ? figure_count(max).text : "");
    html_add(out, "<figure>");
    attribution_outcome_columns(
        out, &(struct chart_columns){.words = {.title = "Journeys by number of impressions",
                                               .description =
                                                   "Histogram of journey lengths; the same numbers "
                                                   "are in the table below.",
                                               .x_label = "impressions in the journey",
                                               .y_label = "journeys"},
                                     .series = lengths.split ? 2 : 1,
                                     .places = lengths.places,
                                     .place = lengths.place,
                                     .value = lengths.value,
                                     .stacked = true,
                                     .kind = FIGURE_COUNT,
                                     .mark_after = marked ? (size_t)keeps : 0,
                                     .mark_label = mark});
    html_add(out, "</figure>\n");
    lengths_table(out, &lengths);
    html_section_close(out);
}

static void attention_table(struct text *out, const double *value, size_t places)
{
    html_table_open(out, "Attention as a table",
                    "Mean attention by position, counted from the end");
    html_add(
        out,
        "<thead><tr><th scope=\"col\">Position</th><th scope=\"col\" class=\"n\">Converted</th>"
        "<th scope=\"col\" class=\"n\">Not converted</th></tr></thead>\n<tbody>\n");
    for (size_t p = 0; p < places; p++) {
        const size_t from_left = places - 1 - p;
        text_add_format(out,
                        p ? "<tr><th scope=\"row\">%zu before the last</th>"
                          : "<tr><th scope=\"row\">last</th>",
                        p);
        html_cell(out, figure_score(value[from_left]));
        html_cell(out, figure_score(value[places + from_left]));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_table_close(out);
}

void attribution_section_attention(struct text *out, struct attribution_page *page)
{
    const json_t *object = json_object_get(page->document, "attention_by_position");
    const json_t *yes = json_object_get(object, "converted");
    const json_t *no = json_object_get(object, "not_converted");
    const char *place[SHOWN_POSITIONS];
    double value[2 * SHOWN_POSITIONS];
    size_t places =
        json_array_size(yes) > json_array_size(no) ? json_array_size(yes) : json_array_size(no);

    if (places == 0)
        return;
    if (places > SHOWN_POSITIONS)
        places = SHOWN_POSITIONS;
    for (size_t p = 0; p < places; p++) {
        const size_t from_end = places - 1 - p;
        place[p] = from_end ? arena_format(&page->memory, "\xe2\x88\x92%zu", from_end) : "last";
        value[p] = read_item(yes, from_end);
        value[places + p] = read_item(no, from_end);
    }
    html_half_section_open(
        out, "attention", "Where attention falls",
        "Mean attention the model gives to an impression, by its distance from the "
        "journey's last one.");
    html_add(out, "<figure>");
    attribution_outcome_columns(
        out, &(struct chart_columns){.words = {.title = "Mean attention by position",
                                               .description =
                                                   "Mean attention by position counted from the "
                                                   "end, for converted and other journeys.",
                                               .x_label = "impressions before the last",
                                               .y_label = "mean attention"},
                                     .series = 2,
                                     .places = places,
                                     .place = place,
                                     .value = value,
                                     .kind = FIGURE_SCORE});
    html_add(out, "</figure>\n");
    attention_table(out, value, places);
    html_section_close(out);
}
