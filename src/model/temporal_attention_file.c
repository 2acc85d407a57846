#include "model/temporal_attention_internal.h"

#include "base/safetensors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_TEXT_MAX = 32 };

static const char format[] = "quern temporal_attention 1";

static const struct config_field *const tables[] = {temporal_attention_data_fields,
                                                    temporal_attention_fields};
enum { TABLES = sizeof tables / sizeof *tables };

json_t *temporal_attention_config_json(const struct temporal_attention_config *config)
{
    json_t *json = json_object();

    for (size_t i = 0; i < TABLES; i++)
        for (const struct config_field *f = tables[i]; f->type != CONFIG_TYPE_END; f++) {
            const void *at = (const char *)config + f->offset;
            json_t *value = NULL;
            if (f->type == CONFIG_TYPE_SIZE)
                value = json_integer((json_int_t) * (const size_t *)at);
            else if (f->type == CONFIG_TYPE_NUMBER)
                value = json_number(*(const double *)at);
            else if (f->type == CONFIG_TYPE_BOOL)
                value = json_boolean(*(const bool *)at);
            else
                value = json_string(f->choices[*(const int *)at]);
            json_object_set_new(json, f->name, value);
        }
    return json;
}

static const struct config_field *find_field(const char *name)
{
    const struct config_field *found = NULL;

    for (size_t i = 0; i < TABLES && !found; i++)
        found = config_find(tables[i], name);
    return found;
}

/* A JSON value as the text that config_set() reads; the reference writes switches as 0 and 1. */
static bool value_text(const struct config_field *field, const json_t *value,
                       char text[CONFIG_TEXT_MAX])
{
    const bool number = json_is_integer(value);
    const json_int_t whole = json_integer_value(value);

    if (field->type == CONFIG_TYPE_BOOL) {
        const bool on = json_is_true(value) || (number && whole == 1);
        snprintf(text, CONFIG_TEXT_MAX, "%s", on ? "true" : "false");
        return on || json_is_false(value) || (number && whole == 0);
    }
    if (json_is_string(value))
        return field->type == CONFIG_TYPE_CHOICE &&
               snprintf(text, CONFIG_TEXT_MAX, "%s", json_string_value(value)) < CONFIG_TEXT_MAX;
    if (json_is_real(value))
        snprintf(text, CONFIG_TEXT_MAX, "%.17g", json_real_value(value));
    else
        snprintf(text, CONFIG_TEXT_MAX, "%" JSON_INTEGER_FORMAT, whole);
    return json_is_number(value);
}

bool temporal_attention_config_parse(const json_t *json, struct temporal_attention_config *config,
                                     struct error *err)
{
    struct temporal_attention_config c = {0};
    const char *key;
    json_t *value;

    if (!json_is_object(json))
        return error_set(err, ERR_DATA, "config: not an object");
    for (size_t i = 0; i < TABLES; i++)
        config_defaults(&c, tables[i]);
    for (const struct config_field *f = temporal_attention_data_fields; f->type != CONFIG_TYPE_END;
         f++)
        if (!json_object_get(json, f->name) && f->type == CONFIG_TYPE_SIZE)
            return error_set(err, ERR_DATA, "config: '%s' is missing", f->name);
    json_object_foreach((json_t *)json, key, value)
    {
        const struct config_field *field = find_field(key);
        char text[CONFIG_TEXT_MAX];
        if (!field)
            return error_set(err, ERR_DATA, "config: unknown key '%.64s'", key);
        if (!value_text(field, value, text))
            return error_set(err, ERR_DATA, "config: '%s' is of the wrong type", key);
        if (!config_set(&c, field, text, err))
            return error_wrap(err, "config: '%s'", key);
    }
    if (!temporal_attention_check(&c, err))
        return false;
    *config = c;
    return true;
}

size_t temporal_attention_place(const struct temporal_attention_piece *piece, size_t i)
{
    size_t width = 1;

    for (size_t d = 1; d < piece->dims; d++)
        width *= piece->shape[d];
    if (piece->transposed) /* the graph holds [shape[1], rows] */
        i = i % piece->rows * width + i / piece->rows;
    return piece->first * width + i;
}

static size_t tensor_count(const struct temporal_attention_piece *piece)
{
    size_t count = 1;

    for (size_t d = 0; d < piece->dims; d++)
        count *= piece->shape[d];
    return count;
}

