/* What is said about the server: /execution-parameters, /metrics. */
#include "serve/service_internal.h"

#include <string.h>

void answer_execution_parameters(struct call *call)
{
    const struct service_options *options = &call->service->options;
    const size_t mib = options->body_max >> 20;

    call_json(call,
              json_pack("{s:I, s:s, s:I}", "MaxConcurrentTransforms",
                        (json_int_t)(options->concurrent ? options->concurrent : options->workers),
                        "BatchStrategy", options->single_record ? "SINGLE_RECORD" : "MULTI_RECORD",
                        "MaxPayloadInMB", (json_int_t)(mib ? mib : 1)));
}

void answer_metrics(struct call *call, const struct model_set *set)
{
    const struct service *service = call->service;
    const char *accept = call->request->header.accept;
    struct arena *scratch = &call->worker->scratch;
    const size_t workers = service->options.workers, all = workers + SERVICE_HELPERS;
    const struct metrics **worker = ARENA_NEW(scratch, const struct metrics *, all);
    struct metrics_model *model = ARENA_NEW(scratch, struct metrics_model, set->count);

    for (size_t i = 0; i < all; i++)
        worker[i] = &service->worker[i].metrics;
    for (size_t i = 0; i < set->count; i++)
        model[i] = (struct metrics_model){set->model[i]->name, set->model[i]->version,
                                          set->model[i]->metrics};
    const struct metrics_view view = {
        .worker = worker,
        .workers = all,
        .model = model,
        .models = set->count,
        .model_workers = workers,
        .openmetrics = accept && strstr(accept, "application/openmetrics-text"),
    };
    metrics_write(call->out, &view);
    call->response->status = 200;
    call->response->media = view.openmetrics
                                ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                : "text/plain; version=0.0.4; charset=utf-8";
}
