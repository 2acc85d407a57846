#include "model/journey_attention_internal.h"

#include "base/safetensors.h"

#include <jansson.h>
#include <math.h>

static const char format[] = "quern journey_attention 1";

enum { PARAMETERS_MAX = 16 };

static char *config_text(const struct journey_attention *model)
{
    const struct journey_attention_config *c = &model->config;
    json_t *config = json_pack(
        "{s:I, s:I, s:I, s:I, s:f, s:f, s:b}", "vocabulary",
        (json_int_t)model->net.shape.vocabulary, "max_length", (json_int_t)model->net.shape.steps,
        "embedding", (json_int_t)c->embedding, "lstm", (json_int_t)c->lstm, "dropout", c->dropout,
        "recurrent_dropout", c->recurrent_dropout, "mask", c->mask);
    char *text = json_dumps(config, 0);

    json_decref(config);
    return text;
}

/* Where each parameter stands, as a list for the writer and the reader. */
static size_t list_parameters(const struct journey_attention *model,
                              struct safetensor list[PARAMETERS_MAX])
{
    const size_t count = graph_parameter_count(model->net.graph);

    BUG_ON(count > PARAMETERS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct graph_parameter *p = graph_parameter_at(model->net.graph, i);
        list[i] = (struct safetensor){.name = p->name,
                                      .type = SAFETENSORS_F32,
                                      .dims = p->shape.rank,
                                      .data = model->parameters + p->offset};
        memcpy(list[i].shape, p->shape.d, p->shape.rank * sizeof *p->shape.d);
    }
    return count;
}

bool journey_attention_save(const struct journey_attention *model, const char *path,
                            struct error *err)
{
    struct safetensor list[PARAMETERS_MAX];
    const size_t count = list_parameters(model, list);
    char *config = config_text(model);
    const struct safetensors_text text[] = {{"format", format}, {"config", config}};
    const bool ok = safetensors_write(path, list, count, text, 2, err);

    free(config);
    return ok;
}

static bool read_size(const json_t *config, const char *key, size_t *size, struct error *err)
{
    const json_t *value = json_object_get(config, key);

    /* Large enough for every setting, small enough that no product of two overflows. */
    if (!json_is_integer(value) || json_integer_value(value) < 1 ||
        json_integer_value(value) > INT32_MAX)
        return error_set(err, ERR_DATA, "config: '%s' is not a size", key);
    *size = (size_t)json_integer_value(value);
    return true;
}

static bool read_rate(const json_t *config, const char *key, double *rate, struct error *err)
{
    const json_t *value = json_object_get(config, key);

    if (!json_is_number(value) || !(json_number_value(value) >= 0) ||
        !(json_number_value(value) < 1))
        return error_set(err, ERR_DATA, "config: '%s' is not a number from 0 to below 1", key);
    *rate = json_number_value(value);
    return true;
}

static bool read_config(const json_t *json, struct journey_attention_config *config,
                        size_t *vocabulary, size_t *max_length, struct error *err)
{
    const json_t *mask = json_object_get(json, "mask");

    if (!read_size(json, "vocabulary", vocabulary, err) ||
        !read_size(json, "max_length", max_length, err) ||
        !read_size(json, "embedding", &config->embedding, err) ||
        !read_size(json, "lstm", &config->lstm, err) ||
        !read_rate(json, "dropout", &config->dropout, err) ||
        !read_rate(json, "recurrent_dropout", &config->recurrent_dropout, err))
        return false;
    if (config->embedding > JOURNEY_ATTENTION_UNITS_MAX ||
        config->lstm > JOURNEY_ATTENTION_UNITS_MAX)
        return error_set(err, ERR_LIMIT, "config: embedding or lstm is above %d",
                         JOURNEY_ATTENTION_UNITS_MAX);
    if (!json_is_boolean(mask))
        return error_set(err, ERR_DATA, "config: 'mask' is not true or false");
    config->mask = json_is_true(mask);
    return true;
}

/* Before memory is taken for the sizes that a file claims: does it hold so many numbers? */
static bool check_claim(const struct safetensors *file, const char *name, size_t rows,
                        size_t columns, struct error *err)
{
    const struct safetensor *tensor = safetensors_find(file, name);

    if (tensor && tensor->dims == 2 && tensor->shape[0] == rows && tensor->shape[1] == columns)
        return true;
    return error_set(err, ERR_DATA, "tensor '%s' is missing or not of the configured size", name);
}

static bool load_parameters(struct journey_attention *model, const struct safetensors *file,
                            struct error *err)
{
    struct safetensor list[PARAMETERS_MAX];
    const size_t count = list_parameters(model, list);

    for (size_t i = 0; i < count; i++) {
        const struct graph_parameter *p = graph_parameter_at(model->net.graph, i);
        real *to = model->parameters + p->offset;
        if (!safetensors_copy(file, p->name, SAFETENSORS_F32, list[i].dims, list[i].shape, to, err))
            return false;
        for (size_t j = 0; j < p->count; j++)
            if (!isfinite(to[j]))
                return error_set(err, ERR_DATA, "%s: tensor '%s' holds a number that is not finite",
                                 file->path, p->name);
    }
    if (file->count != count)
        return error_set(err, ERR_DATA, "%s: %zu tensors, the model has %zu", file->path,
                         file->count, count);
    return true;
}

static bool load(struct journey_attention **out, const struct safetensors *file, struct error *err)
{
    const char *kind = safetensors_metadata(file, "format");
    const char *text = safetensors_metadata(file, "config");
    struct journey_attention_config config;
    struct journey_attention *model = NULL;
    size_t vocabulary, max_length;
    json_error_t problem;

    if (!kind || strcmp(kind, format) != 0 || !text)
        return error_set(err, ERR_DATA, "%s: not a '%s' model", file->path, format);
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &problem);
    if (!json)
        return error_set(err, ERR_DATA, "%s: config: %s", file->path, problem.text);
    const bool ok = read_config(json, &config, &vocabulary, &max_length, err) &&
                    check_claim(file, "embedding.kernel", vocabulary, config.embedding, err) &&
                    check_claim(file, "lstm.kernel", config.embedding, 4 * config.lstm, err) &&
                    journey_attention_new(&model, &config, vocabulary, max_length, err);
    json_decref(json);
    if (!ok)
        return error_wrap(err, "%s", file->path);
    if (!load_parameters(model, file, err)) {
        journey_attention_free(model);
        return false;
    }
    journey_attention_seal(model);
    *out = model;
    return true;
}

bool journey_attention_load(struct journey_attention **model, const char *path, struct error *err)
{
    struct safetensors file;

    if (!safetensors_open(&file, path, err))
        return false;
    const bool ok = load(model, &file, err);
    safetensors_close(&file);
    return ok;
}
