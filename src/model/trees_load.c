#include "model/trees_internal.h"

#include "base/file.h"
#include "base/text.h"
#include "model/trees_dense.h"
#include "model/trees_document.h"

#include <math.h>
#include <string.h>

/* A parameter: XGBoost writes numbers as text. `low` when it is absent. */
static bool find_count(const struct document_value *map, const char *key, size_t low, size_t high,
                       size_t *count, struct error *err)
{
    const struct document_value *value = document_get(map, key);
    double number = (double)low;

    if (value && value->kind == DOCUMENT_NUMBER)
        number = value->number;
    else if (value &&
             (value->kind != DOCUMENT_TEXT || !text_to_double(value->text, value->count, &number)))
        return error_set(err, ERR_DATA, "'%s' is not a number", key);
    if (!(number >= (double)low && number <= (double)high) || number != floor(number))
        return error_set(err, ERR_DATA, "'%s' must be from %zu to %zu, not %.17g", key, low, high,
                         number);
    *count = (size_t)number;
    return true;
}

static const char *find_text(const struct document_value *map, const char *key)
{
    const struct document_value *value = document_get(map, key);

    return value && value->kind == DOCUMENT_TEXT ? value->text : NULL;
}

static bool set_base(struct trees *trees, size_t output, double score, struct error *err)
{
    if (!objective_base(trees->objective, score, &trees->base[output]))
        return error_set(err, ERR_DATA, "a base score of %g does not fit the objective %s", score,
                         trees->objective->name);
    return true;
}

/* "5E-1", "[5E-1]" or "[1E-1,2E-1]": one number for all outputs, or one for each. */
static bool read_base_text(struct trees *trees, const char *text, struct error *err)
{
    const size_t length = strlen(text);
    const char *at = text, *end = text + length;
    size_t count = 0;

    if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
        at++;
        end--;
    }
    for (const char *stop; at <= end; at = stop + 1) {
        double score;

        stop = memchr(at, ',', (size_t)(end - at));
        stop = stop ? stop : end;
        if (!text_to_double(at, (size_t)(stop - at), &score))
            return error_set(err, ERR_DATA, "the base score '%.100s' is not a number", text);
        if (count == trees->outputs)
            return error_set(err, ERR_DATA, "there are more base scores than the %zu outputs",
                             trees->outputs);
        if (!set_base(trees, count++, score, err))
            return false;
    }
    if (count != 1 && count != trees->outputs)
        return error_set(err, ERR_DATA, "there are %zu base scores for %zu outputs", count,
                         trees->outputs);
    for (size_t o = 1; count == 1 && o < trees->outputs; o++)
        trees->base[o] = trees->base[0];
    return true;
}

static bool read_base(struct trees *trees, const struct document_value *value, struct error *err)
{
    if (value && value->kind == DOCUMENT_TEXT)
        return read_base_text(trees, value->text, err);
    if (value && value->kind != DOCUMENT_NUMBER &&
        !(value->kind == DOCUMENT_NUMBERS && (value->count == 1 || value->count == trees->outputs)))
        return error_set(err, ERR_DATA, "'base_score' is not a number");
    for (size_t o = 0; o < trees->outputs; o++) {
        double score = 0.5;

        if (value && value->kind == DOCUMENT_NUMBER)
            score = value->number;
        else if (value)
            score = document_number(value, value->count == 1 ? 0 : o);
        if (!set_base(trees, o, score, err))
            return false;
    }
    return true;
}

static bool read_names(struct trees *trees, const struct document_value *names, struct error *err)
{
    if (!names || names->kind != DOCUMENT_LIST || names->count == 0)
        return true;
    if (names->count != trees->features)
        return error_set(err, ERR_DATA, "there are %zu feature names for %zu features",
                         names->count, trees->features);
    trees->name = ARENA_NEW(&trees->memory, const char *, names->count);
    for (size_t i = 0; i < names->count; i++) {
        if (names->item[i].kind != DOCUMENT_TEXT)
            return error_set(err, ERR_DATA, "feature name %zu is not text", i);
        trees->name[i] = arena_string(&trees->memory, names->item[i].text, names->item[i].count);
    }
    return true;
}

/* Everything about the model but its trees. */
static bool read_learner(struct trees *trees, const struct document_value *learner,
                         struct error *err)
{
    const struct document_value *param = document_get(learner, "learner_model_param");
    const char *name = find_text(document_get(learner, "objective"), "name");
    size_t classes, targets;

    if (!param || !name)
        return error_set(err, ERR_DATA, "'%s' is missing",
                         param ? "objective" : "learner_model_param");
    trees->objective = objective_find(name);
    if (!trees->objective)
        return error_set(err, ERR_DATA, "the objective '%.100s' is not known", name);
    if (!find_count(param, "num_feature", 0, TREES_FEATURES_MAX, &trees->features, err) ||
        !find_count(param, "num_class", 0, TREES_OUTPUTS_MAX, &classes, err) ||
        !find_count(param, "num_target", 0, TREES_OUTPUTS_MAX, &targets, err))
        return false;
    if (classes > 1 && targets > 1)
        return error_set(err, ERR_DATA, "there are both %zu classes and %zu targets", classes,
                         targets);
    trees->outputs = classes > 1 ? classes : targets > 1 ? targets : 1;
    trees->base = memory_take(trees->outputs, sizeof *trees->base);
    trees->splits = memory_take_zeroed(trees->features, sizeof *trees->splits);
    trees->total_gain = memory_take_zeroed(trees->features, sizeof *trees->total_gain);
    trees->total_cover = memory_take_zeroed(trees->features, sizeof *trees->total_cover);
    return read_base(trees, document_get(param, "base_score"), err) &&
           read_names(trees, document_get(learner, "feature_names"), err);
}

