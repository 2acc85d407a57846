/* What is served, and changes of it: /models, /v1/models, /health. */
#include "serve/service_internal.h"

#include "base/log.h"

#include <string.h>

static json_t *model_json(const struct served_model *model)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "modelName", model->name, "modelUrl", model->address,
                     "version", model->version, "hash", bundle_hash(model->bundle));
}

/* One page, and where the next begins. */
static void list_models(struct call *call, const struct model_set *set)
{
    const char *token = call->request->page_token;
    json_t *document, *list;
    int64_t from = 0;

    if (token && (!text_to_int64(token, strlen(token), &from) || from < 0)) {
        call_fail(call, 400, "next_page_token '%.40s' is not one this server gave", token);
        return;
    }
    document = json_object();
    list = json_array();
    json_object_set_new(document, "models", list);
    for (size_t i = (size_t)from; i < set->count && json_array_size(list) < SERVICE_PAGE_MAX; i++)
        json_array_append_new(list, model_json(set->model[i]));
    if ((size_t)from + json_array_size(list) < set->count)
        json_object_set_new(document, "nextPageToken",
                            json_sprintf("%zu", (size_t)from + SERVICE_PAGE_MAX));
    call_json(call, document);
}

static void list_names(struct call *call, const struct model_set *set)
{
    json_t *list = json_array();

    for (size_t i = 0; i < set->count; i++)
        json_array_append_new(list, json_string(set->model[i]->name));
    call_json(call, json_pack("{s:o}", "models", list));
}

void answer_models_read(struct call *call, const struct model_set *set)
{
    const struct served_model *model;

    if (call->route.id == ROUTE_MODELS) {
        list_models(call, set);
    } else if (call->route.id == ROUTE_V1_MODELS) {
        list_names(call, set);
    } else if (call->route.id == ROUTE_HEALTH) {
        call_json(call,
                  json_pack("{s:s, s:I}", "status", "Healthy", "models", (json_int_t)set->count));
    } else if ((model = call_model(call, set))) {
        call_json(call, call->route.id == ROUTE_MODEL
                            ? model_json(model)
                            : json_pack("{s:s, s:b}", "name", model->name, "ready", 1));
    }
}

static int status_of_outcome(enum models_outcome outcome, const struct error *err)
{
    switch (outcome) {
    case MODELS_DONE:
        return 200;
    case MODELS_EXISTS:
        return 409;
    case MODELS_FULL:
        return 507;
    case MODELS_UNKNOWN:
        return 404;
    case MODELS_FAILED:
        break;
    }
    return err->code == ERR_IO ? 400 : status_of_error(err); /* the address was the client's */
}

/* Names go into paths and logs, so they are plain. */
static bool is_name(const char *name)
{
    const size_t length = strnlen(name, MODEL_NAME_MAX + 1);

    for (size_t i = 0; i < length; i++)
        if ((unsigned char)name[i] <= ' ' || name[i] == '/' || name[i] == ':' || name[i] == 0x7f)
            return false;
    return length > 0 && length <= MODEL_NAME_MAX;
}

static void load_model(struct call *call)
{
    json_t *document = json_loadb(call->body, call->size, JSON_REJECT_DUPLICATES, NULL);
    const char *name = json_string_value(json_object_get(document, "model_name"));
    const char *url = json_string_value(json_object_get(document, "url"));
    struct error err = {0};
    enum models_outcome outcome;

    if (!url || !name) {
        call_fail(call, 400, "the body is not {\"model_name\": \"...\", \"url\": \"...\"}");
    } else if (!is_name(name)) {
        call_fail(call, 400,
                  "a model's name has 1 to %d characters, none of them blank, '/' or ':'",
                  MODEL_NAME_MAX);
    } else {
        outcome = models_add(call->service->models, name, url, &err);
        if (outcome == MODELS_DONE) {
            log_line("model '%s' is loaded from '%s'", name, url);
            call_json(call, json_pack("{s:s, s:s}", "modelName", name, "modelUrl", url));
        } else {
            call_fail(call, status_of_outcome(outcome, &err), "%s", err.text);
        }
    }
    json_decref(document);
}

void answer_models_change(struct call *call)
{
    const struct route *route = &call->route;
    struct error err = {0};
    enum models_outcome outcome;

    if (route->id == ROUTE_MODELS) {
        load_model(call);
        return;
    }
    outcome = models_remove(call->service->models, route->model, route->model_length, &err);
    if (outcome == MODELS_DONE) {
        log_line("model '%.*s' is unloaded", (int)route->model_length, route->model);
        call_json(call, json_object());
    } else {
        call_fail(call, status_of_outcome(outcome, &err), "%s", err.text);
    }
}
