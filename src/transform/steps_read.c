/* steps_read — the list `steps` of a pipeline file, key by key. */
#include "transform/steps.h"

#include "base/config.h"

#include <math.h>
#include <string.h>

static bool fail(struct error *err, const struct yaml_node *node, const char *sentence)
{
    char path[YAML_PATH_MAX];

    return yaml_fail(err, node, "key '%s': %s", yaml_path(node, path), sentence);
}

static bool is_word(const struct yaml_node *node, const char *word)
{
    return node->kind == YAML_SCALAR && strcmp(node->text, word) == 0;
}

static bool read_number(double *value, const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && !node->quoted &&
           text_to_double(node->text, strlen(node->text), value);
}

/* `{word: value}`, the one entry of a map; NULL when it is anything else. */
static const struct yaml_node *only_entry(const struct yaml_node *node)
{
    return node->kind == YAML_MAP && node->count == 1 ? node->first : NULL;
}

static bool read_flag(bool *flag, const struct yaml_node *node, struct error *err)
{
    if (node->kind != YAML_SCALAR || node->quoted ||
        !text_to_bool(node->text, strlen(node->text), flag))
        return fail(err, node, "must be true or false");
    return true;
}

static bool read_columns(struct step *step, const struct yaml_node *node, struct arena *memory,
                         struct error *err)
{
    if (is_word(node, "numeric") || is_word(node, "text")) {
        step->columns = is_word(node, "text") ? STEP_TEXT : STEP_NUMERIC;
        return true;
    }
    if (node->kind != YAML_LIST || node->count == 0)
        return fail(err, node, "must be a list of column names, or 'numeric' or 'text'");
    if (node->count > SCHEMA_COLUMNS_MAX)
        return fail(err, node, "has too many columns");
    const char **column = ARENA_NEW(memory, const char *, node->count);
    size_t i = 0;
    for (const struct yaml_node *name = node->first; name; name = name->next, i++) {
        if (name->kind != YAML_SCALAR || !name->text[0] || strlen(name->text) > SCHEMA_NAME_MAX)
            return fail(err, name, "must be the name of a column");
        column[i] = arena_string(memory, name->text, strlen(name->text));
    }
    step->columns = STEP_LIST;
    step->column = column;
    step->count = node->count;
    return true;
}

static bool read_impute(struct step *step, const struct yaml_node *node, struct arena *memory,
                        struct error *err)
{
    static const char *const words[] = {"median", "mean", "most_frequent"};
    const struct yaml_node *entry = only_entry(node);

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(node, words[i])) {
            step->impute = IMPUTE_MEDIAN + (enum impute_kind)i;
            return true;
        }
    if (!entry || strcmp(entry->key, "constant") != 0 || entry->kind != YAML_SCALAR)
        return fail(err, node, "must be median, mean, most_frequent or {constant: VALUE}");
    step->impute = IMPUTE_CONSTANT;
    step->constant = arena_string(memory, entry->text, strlen(entry->text));
    step->number = NAN;
    (void)text_to_double(entry->text, strlen(entry->text), &step->number);
    return true;
}

static bool read_range(struct step *step, const struct yaml_node *node, struct error *err)
{
    if (node->kind != YAML_LIST || node->count != 2 || !read_number(&step->low, node->first) ||
        !read_number(&step->high, node->last) || !(step->low < step->high))
        return fail(err, node, "must be [LOW, HIGH], two numbers of which the first is smaller");
    return true;
}

static bool read_scale(struct step *step, const struct yaml_node *node, struct error *err)
{
    const struct yaml_node *entry = only_entry(node);

    step->low = 0;
    step->high = 1;
    if (is_word(node, "standard")) {
        step->scale = SCALE_STANDARD;
        return true;
    }
    step->scale = SCALE_MIN_MAX;
    if (is_word(node, "min_max"))
        return true;
    if (!entry || strcmp(entry->key, "min_max") != 0)
        return fail(err, node, "must be standard, min_max or {min_max: [LOW, HIGH]}");
    return read_range(step, entry, err);
}

