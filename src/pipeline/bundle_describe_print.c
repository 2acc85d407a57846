/* bundle_describe_print — the document of bundle_describe() as lines for a person. */
#include "pipeline/bundle_describe.h"

#include "base/text.h"

#include <string.h>

enum { LABELS_SHOWN = 8, NAME_SHOWN = 24 };

/* Where lines go; a bundle may come from anywhere, so nothing in it reaches a terminal as it is. */
struct lines {
    FILE *to;
    size_t columns; /* 0: no limit */
    struct text line;
};

static void end_line(struct lines *out)
{
    size_t shown = 0;

    while (out->line.length > 0 && out->line.bytes[out->line.length - 1] == ' ')
        out->line.length--;
    for (size_t i = 0; i < out->line.length; i++) {
        const unsigned char c = (unsigned char)out->line.bytes[i];
        shown += (c & 0xc0) != 0x80;
        if (out->columns > 0 && shown > out->columns)
            break;
        fputc(c < ' ' || c == 127 ? '?' : c, out->to);
    }
    fputc('\n', out->to);
    out->line.length = 0;
}

static void add_key(struct lines *out, const char *key)
{
    text_add_format(&out->line, "%-10s  ", key);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static void put_text(struct lines *out, const char *key, const json_t *object, const char *member)
{
    const json_t *value = json_object_get(object, member);

    if (!value)
        return;
    add_key(out, key);
    if (json_is_string(value))
        text_add_format(&out->line, "%s", json_string_value(value));
    else
        text_add_format(&out->line, "%.6g", json_number_value(value));
    end_line(out);
}

static size_t count_kind(const json_t *schema, const char *kind)
{
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(schema); i++)
        count += strcmp(text_of(json_array_get(schema, i), "type"), kind) == 0;
    return count;
}

static void put_input(struct lines *out, const json_t *schema)
{
    static const char *const kinds[] = {"number", "text", "ignored", "list"};

    add_key(out, "input");
    text_add_format(&out->line, "%zu column%s", json_array_size(schema),
                    json_array_size(schema) == 1 ? "" : "s");
    for (size_t k = 0; k < 4; k++)
        if (k < 3 || count_kind(schema, kinds[k]) > 0)
            text_add_format(&out->line, "%s %zu %s", k ? "," : ":", count_kind(schema, kinds[k]),
                            kinds[k]);
    end_line(out);
    for (size_t i = 0; i < json_array_size(schema); i++) {
        const json_t *column = json_array_get(schema, i);
        text_add_format(&out->line, "  %-8s  %s", text_of(column, "type"), text_of(column, "name"));
        end_line(out);
    }
}

static void put_features(struct lines *out, const json_t *features)
{
    const double before = json_number_value(json_object_get(features, "before")),
                 after = json_number_value(json_object_get(features, "after"));

    if (!features)
        return;
    add_key(out, "features");
    if (before > after)
        text_add_format(&out->line, "%.0f, reduced to %.0f", before, after);
    else
        text_add_format(&out->line, "%.0f", after);
    end_line(out);
}

static void add_list(struct lines *out, const json_t *list)
{
    const size_t count = json_array_size(list);

    for (size_t i = 0; i < count && i < LABELS_SHOWN; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        text_add_format(&out->line, "%s%s", i ? ", " : "", text ? text : "?");
    }
    if (count > LABELS_SHOWN)
        text_add_format(&out->line, ", ... (%zu)", count);
}

static void put_attention(struct lines *out, const json_t *model)
{
    static const struct {
        const char *key, *text;
    } shown[] = {{"n_cat_features", "categorical"},
                 {"n_num_features", "numeric"},
                 {"n_engineered_num_features", "engineered features"}};
    const json_t *config = json_object_get(model, "config");

    text_add_format(&out->line, "temporal attention over orders by ");
    add_list(out, json_object_get(model, "sequences"));
    text_add_format(&out->line, ", %.0f at most; ",
                    json_number_value(json_object_get(config, "seq_len")));
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        text_add_format(&out->line, "%s%.0f %s", i ? ", " : "",
                        json_number_value(json_object_get(config, shown[i].key)), shown[i].text);
    text_add_format(&out->line, "; calibration: %s", text_of(model, "calibrator"));
    end_line(out);
}

static void put_model(struct lines *out, const json_t *model)
{
    const double trees = json_number_value(json_object_get(model, "trees")),
                 outputs = json_number_value(json_object_get(model, "outputs"));

    if (!model)
        return;
    add_key(out, "model");
    if (strcmp(text_of(model, "kind"), "temporal_attention") == 0) {
        put_attention(out, model);
        return;
    }
    text_add_format(&out->line, "%.0f trees of depth %.0f at most, %s", trees,
                    json_number_value(json_object_get(model, "depth")),
                    text_of(model, "objective"));
    if (outputs > 1)
        text_add_format(&out->line, ", %.0f outputs", outputs);
    end_line(out);
}

