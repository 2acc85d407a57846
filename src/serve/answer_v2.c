/* The Open Inference Protocol: /v2 (docs/serving.md). */
#include "serve/service_internal.h"

static json_t *tensors_json(const struct schema *schema)
{
    json_t *list = json_array();

    for (size_t i = 0; i < schema->count; i++)
        json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:[i]}", "name", schema->column[i].name, "datatype",
                      schema->column[i].kind == SCHEMA_NUMBER ? "FP64" : "BYTES", "shape", -1));
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

void answer_infer(struct call *call, const struct model_set *set)
{
    if (call_model(call, set))
        call_fail(call, 500, "tensors are not read yet");
}