/* Add a tensor to the list, or find it there. */
static struct safetensor *list_tensor(struct safetensor *list, size_t *count,
                                      const struct temporal_attention_piece *piece,
                                      struct arena *memory)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(list[i].name, piece->tensor) == 0)
            return &list[i];
    struct safetensor *tensor = &list[(*count)++];
    *tensor = (struct safetensor){.name = piece->tensor,
                                  .type = SAFETENSORS_F32,
                                  .dims = piece->dims,
                                  .data = ARENA_NEW(memory, float, tensor_count(piece))};
    memcpy(tensor->shape, piece->shape, piece->dims * sizeof *piece->shape);
    return tensor;
}

static size_t list_tensors(const struct temporal_attention *model, struct safetensor *list,
                           struct arena *memory)
{
    const struct temporal_attention_net *net = &model->net;
    size_t count = 0;

    for (size_t i = 0; i < net->pieces; i++) {
        const struct temporal_attention_piece *piece = &net->piece[i];
        const struct graph_parameter *p = graph_parameter_at(net->graph, piece->parameter);
        const struct safetensor *tensor = list_tensor(list, &count, piece, memory);
        for (size_t j = 0; j < p->count; j++)
            ((float *)tensor->data)[temporal_attention_place(piece, j)] =
                (float)model->parameters[p->offset + j];
    }
    for (size_t i = 0; i < net->aliases; i++)
        for (size_t j = 0; j < net->pieces; j++)
            if (strcmp(net->alias[i].tensor, net->piece[j].tensor) == 0) {
                list[count] = *list_tensor(list, &count, &net->piece[j], memory);
                list[count++].name = net->alias[i].alias;
            }
    return count;
}

bool temporal_attention_save(const struct temporal_attention *model, const char *path,
                             struct error *err)
{
    struct arena memory = {0};
    struct safetensor *list =
        ARENA_NEW(&memory, struct safetensor, model->net.pieces + model->net.aliases);
    const size_t count = list_tensors(model, list, &memory);
    json_t *config = temporal_attention_config_json(&model->config);
    char *json = json_dumps(config, JSON_COMPACT);
    const struct safetensors_text text[] = {{"format", format}, {"config", json}};
    const bool ok = safetensors_write(path, list, count, text, 2, err);

    free(json);
    json_decref(config);
    arena_clear(&memory);
    return ok;
}

static void shape_text(const size_t *shape, size_t dims, char text[64])
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < dims && used < 56; i++)
        used += (size_t)snprintf(text + used, 64 - used, "%s%zu", i ? ", " : "", shape[i]);
}

/* The tensor is there and of the size that the network has. */
static bool check_tensor(const struct safetensors *file, const char *name,
                         const struct temporal_attention_piece *piece, bool optional,
                         struct error *err)
{
    const struct safetensor *tensor = safetensors_find(file, name);
    char has[64], wants[64];
    bool equal = tensor && tensor->dims == piece->dims;

    if (!tensor)
        return optional || error_set(err, ERR_DATA, "%s: tensor '%s' is missing", file->path, name);
    for (size_t d = 0; equal && d < piece->dims; d++)
        equal = tensor->shape[d] == piece->shape[d];
    shape_text(tensor->shape, tensor->dims, has);
    shape_text(piece->shape, piece->dims, wants);
    if (!equal)
        return error_set(err, ERR_DATA, "%s: tensor '%s' is [%s], the model's is [%s]", file->path,
                         name, has, wants);
    if (tensor->type != SAFETENSORS_F32)
        return error_set(err, ERR_DATA, "%s: tensor '%s' is not float32", file->path, name);
    return true;
}

static const struct temporal_attention_piece *find_piece(const struct temporal_attention_net *net,
                                                         const char *tensor)
{
    for (size_t i = 0; i < net->pieces; i++)
        if (strcmp(net->piece[i].tensor, tensor) == 0)
            return &net->piece[i];
    return NULL;
}

/* Every tensor of the file is one of the model. */
static bool check_known(const struct temporal_attention_net *net, const struct safetensors *file,
                        struct error *err)
{
    for (size_t i = 0; i < file->count; i++) {
        bool known = find_piece(net, file->tensor[i].name) != NULL;
        for (size_t j = 0; j < net->aliases && !known; j++)
            known = strcmp(net->alias[j].alias, file->tensor[i].name) == 0;
        const size_t length = strlen(file->tensor[i].name);
        static const char bias[] = "emb_tbl_bias"; /* may stand in a file though it is not used */
        if (!known && !net->config.emb_tbl_use_bias && length >= sizeof bias - 1)
            known = strcmp(file->tensor[i].name + length - (sizeof bias - 1), bias) == 0;
        if (!known)
            return error_set(err, ERR_DATA, "%s: the model has no tensor '%.128s'", file->path,
                             file->tensor[i].name);
    }
    return true;
}