static bool read_unknown(struct step *step, const struct yaml_node *node, struct error *err)
{
    const bool one_hot = step->encode == ENCODE_ONE_HOT;

    if (is_word(node, "error")) {
        step->unknown = UNKNOWN_ERROR;
        return true;
    }
    if (one_hot && is_word(node, "ignore")) {
        step->unknown = UNKNOWN_IGNORE;
        return true;
    }
    step->unknown = UNKNOWN_VALUE;
    step->unknown_value = NAN;
    if (!one_hot && (is_word(node, "missing") || read_number(&step->unknown_value, node)))
        return true;
    return fail(err, node,
                one_hot ? "must be ignore or error" : "must be error, missing or a number");
}

static bool read_encode(struct step *step, const struct yaml_node *node, struct error *err)
{
    const struct yaml_node *entry = only_entry(node), *unknown = entry ? only_entry(entry) : NULL;
    const char *word = entry ? entry->key : node->kind == YAML_SCALAR ? node->text : "";

    if (strcmp(word, "one_hot") == 0)
        step->encode = ENCODE_ONE_HOT;
    else if (strcmp(word, "ordinal") == 0)
        step->encode = ENCODE_ORDINAL;
    else
        return fail(err, node, "must be one_hot, ordinal or either as {one_hot: {unknown: ...}}");
    step->unknown = step->encode == ENCODE_ONE_HOT ? UNKNOWN_IGNORE : UNKNOWN_ERROR;
    if (!entry)
        return true;
    if (!unknown || strcmp(unknown->key, "unknown") != 0)
        return fail(err, entry, "must be a map with the one key 'unknown'");
    return read_unknown(step, unknown, err);
}

static bool read_pca(struct step *step, const struct yaml_node *node, struct error *err)
{
    int64_t count;

    if (!read_number(&step->pca, node) || step->pca <= 0 ||
        (step->pca >= 1 &&
         (!text_to_int64(node->text, strlen(node->text), &count) || count > TRANSFORM_PCA_MAX)))
        return fail(err, node,
                    "must be a number of components, or a share of the variance between 0 and 1");
    return true;
}

static bool read_key(struct step *step, const struct yaml_node *node, struct arena *memory,
                     struct error *err)
{
    static const char *const known[] = {"columns", "impute",      "scale", "encode",
                                        "drop",    "passthrough", "pca",   NULL};

    if (strcmp(node->key, "columns") == 0)
        return read_columns(step, node, memory, err);
    if (strcmp(node->key, "impute") == 0)
        return read_impute(step, node, memory, err);
    if (strcmp(node->key, "scale") == 0)
        return read_scale(step, node, err);
    if (strcmp(node->key, "encode") == 0)
        return read_encode(step, node, err);
    if (strcmp(node->key, "drop") == 0)
        return read_flag(&step->drop, node, err);
    if (strcmp(node->key, "passthrough") == 0)
        return read_flag(&step->passthrough, node, err);
    if (strcmp(node->key, "pca") == 0)
        return read_pca(step, node, err);
    return config_unknown(node, known, err);
}

/* What is wrong with a step that takes columns, or NULL. */
static const char *columns_fault(const struct step *step)
{
    const bool works = step->impute || step->scale || step->encode;

    if (step->pca != 0)
        return "'pca' works on all features: put it into a step without columns";
    if (step->drop + step->passthrough + works > 1)
        return "'drop' and 'passthrough' stand alone";
    if (step->drop + step->passthrough + works == 0)
        return "give 'impute', 'scale', 'encode', 'drop' or 'passthrough'";
    if (step->scale && step->encode)
        return "a step scales or encodes; to scale encoded features, add a step without columns";
    if (step->encode && (step->impute == IMPUTE_MEDIAN || step->impute == IMPUTE_MEAN))
        return "median and mean are for numbers; categories take most_frequent or a constant";
    if (!step->encode && step->impute == IMPUTE_CONSTANT && isnan(step->number))
        return "the constant must be a number where the column is not encoded";
    if (step->columns == STEP_NUMERIC && step->encode)
        return "'columns: numeric' cannot be encoded; list the columns that are codes";
    if (step->columns == STEP_TEXT && !step->encode && !step->drop)
        return "'columns: text' can only be encoded or dropped";
    return NULL;
}

