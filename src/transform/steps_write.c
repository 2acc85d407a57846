/* steps_write — steps as YAML that reads back equal, and their reference page. */
#include "transform/steps.h"

#include "base/config.h"

#include <math.h>

static const char *const impute_words[] = {"", "median", "mean", "most_frequent", ""};

static void write_columns(struct text *out, const struct step *step)
{
    if (step->columns != STEP_LIST) {
        text_add_format(out, "columns: %s\n", step->columns == STEP_TEXT ? "text" : "numeric");
        return;
    }
    text_add_format(out, "columns: [");
    for (size_t i = 0; i < step->count; i++) {
        text_add_format(out, "%s", i ? ", " : "");
        config_write_text(out, step->column[i]);
    }
    text_add_format(out, "]\n");
}

static void write_impute(struct text *out, const struct step *step)
{
    if (step->impute != IMPUTE_CONSTANT) {
        text_add_format(out, "impute: %s\n", impute_words[step->impute]);
        return;
    }
    text_add_format(out, "impute: {constant: ");
    config_write_text(out, step->constant);
    text_add_format(out, "}\n");
}

static void write_scale(struct text *out, const struct step *step)
{
    if (step->scale == SCALE_STANDARD) {
        text_add_format(out, "scale: standard\n");
        return;
    }
    text_add_format(out, "scale: {min_max: [");
    config_write_number(out, step->low);
    text_add_format(out, ", ");
    config_write_number(out, step->high);
    text_add_format(out, "]}\n");
}

static void write_encode(struct text *out, const struct step *step)
{
    text_add_format(
        out, "encode: {%s: {unknown: ", step->encode == ENCODE_ONE_HOT ? "one_hot" : "ordinal");
    if (step->unknown == UNKNOWN_IGNORE)
        text_add_format(out, "ignore");
    else if (step->unknown == UNKNOWN_ERROR)
        text_add_format(out, "error");
    else if (isnan(step->unknown_value))
        text_add_format(out, "missing");
    else
        config_write_number(out, step->unknown_value);
    text_add_format(out, "}}\n");
}

static void begin_key(struct text *out, size_t indent, bool *first)
{
    text_add_format(out, "%*s%s", (int)indent, "", *first ? "- " : "  ");
    *first = false;
}

static void write_step(struct text *out, const struct step *step, size_t indent)
{
    bool first = true;

    if (step->columns != STEP_MATRIX) {
        begin_key(out, indent, &first);
        write_columns(out, step);
    }
    if (step->impute) {
        begin_key(out, indent, &first);
        write_impute(out, step);
    }
    if (step->scale) {
        begin_key(out, indent, &first);
        write_scale(out, step);
    }
    if (step->encode) {
        begin_key(out, indent, &first);
        write_encode(out, step);
    }
    if (step->drop || step->passthrough) {
        begin_key(out, indent, &first);
        text_add_format(out, "%s: true\n", step->drop ? "drop" : "passthrough");
    }
    if (step->pca != 0) {
        begin_key(out, indent, &first);
        text_add_format(out, "pca: ");
        config_write_number(out, step->pca);
        text_add_format(out, "\n");
    }
}

void transform_config_write(const struct transform_config *config, struct text *out, size_t indent)
{
    for (size_t s = 0; s < config->count; s++)
        write_step(out, &config->step[s], indent);
}

void transform_config_reference(struct text *out)
{
    static const char *const row[][3] = {
        {"columns", "list of names, `numeric`, `text`",
         "the columns of the step; `numeric` and `text`: all of that kind that no other step "
         "names"},
        {"impute", "`median`, `mean`, `most_frequent`, `{constant: VALUE}`",
         "what stands for a missing value; of equally frequent ones the smallest"},
        {"scale", "`standard`, `min_max`, `{min_max: [LOW, HIGH]}`",
         "to mean 0 and deviation 1, or to 0 .. 1 or LOW .. HIGH; a constant column becomes 0 or "
         "LOW"},
        {"encode", "`one_hot`, `{one_hot: {unknown: ...}}` with `ignore` or `error`",
         "a feature of 0 or 1 a category; a category that training rows did not have sets none of "
         "them (`ignore`, the default), or is an error of its row"},
        {"encode", "`ordinal`, `{ordinal: {unknown: ...}}` with `error`, `missing` or a number",
         "one feature, the place of the category from 0; an unknown one is an error of its row "
         "(the default), a missing value, or the number"},
        {"passthrough", "`true`", "numbers as they are; missing stays missing"},
        {"drop", "`true`", "no features"},
        {"scale", "as above, without `columns`", "every feature made so far"},
        {"pca", "whole number, or share below 1; without `columns`",
         "all features made so far become this many principal components, or as many as explain "
         "more than this share of the variance"},
    };

    text_add_format(out, "| key of a step | value | meaning |\n|---|---|---|\n");
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        text_add_format(out, "| `%s` | %s | %s |\n", row[i][0], row[i][1], row[i][2]);
    text_add_format(
        out,
        "\nA step with `columns` has any of `impute`, `scale` and `encode` (not both of the last "
        "two), or `passthrough`, or `drop`;\na step without has one of `scale` and `pca`. Columns "
        "no step names are dropped. Without `steps` every column passes: numbers as they\nare, "
        "texts `ordinal` with unknown ones missing.\n\n"
        "In a column of numbers an empty field, `NaN` and `null` in any case, and `NA` are missing "
        "values, with blanks around them or not; requests to a\nserver and files for `predict` are "
        "read by the same list. In a column of text only an empty field is: `NA` is a category "
        "like any other.\n\n"
        "Categories are in order: as numbers where all training values are numbers (then `415`, "
        "`415.0` and `0415` are one), else byte by byte. A\nmissing value that nothing imputes is "
        "a category of its own, the last, if training rows have one (`ordinal` leaves it "
        "missing), else unknown.\nThe entry of largest magnitude of a principal component is "
        "positive. Fitted on training rows only, with scikit-learn's results.\n");
}