/* The trees, and for DART what each counts: written beside or inside by versions of XGBoost. */
static bool find_model(const struct document_value *learner, const struct document_value **model,
                       const struct document_value **weight, struct error *err)
{
    const struct document_value *booster = document_get(learner, "gradient_booster");
    const char *name = find_text(booster, "name");

    *weight = NULL;
    if (!name)
        return error_set(err, ERR_DATA, "'gradient_booster' is missing");
    if (strcmp(name, "gblinear") == 0)
        return error_set(err, ERR_DATA,
                         "it is a linear model (gblinear), which has no trees to score");
    if (strcmp(name, "gbtree") != 0 && strcmp(name, "dart") != 0)
        return error_set(err, ERR_DATA, "the booster '%.100s' is not known", name);
    *model = document_get(booster, "model");
    if (!*model)
        *model = document_get(document_get(booster, "gbtree"), "model");
    if (!*model)
        return error_set(err, ERR_DATA, "'gradient_booster.model' is missing");
    if (strcmp(name, "dart") == 0) {
        *weight = document_get(booster, "weight_drop");
        if (!*weight)
            *weight = document_get(*model, "weight_drop");
        if (!*weight || !document_is_numbers(*weight))
            return error_set(err, ERR_DATA, "'weight_drop' is missing or not numbers");
    }
    return true;
}

static bool read_info(struct trees *trees, const struct document_value *model, struct error *err)
{
    const struct document_value *info = document_get(model, "tree_info");

    if (!info || !document_is_numbers(info) || info->count != trees->count)
        return error_set(err, ERR_DATA, "'tree_info' does not have a number per tree");
    for (size_t i = 0; i < trees->count; i++) {
        const double output = document_number(info, i);

        if (!(output >= 0 && output < (double)trees->outputs) || output != floor(output))
            return error_set(err, ERR_DATA, "tree %zu: it is of output %g, there are %zu", i,
                             output, trees->outputs);
        trees->tree[i].output = (uint32_t)output;
    }
    return true;
}

static bool read_leaf_width(struct trees *trees, const struct document_value *tree, size_t i,
                            struct error *err)
{
    const struct document_value *param = document_get(tree, "tree_param");
    size_t width;

    if (!find_count(param, "size_leaf_vector", 0, TREES_OUTPUTS_MAX, &width, err))
        return error_wrap(err, "tree %zu", i);
    if (i == 0)
        trees->rows_of_leaves = width > 1;
    if (trees->rows_of_leaves ? width != trees->outputs : width > 1)
        return error_set(err, ERR_DATA,
                         "tree %zu: its leaves have %zu numbers, there are %zu outputs", i, width,
                         trees->outputs);
    return true;
}

static bool read_trees(struct trees *trees, const struct document_value *learner, struct error *err)
{
    const struct document_value *model = NULL, *weight = NULL;

    if (!find_model(learner, &model, &weight, err))
        return false;
    const struct document_value *list = document_get(model, "trees");

    if (!list || list->kind != DOCUMENT_LIST)
        return error_set(err, ERR_DATA, "'trees' is missing");
    trees->count = list->count;
    trees->tree = memory_take_zeroed(trees->count, sizeof *trees->tree);
    if (!read_info(trees, model, err))
        return false;
    if (weight && weight->count != trees->count)
        return error_set(err, ERR_DATA, "'weight_drop' has %zu entries for %zu trees",
                         weight->count, trees->count);
    for (size_t i = 0; i < trees->count; i++) {
        const double share = weight ? document_number(weight, i) : 1;

        if (!read_leaf_width(trees, &list->item[i], i, err))
            return false;
        if (!trees_add_tree(trees, &list->item[i], i, share, err))
            return error_wrap(err, "tree %zu", i);
    }
    return true;
}

static bool read_document(struct document_value *document, const char *bytes, size_t size,
                          struct arena *memory, struct error *err)
{
    size_t at = 0;

    while (at < size && strchr(" \t\r\n", bytes[at]) && bytes[at])
        at++;
    if (at == size || bytes[at] != '{')
        return error_set(err, ERR_DATA, "it is neither XGBoost's JSON nor its UBJSON");
    /* After the brace JSON has a quote or space; UBJSON the type of a length, or '}'. */
    for (at++; at < size && bytes[at] && strchr(" \t\r\n", bytes[at]); at++)
        ;
    if (at < size && (bytes[at] == '"' || bytes[at] == '}'))
        return document_read_json(document, bytes, size, memory, err);
    return document_read_ubj(document, bytes, size, memory, err);
}

bool trees_parse(struct trees **trees, const char *name, const char *bytes, size_t size,
                 struct error *err)
{
    struct trees *made = memory_take_zeroed(1, sizeof *made);
    struct arena memory = {0};
    struct document_value document;
    bool ok = read_document(&document, bytes, size, &memory, err);

    if (ok) {
        const struct document_value *learner = document_get(&document, "learner");

        ok = (learner || error_set(err, ERR_DATA, "'learner' is missing")) &&
             read_learner(made, learner, err) && read_trees(made, learner, err);
    }
    arena_clear(&memory);
    if (!ok) {
        trees_free(made);
        return error_wrap(err, "model '%s'", name);
    }
    made->dense = trees_dense_new(made);
    *trees = made;
    return true;
}

bool trees_load(struct trees **trees, const char *path, struct error *err)
{
    char *bytes;
    size_t size;

    if (!file_read(path, TREES_FILE_MAX, &bytes, &size, err))
        return false;
    const bool ok = trees_parse(trees, path, bytes, size, err);
    free(bytes);
    return ok;
}