/* Before memory is taken for the sizes that a file claims: does it hold so many numbers? */
static bool check_file(const struct temporal_attention_net *net, const struct safetensors *file,
                       struct error *err)
{
    for (size_t i = 0; i < net->pieces; i++)
        if (!check_tensor(file, net->piece[i].tensor, &net->piece[i], net->piece[i].unused, err))
            return false;
    for (size_t i = 0; i < net->aliases; i++) {
        const struct temporal_attention_alias *alias = &net->alias[i];
        const struct temporal_attention_piece *piece = find_piece(net, alias->tensor);
        if (!check_tensor(file, alias->alias, piece, true, err))
            return false;
        const struct safetensor *tensor = safetensors_find(file, alias->tensor);
        const struct safetensor *other = safetensors_find(file, alias->alias);
        if (other && memcmp(tensor->data, other->data, tensor->bytes) != 0)
            return error_set(err, ERR_DATA, "%s: tensor '%s' differs from '%s', which it is",
                             file->path, alias->alias, alias->tensor);
    }
    return check_known(net, file, err);
}

static bool copy_weights(struct temporal_attention *model, const struct safetensors *file,
                         struct error *err)
{
    const struct temporal_attention_net *net = &model->net;

    for (size_t i = 0; i < net->pieces; i++) {
        const struct temporal_attention_piece *piece = &net->piece[i];
        const struct safetensor *tensor = safetensors_find(file, piece->tensor);
        const struct graph_parameter *p = graph_parameter_at(net->graph, piece->parameter);
        for (size_t j = 0; tensor && j < p->count; j++) {
            float x;
            memcpy(&x, (const char *)tensor->data + temporal_attention_place(piece, j) * sizeof x,
                   sizeof x);
            if (!isfinite(x))
                return error_set(err, ERR_DATA, "%s: tensor '%s' holds a number that is not finite",
                                 file->path, piece->tensor);
            model->parameters[p->offset + j] = (real)x;
        }
    }
    return true;
}

bool temporal_attention_import_tensors(struct temporal_attention **out,
                                       const struct temporal_attention_config *config,
                                       const struct safetensors *file, struct error *err)
{
    struct temporal_attention *model = temporal_attention_plan(config);
    bool ok = check_file(&model->net, file, err);

    if (ok) {
        temporal_attention_take(model);
        temporal_attention_net_start(&model->net, 0, model->parameters);
        ok = copy_weights(model, file, err);
    }
    if (!ok) {
        temporal_attention_free(model);
        return false;
    }
    temporal_attention_seal(model);
    *out = model;
    return true;
}

bool temporal_attention_load_tensors(struct temporal_attention **model,
                                     const struct safetensors *file, struct error *err)
{
    const char *kind = safetensors_metadata(file, "format");
    const char *text = safetensors_metadata(file, "config");
    struct temporal_attention_config config;
    json_error_t problem;

    if (!kind || strcmp(kind, format) != 0 || !text)
        return error_set(err, ERR_DATA, "%s: not a '%s' model", file->path, format);
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &problem);
    if (!json)
        return error_set(err, ERR_DATA, "%s: config: %s", file->path, problem.text);
    const bool ok = temporal_attention_config_parse(json, &config, err);
    json_decref(json);
    if (!ok)
        return error_wrap(err, "%s", file->path);
    return temporal_attention_import_tensors(model, &config, file, err);
}

bool temporal_attention_load(struct temporal_attention **model, const char *path, struct error *err)
{
    struct safetensors file;

    if (!safetensors_open(&file, path, err))
        return false;
    const bool ok = temporal_attention_load_tensors(model, &file, err);
    safetensors_close(&file);
    return ok;
}

bool temporal_attention_import(struct temporal_attention **model,
                               const struct temporal_attention_config *config, const char *path,
                               struct error *err)
{
    struct safetensors file;

    if (!safetensors_open(&file, path, err))
        return false;
    const bool ok = temporal_attention_import_tensors(model, config, &file, err);
    safetensors_close(&file);
    return ok;
}