static const char *matrix_fault(const struct step *step)
{
    if (step->impute || step->encode || step->drop || step->passthrough)
        return "needs 'columns'";
    if ((step->pca != 0) + (step->scale != SCALE_NONE) != 1)
        return "a step without columns has one of 'pca' and 'scale'";
    return NULL;
}

static bool read_step(struct step *step, const struct yaml_node *node, struct arena *memory,
                      struct error *err)
{
    char path[YAML_PATH_MAX];

    if (node->kind != YAML_MAP)
        return fail(err, node, "must be a map such as {columns: [...], scale: standard}");
    for (const struct yaml_node *key = node->first; key; key = key->next)
        if (!yaml_is_null(key) && !read_key(step, key, memory, err))
            return false;
    const char *fault = step->columns == STEP_MATRIX ? matrix_fault(step) : columns_fault(step);
    if (fault)
        return fail(err, node, fault);
    struct error place = {0};
    yaml_fail(&place, node, "key '%s'", yaml_path(node, path));
    step->place = arena_string(memory, place.text, strlen(place.text));
    return true;
}

/* No step may take a column that another has, and a matrix step needs features to work on. */
static bool check_steps(const struct transform_config *config, const struct yaml_node *node,
                        struct error *err)
{
    bool features = false;
    size_t left = 0;

    for (const struct yaml_node *at = node->first; at; at = at->next, left++) {
        const struct step *step = &config->step[left];
        features |= step->columns != STEP_MATRIX && !step->drop;
        if (!features && step->columns == STEP_MATRIX)
            return fail(err, at, "no step before it makes features");
        for (size_t i = 0; i < left; i++)
            if (step->columns != STEP_LIST && step->columns != STEP_MATRIX &&
                config->step[i].columns == step->columns)
                return fail(err, at, "another step already takes the rest of these columns");
    }
    return true;
}

/* Lists name a column once. A set of names, so that long lists stay cheap. */
static bool check_names(const struct transform_config *config, struct error *err)
{
    json_t *seen = json_object();
    bool ok = true;

    for (size_t s = 0; s < config->count && ok; s++)
        for (size_t i = 0; i < config->step[s].count && ok; i++) {
            const char *name = config->step[s].column[i];
            if (json_object_get(seen, name))
                ok = error_set(err, ERR_CONFIG, "%s: column '%.200s' is named twice",
                               config->step[s].place, name);
            json_object_set_new(seen, name, json_true());
        }
    json_decref(seen);
    return ok;
}

/* Without steps every column passes: numbers as they are, texts as codes. */
static const struct step default_steps[] = {
    {.place = "steps", .columns = STEP_NUMERIC, .passthrough = true},
    {.place = "steps",
     .columns = STEP_TEXT,
     .encode = ENCODE_ORDINAL,
     .unknown = UNKNOWN_VALUE,
     .unknown_value = NAN},
};

bool transform_config_read(const struct transform_config **config, const struct yaml_node *steps,
                           struct arena *memory, struct error *err)
{
    struct transform_config *made = ARENA_NEW(memory, struct transform_config, 1);

    *made = (struct transform_config){.count = 2, .step = default_steps};
    *config = made;
    if (yaml_is_null(steps))
        return true;
    if (steps->kind != YAML_LIST || steps->count == 0)
        return fail(err, steps, "must be a list of steps");
    if (steps->count > STEPS_MAX)
        return fail(err, steps, "has too many steps");
    struct step *step = ARENA_ZERO(memory, struct step, steps->count);
    size_t i = 0;
    for (const struct yaml_node *node = steps->first; node; node = node->next, i++)
        if (!read_step(&step[i], node, memory, err))
            return false;
    *made = (struct transform_config){.count = steps->count, .step = step};
    return check_steps(made, steps, err) && check_names(made, err);
}
