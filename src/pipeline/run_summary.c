#include "pipeline/run_summary.h"

#include "incremental/pair_credit.h"
#include "incremental/print.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "pipeline/incremental_document.h"

#include <errno.h>

enum { DOCUMENT_BYTES_MAX = 256 << 20 };

static bool read_document(const char *out, const char *name, json_t **document, struct error *err)
{
    char *path = file_join(out, name);
    const bool ok = json_read(path, DOCUMENT_BYTES_MAX, document, err);

    free(path);
    return ok;
}

static const double *read_numbers(struct arena *memory, const json_t *list, size_t count)
{
    double *value = ARENA_ZERO(memory, double, count);

    for (size_t i = 0; i < count; i++)
        value[i] = json_number_value(json_array_get(list, i));
    return value;
}

/* Put one method first: a narrow terminal leaves out the last ones. */
static void lead_with(struct credit_table *credits, const char *method)
{
    for (size_t m = 0; method && m < credits->count; m++) {
        if (strcmp(credits->column[m].name, method) != 0)
            continue;
        const struct credit_column leader = credits->column[m];
        memmove(&credits->column[1], &credits->column[0], m * sizeof leader);
        credits->column[0] = leader;
        return;
    }
}

static void read_names(struct credit_table *credits, const json_t *campaigns)
{
    struct arena *memory = &credits->memory;

    credits->channels = json_array_size(campaigns);
    const char **name = ARENA_NEW(memory, const char *, credits->channels + 1);
    for (size_t c = 0; c < credits->channels; c++) {
        const char *text = json_string_value(json_array_get(campaigns, c));
        name[c] = arena_string(memory, text ? text : "", text ? strlen(text) : 0);
    }
    credits->channel = name;
}

static void print_pairs(const json_t *pairs, FILE *to)
{
    struct text lines = {0};
    const json_t *pair;
    size_t i;

    json_array_foreach(pairs, i, pair)
    {
        incremental_pair_sentence(&lines, pair);
        text_add(&lines, ".\n", 2);
    }
    if (lines.length)
        fprintf(to, "\n%s", lines.bytes);
    text_clear(&lines);
}

/* What campaigns caused, where the run found that out. */
static bool print_caused(const char *out, FILE *to, size_t width, struct error *err)
{
    static const char name[] = "incremental/summary.json";
    struct credit_table credits = {0};
    struct incremental_columns columns;
    json_t *document = NULL;
    char *path = file_join(out, name);
    const bool there = file_exists(path);
    bool ok;

    free(path);
    if (!there)
        return true;
    if (!read_document(out, name, &document, err))
        return false;
    read_names(&credits, json_object_get(document, "campaigns"));
    const struct incremental_amounts amounts =
        incremental_document_amounts(document, credits.channel, credits.channels, &credits.memory);
    incremental_columns_make(&columns, &amounts, &credits.memory);
    credits.count = columns.columns;
    memcpy(credits.column, columns.column, columns.columns * sizeof *columns.column);
    credits.figures = columns.figures;
    memcpy(credits.figure, columns.figure, columns.figures * sizeof *columns.figure);
    credits.conversions =
        json_number_value(json_object_get(json_object_get(document, "totals"), "conversions"));
    fputs("conversions each campaign caused\n", to);
    ok = incremental_print(&credits, to, width, err);
    print_pairs(json_object_get(document, "pairs"), to);
    fputs("\n", to);
    credit_clear(&credits);
    json_decref(document);
    return ok;
}

/* The credits of attribution.json as the table that credit_print() prints. */
static void read_credits(struct credit_table *credits, const json_t *document)
{
    const json_t *part = json_object_get(document, "credits");
    const json_t *methods = json_object_get(part, "methods");
    struct arena *memory = &credits->memory;

    read_names(credits, json_object_get(part, "campaigns"));
    for (size_t m = 0; m < json_array_size(methods) && m < CREDIT_COLUMNS_MAX; m++) {
        const json_t *method = json_array_get(methods, m);
        const char *title = json_string_value(json_object_get(method, "name"));
        credits->column[credits->count++] = (struct credit_column){
            .name = arena_string(memory, title ? title : "", title ? strlen(title) : 0),
            .conversions =
                read_numbers(memory, json_object_get(method, "credits"), credits->channels),
        };
    }
    lead_with(credits, json_string_value(json_object_get(part, "primary")));
    for (size_t c = 0; credits->count > 0 && c < credits->channels; c++)
        credits->conversions += credits->column[0].conversions[c];
}

static void print_distances(const json_t *document, FILE *to)
{
    const json_t *list = json_object_get(json_object_get(document, "truth"), "distances");

    if (json_array_size(list) == 0)
        return;
    fputs("\ndistance of campaign shares from the truth (total variation, 0 is perfect)\n", to);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        const char *label = json_string_value(json_object_get(row, "label"));
        fprintf(to, "  %-20s %.3f\n", label ? label : "",
                json_number_value(json_object_get(row, "total_variation")));
    }
}

static void print_auc(const json_t *evaluation, FILE *to)
{
    const json_t *metrics = json_object_get(evaluation, "binary_classification_metrics");
    const json_t *auc = json_object_get(metrics, "auc");
    const json_t *value = json_object_get(auc, "value");
    const json_t *spread = json_object_get(auc, "standard_deviation");
    const size_t folds = json_array_size(json_object_get(evaluation, "folds"));

    if (!json_is_number(value)) {
        fprintf(to, "\nAUC of the journey model: not measured, %s\n",
                folds ? "a fold has no journeys of one kind"
                      : "the test split has no journeys of one kind");
        return;
    }
    fprintf(to, "\nAUC of the journey model: %.4f", json_number_value(value));
    if (json_is_number(spread))
        fprintf(to, " +- %.4f", json_number_value(spread));
    if (folds)
        fprintf(to, " over %zu folds\n", folds);
    else
        fputs(" on the test split\n", to);
}

bool run_summary_print(const char *out, const char *shown, FILE *to, size_t width,
                       struct error *err)
{
    json_t *document = NULL, *evaluation = NULL;
    struct credit_table credits = {0};
    bool ok = read_document(out, "attribution.json", &document, err) &&
              read_document(out, "evaluation.json", &evaluation, err);

    if (ok) {
        read_credits(&credits, document);
        const struct credit_table others = incremental_print_others(&credits);
        ok = print_caused(out, to, width, err);
        fputs("all conversions divided over the campaigns, by method\n", to);
        ok = ok && credit_print(&others, to, width, err);
    }
    if (ok) {
        print_distances(document, to);
        print_auc(evaluation, to);
        char *report = file_join(out, "report.html");
        if (file_exists(report))
            fprintf(to, "\nreport: %s%sreport.html\n", shown,
                    text_ends_with(shown, "/") ? "" : "/");
        free(report);
        if (fflush(to) != 0)
            ok = error_set(err, ERR_IO, "cannot write to stdout: %s", strerror(errno));
    }
    credit_clear(&credits);
    json_decref(document);
    json_decref(evaluation);
    return ok;
}
