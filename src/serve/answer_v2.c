/* The Open Inference Protocol: /v2 (docs/serving.md). */
#include "base/clock.h"
#include "serve/service_internal.h"
#include "wire/v2.h"

#include <string.h>

static json_t *tensors_json(const struct schema *schema)
{
    json_t *list = json_array();

    for (size_t i = 0; i < schema->count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:[i]}", "name", schema->column[i].name,
                                              "datatype", v2_datatype(schema->column[i].kind),
                                              "shape", -1));
    return list;
}

static json_t *model_metadata(const struct served_model *model)
{
    return json_pack("{s:s, s:[s], s:s, s:o, s:o}", "name", model->name, "versions", model->version,
                     "platform", "quern_bundle", "inputs",
                     tensors_json(bundle_input(model->bundle)), "outputs",
                     tensors_json(bundle_output(model->bundle)));
}

void answer_v2_read(struct call *call, const struct model_set *set)
{
    const struct served_model *model;

    switch (call->route.id) {
    case ROUTE_V2:
        call_json(call, json_pack("{s:s, s:s, s:[s]}", "name", "quern", "version", QUERN_VERSION,
                                  "extensions", "binary_tensor_data"));
        return;
    case ROUTE_V2_LIVE:
    case ROUTE_V2_READY:
        if (call->route.id == ROUTE_V2_READY && set->count == 0)
            call_fail(call, 503, "no model is loaded");
        else
            call_json(call, json_pack("{s:b, s:b}", "live", 1, "ready", set->count > 0));
        return;
    default:
        break;
    }
    model = call_model(call, set);
    if (!model)
        return;
    call_json(call, call->route.id == ROUTE_V2_MODEL
                        ? model_metadata(model)
                        : json_pack("{s:s, s:b}", "name", model->name, "ready", 1));
}

/* Inference-Header-Content-Length: where the JSON ends and binary tensors begin. */
static bool read_json_size(struct call *call, size_t *json_size)
{
    const char *text = call->request->header.inference_header_length;
    int64_t value = V2_JSON_ALL;

    *json_size = V2_JSON_ALL;
    if (!text)
        return true;
    if (!text_to_int64(text, strlen(text), &value) || value < 0 || (size_t)value > call->size) {
        call_fail(call, 400,
                  "Inference-Header-Content-Length '%.40s' is not a size within the body of %zu "
                  "bytes",
                  text, call->size);
        return false;
    }
    *json_size = (size_t)value;
    return true;
}

void answer_infer(struct call *call, const struct model_set *set)
{
    const struct served_model *model = call_model(call, set);
    const struct wire_limits limits = {.rows = call->service->options.rows_max,
                                       .depth = SERVICE_JSON_DEPTH};
    struct v2_request request = {0};
    struct arena *scratch = &call->worker->scratch;
    struct error err = {0};
    struct frame answer;
    size_t json_size;

    if (!model)
        return;
    call->model = model->name;
    call->version = model->version;
    if (!read_json_size(call, &json_size))
        return;
    const double started = clock_seconds();
    if (!v2_decode(&request, bundle_input(model->bundle), bundle_output(model->bundle), call->body,
                   call->size, json_size, &limits, scratch, &err)) {
        call_fail(call, status_of_error(&err), "%s", err.text);
        return;
    }
    if (request.rows.errors.count < request.rows.frame.rows)
        bundle_apply(model->bundle, &request.rows.frame, &answer, &request.rows.errors, scratch);
    call_scored(call, model, &request.rows, started);
    if (request.rows.errors.first) {
        call_fail_at_row(call, &request.rows.errors);
        return;
    }
    if (!v2_encode(call->out, &json_size, &request, model->name, model->version, &answer,
                   &request.rows.errors, &err)) {
        call_fail(call, status_of_error(&err), "%s", err.text);
        return;
    }
    call->response->status = 200;
    call->response->inference_header = json_size;
    call->response->media =
        json_size == V2_JSON_ALL ? "application/json" : "application/octet-stream";
}
