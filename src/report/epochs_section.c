/* How training went: loss and AUC after every epoch. */
#include "report/epochs_section.h"

#include "report/chart.h"
#include "report/html.h"
#include "report/read.h"

#include <math.h>

enum { SHOWN_EPOCHS = 200 };

struct epochs {
    size_t count;
    double *epoch, *train_loss, *test_loss, *train_auc, *test_auc;
    double best;        /* number of the best epoch; NaN when unknown */
    const char *second; /* what the other split is called */
};

/* With more than SHOWN_EPOCHS of them every n-th, and always the last. */
static void read_epochs(struct epochs *epochs, const json_t *list, struct arena *memory)
{
    const size_t all = json_array_size(list), every = 1 + all / SHOWN_EPOCHS;
    double highest = -INFINITY;
    bool told = false;
    static const char *const names[][5] = {
        {"epoch", "train_loss", "test_loss", "train_auc", "test_auc"},
        {"epoch", "train_loss", "val_loss", "train_auc", "val_auc"}};
    const json_t *first = json_array_get(list, 0);
    const bool validated = json_object_get(first, "val_loss") || json_object_get(first, "val_auc");
    const char *const *keys = names[validated];

    *epochs = (struct epochs){.best = NAN, .second = validated ? "Validation" : "Test"};
    double **columns[] = {&epochs->epoch, &epochs->train_loss, &epochs->test_loss,
                          &epochs->train_auc, &epochs->test_auc};
    for (size_t k = 0; k < 5; k++)
        *columns[k] = ARENA_NEW(memory, double, all / every + 2);
    for (size_t i = 0; i < all; i++) {
        const json_t *entry = json_array_get(list, i);
        const double number = read_number(entry, "epoch"), auc = read_number(entry, keys[4]);
        const double shown = isfinite(number) ? number : (double)i + 1;
        const bool best = json_is_true(json_object_get(entry, "best"));
        if (best || (!told && auc > highest))
            epochs->best = shown;
        highest = fmax(highest, auc);
        told |= best;
        if (i % every != 0 && i + 1 != all)
            continue;
        for (size_t k = 0; k < 5; k++)
            (*columns[k])[epochs->count] = k ? read_number(entry, keys[k]) : shown;
        epochs->count++;
    }
}

static bool any_finite(const double *value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (isfinite(value[i]))
            return true;
    return false;
}

/* One chart of a training and a test curve; nothing without a number. */
static void draw_curves(struct text *out, const struct epochs *epochs, const char *title,
                        const double *train, const double *test)
{
    const bool dots = epochs->count <= 40;
    const struct chart_series series[] = {
        {.label = "Training", .x = epochs->epoch, .y = train, .count = epochs->count, .dots = dots},
        {.label = epochs->second,
         .x = epochs->epoch,
         .y = test,
         .count = epochs->count,
         .dots = dots},
    };

    const size_t without = !any_finite(train, epochs->count);

    if (without && !any_finite(test, epochs->count))
        return;
    text_add_format(out, "<figure><h3>%s</h3>\n", title);
    chart_line(out,
               &(struct chart_line){
                   .words = {.title = title,
                             .description = "By epoch, on the training and the other split; the "
                                            "same numbers are in the table below.",
                             .x_label = "epoch",
                             .y_label = ""},
                   .series = series + without,
                   .count = 2 - without,
                   .x_kind = FIGURE_COUNT,
                   .y_kind = FIGURE_SCORE,
                   .mark = epochs->best,
                   .mark_label = "best"});
    html_add(out, "</figure>\n");
}

static void epochs_table(struct text *out, const struct epochs *epochs)
{
    html_table_open(out, "Training as a table", "Loss and AUC after every epoch");
    text_add_format(
        out,
        "<thead><tr><th scope=\"col\">Epoch</th><th scope=\"col\" class=\"n\">Training loss</th>"
        "<th scope=\"col\" class=\"n\">%s loss</th><th scope=\"col\" class=\"n\">Training AUC"
        "</th><th scope=\"col\" class=\"n\">%s AUC</th></tr></thead>\n<tbody>\n",
        epochs->second, epochs->second);
    for (size_t i = 0; i < epochs->count; i++) {
        text_add_format(out, "<tr%s><th scope=\"row\">%s</th>",
                        epochs->epoch[i] == epochs->best ? " class=\"sum\"" : "",
                        figure_count(epochs->epoch[i]).text);
        html_cell(out, figure_score(epochs->train_loss[i]));
        html_cell(out, figure_score(epochs->test_loss[i]));
        html_cell(out, figure_score(epochs->train_auc[i]));
        html_cell(out, figure_score(epochs->test_auc[i]));
        html_add(out, "</tr>\n");
    }
    html_add(out, "</tbody>\n");
    html_table_close(out);
}

void epochs_section(struct text *out, const json_t *document, struct arena *memory)
{
    const json_t *training = json_object_get(document, "training");
    const json_t *list = json_is_array(training) ? training : json_object_get(training, "epochs");
    struct epochs epochs;

    if (json_array_size(list) == 0)
        return;
    read_epochs(&epochs, list, memory);
    html_section_open(out, "training", "Training",
                      "The curves of the two splits part where the model begins to learn by heart; "
                      "the best epoch is the one that is kept.");
    html_add(out, "<div class=\"pair\">\n");
    draw_curves(out, &epochs, "Loss", epochs.train_loss, epochs.test_loss);
    draw_curves(out, &epochs, "AUC", epochs.train_auc, epochs.test_auc);
    html_add(out, "</div>\n");
    epochs_table(out, &epochs);
    html_section_close(out);
}