static void put_decision(struct lines *out, const json_t *decision)
{
    const json_t *labels = json_object_get(decision, "labels");

    if (!decision)
        return;
    add_key(out, "decision");
    if (strcmp(text_of(decision, "kind"), "binary") == 0) {
        text_add_format(&out->line, "'%s' from a score of %.6g on, else '%s'; calibration: %s",
                        json_string_value(json_array_get(labels, 1)),
                        json_number_value(json_object_get(decision, "threshold")),
                        json_string_value(json_array_get(labels, 0)),
                        text_of(decision, "calibrator"));
    } else if (json_array_size(labels) > 0) {
        text_add_format(&out->line, "the label of the largest score: ");
        add_list(out, labels);
    } else {
        text_add_format(&out->line, "the score as it is");
    }
    end_line(out);
}

static void put_answer(struct lines *out, const json_t *document)
{
    const json_t *output = json_object_get(document, "output"),
                 *target = json_object_get(document, "target");

    add_key(out, "answer");
    for (size_t i = 0; i < json_array_size(output) && i < LABELS_SHOWN; i++) {
        const json_t *column = json_array_get(output, i);
        text_add_format(&out->line, "%s%s (%s)", i ? ", " : "", text_of(column, "name"),
                        text_of(column, "type"));
    }
    if (json_array_size(output) > LABELS_SHOWN)
        text_add_format(&out->line, ", ... (%zu)", json_array_size(output));
    text_add_format(&out->line, "; in CSV: ");
    add_list(out, json_object_get(document, "csv"));
    end_line(out);
    if (!target)
        return;
    add_key(out, "truth");
    text_add_format(&out->line, "column '%s'", text_of(target, "column"));
    if (json_array_size(json_object_get(target, "values")) > 0)
        text_add_format(&out->line, ": ");
    add_list(out, json_object_get(target, "values"));
    end_line(out);
}

/* What a constant answer would reach is for the report. */
static bool is_baseline(const char *key)
{
    return text_ends_with(key, "_best_constant_classifier");
}

static void put_metrics(struct lines *out, const json_t *metrics)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)metrics, key, value)
    {
        const json_t *number = json_is_object(value) ? json_object_get(value, "value") : value;
        const json_t *deviation = json_object_get(value, "standard_deviation");
        if (is_baseline(key) || !json_is_number(number))
            continue;
        text_add_format(&out->line, "  %-28s  %.4g", key, json_number_value(number));
        if (json_is_number(deviation))
            text_add_format(&out->line, " +- %.2g", json_number_value(deviation));
        end_line(out);
    }
}

static void put_confusion(struct lines *out, const json_t *matrix)
{
    const json_t *no = json_object_get(matrix, "0"), *yes = json_object_get(matrix, "1");

    if (json_object_size(matrix) != 2 || !no || !yes)
        return;
    text_add_format(&out->line, "  %-28s  negative %.6g right, %.6g wrong", "confusion_matrix",
                    json_number_value(json_object_get(no, "0")),
                    json_number_value(json_object_get(no, "1")));
    text_add_format(&out->line, "; positive %.6g right, %.6g wrong",
                    json_number_value(json_object_get(yes, "1")),
                    json_number_value(json_object_get(yes, "0")));
    end_line(out);
}

static void put_evaluation(struct lines *out, const json_t *evaluation)
{
    const char *group;
    json_t *metrics;

    json_object_foreach((json_t *)(uintptr_t)evaluation, group, metrics)
    {
        add_key(out, "evaluation");
        text_add_format(&out->line, "%s", group);
        end_line(out);
        put_confusion(out, json_object_get(metrics, "confusion_matrix"));
        put_metrics(out, metrics);
    }
}

static void put_lineage(struct lines *out, const json_t *lineage)
{
    const char *key;
    json_t *value;

    if (!json_is_object(lineage))
        return;
    add_key(out, "lineage");
    end_line(out);
    json_object_foreach((json_t *)(uintptr_t)lineage, key, value)
    {
        text_add_format(&out->line, "  %-*s  ", NAME_SHOWN, key);
        if (json_is_string(value))
            text_add_format(&out->line, "%s", json_string_value(value));
        else
            text_add_format(&out->line, "%.15g", json_number_value(value));
        end_line(out);
    }
}

void bundle_describe_print(const json_t *document, FILE *to, size_t columns)
{
    struct lines out = {.to = to, .columns = columns};

    put_text(&out, "bundle", document, "name");
    put_text(&out, "version", document, "version");
    put_text(&out, "hash", document, "hash");
    put_text(&out, "format", document, "format");
    put_text(&out, "created by", document, "created_by");
    put_input(&out, json_object_get(document, "input"));
    put_features(&out, json_object_get(document, "features"));
    put_model(&out, json_object_get(document, "model"));
    put_decision(&out, json_object_get(document, "decision"));
    put_answer(&out, document);
    put_evaluation(&out, json_object_get(document, "evaluation"));
    put_lineage(&out, json_object_get(document, "lineage"));
    text_clear(&out.line);
}
