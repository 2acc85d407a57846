#include "base/clock.h"
#include "serve/compress.h"
#include "serve/service_internal.h"

#include <string.h>
#include <strings.h>

/* The caller's id, SageMaker's first, since it passes no other header on; else one of our own. */
static void name_request(struct call *call)
{
    const struct serve_headers *header = &call->request->header;
    struct serve_response *response = call->response;
    uint32_t bits[4];

    response->id_was_inference = request_id_valid(header->inference_id);
    if (response->id_was_inference) {
        response->id = header->inference_id;
    } else if (request_id_valid(header->request_id)) {
        response->id = header->request_id;
    } else if (call->request->post) { /* it was named when it was queued */
        const char *id = call->request->post->rows.row[0].request;
        response->id = arena_string(&call->worker->scratch, id, strlen(id));
    } else {
        for (size_t i = 0; i < 4; i++)
            bits[i] = rng_u32(&call->worker->rng);
        request_id_make(call->worker->id, bits);
        response->id = call->worker->id;
    }
}

static bool is_visible(const char *text, size_t limit)
{
    size_t length = 0;

    while (length <= limit && text[length] >= ' ' && text[length] <= '~')
        length++;
    return length > 0 && length <= limit && text[length] == '\0';
}

/* Time taken does not tell how much of the token was right. */
static bool is_token(const char *given, const char *token)
{
    const size_t length = strlen(token), given_length = strnlen(given, SERVICE_TOKEN_MAX + 1);
    unsigned different = given_length != length;

    for (size_t i = 0; i < length; i++)
        different |=
            (unsigned char)token[i] ^ (unsigned char)given[given_length ? i % given_length : 0];
    return different == 0;
}

/* Changes of models need the token; forgetting all sales needs it where there is one. */
static bool may_change(struct call *call)
{
    const struct service *service = call->service;
    const char *given = call->request->header.authorization;

    if (!service->token && call->route.id == ROUTE_INIT_DATABASE)
        return true;
    if (!service->token) {
        if (!service->options.open_changes)
            call_fail(call, 403, "models can be changed only when the server has a token");
        return service->options.open_changes;
    }
    if (given && strncasecmp(given, "Bearer ", 7) == 0) {
        given += 7 + strspn(given + 7, " ");
        if (is_token(given, service->token))
            return true;
    }
    call->response->authenticate = true;
    call_fail(call, 401,
              given ? "the token is not the right one"
                    : "this needs the header 'Authorization: Bearer TOKEN'");
    return false;
}

static bool check_charset(struct call *call)
{
    size_t length = 0;
    const char *charset = wire_foreign_charset(call->request->header.content_type, &length);

    if (charset)
        call_fail(call, 415, "the charset '%.*s' is not read; send UTF-8",
                  length < 60 ? (int)length : 60, charset);
    return !charset;
}

/* What can be said before the body is looked at. */
static bool check_request(struct call *call)
{
    const struct serve_request *request = call->request;
    const bool needs_body = call->method == METHOD_POST && call->route.id != ROUTE_INIT_DATABASE;

    if (request->refused) {
        call_fail(call, 400, "%s", request->refused);
        return false;
    }
    if (call->route.id == ROUTE_UNKNOWN) {
        call_fail(call, 404, "there is nothing at '%.200s'", request->path);
        return false;
    }
    if (!(route_methods(call->route.id) & call->method)) {
        call->response->allow = route_allow(call->route.id);
        call_fail(call, 405, "%.20s is not a method of '%s'; use %s", request->method,
                  route_label(call->route.id), call->response->allow);
        return false;
    }
    if (call->route.id == ROUTE_INIT_DATABASE && !may_change(call))
        return false;
    if ((call->route.id == ROUTE_MODELS || call->route.id == ROUTE_MODEL) &&
        !(call->method & METHOD_READ) && !may_change(call))
        return false;
    if (request->body_over) {
        call_fail(call, 413, "the body is over the limit of %zu bytes",
                  call->service->options.body_max);
        return false;
    }
    if (needs_body && request->size == 0 && !request->header.content_length &&
        !request->header.transfer_encoding) {
        call_fail(call, 411, "the request has no Content-Length and no body");
        return false;
    }
    if (needs_body && request->size == 0) {
        call_fail(call, 400, "the body is empty");
        return false;
    }
    return !needs_body || check_charset(call);
}

bool call_switch(struct call *call, const char *name, const char *text, bool *on)
{
    *on = false;
    if (!text || text_to_bool(text, strlen(text), on))
        return true;
    call_fail(call, 400, "'%s' must be true or false, not '%.60s'", name, text);
    return false;
}

static bool unpack_body(struct call *call)
{
    enum coding coding;
    struct error err = {0};

    call->body = call->request->body ? call->request->body : "";
    call->size = call->request->size;
    if (!coding_of(call->request->header.content_encoding, &coding)) {
        call_fail(call, 415, "the content encoding '%.100s' is not gzip, deflate or identity",
                  call->request->header.content_encoding);
        return false;
    }
    if (coding == CODING_PLAIN)
        return true;
    if (!coding_unpack(coding, call->body, call->size, call->service->options.body_max, &call->body,
                       &call->size, &call->worker->scratch, &err)) {
        call_fail(call, status_of_error(&err), "%s", err.text);
        return false;
    }
    if (call->size == 0)
        call_fail(call, 400, "the body is empty");
    return call->size > 0;
}

/* Routes that read models. */
static void answer_read(struct call *call, const struct model_set *set)
{
    switch (call->route.id) {
    case ROUTE_INVOCATIONS:
    case ROUTE_MODEL_INVOKE:
    case ROUTE_V1_PREDICT:
        answer_invocations(call, set);
        break;
    case ROUTE_V2_INFER:
        answer_infer(call, set);
        break;
    case ROUTE_METRICS:
        answer_metrics(call, set);
        break;
    case ROUTE_MODELS:
    case ROUTE_MODEL:
    case ROUTE_V1_MODELS:
    case ROUTE_V1_MODEL:
    case ROUTE_HEALTH:
        answer_models_read(call, set);
        break;
    default:
        answer_v2_read(call, set);
    }
}

/* Routes that need no models, or change them; false: it is one of the others. */
static bool answer_other(struct call *call)
{
    switch (call->route.id) {
    case ROUTE_PING:
        call->response->status = 200;
        return true;
    case ROUTE_VERSION:
        call->response->status = 200;
        call->response->media = "text/plain; charset=utf-8";
        text_add(call->out, QUERN_VERSION "\n", sizeof QUERN_VERSION);
        return true;
    case ROUTE_HEALTH:
        if (call->service->sales)
            answer_sales_health(call);
        return call->service->sales != NULL;
    case ROUTE_EXECUTION_PARAMETERS:
        answer_execution_parameters(call);
        return true;
    case ROUTE_MODELS:
    case ROUTE_MODEL:
        if (call->method & METHOD_READ)
            return false;
        answer_models_change(call);
        return true;
    default:
        if (route_is_sales(call->route.id))
            answer_sales(call);
        return route_is_sales(call->route.id);
    }
}

static void pack_answer(struct call *call)
{
    const enum coding coding = coding_accepted(call->request->header.accept_encoding);
    struct text *packed = &call->worker->packed;

    if (coding == CODING_PLAIN)
        return;
    packed->length = 0;
    if (!coding_pack(coding, call->out->bytes, call->out->length, packed))
        return;
    const struct text plain = *call->out;
    *call->out = *packed;
    *packed = plain;
    call->response->encoding = coding_name(coding);
}

static void count_and_log(struct call *call, const struct table_string *plain)
{
    const struct serve_request *request = call->request;
    const double took = clock_seconds() - request->started;
    const uint64_t latency = took > 0 ? (uint64_t)(took * 1e6) : 0;

    metrics_count(&call->worker->metrics, call->route.id, call->method, call->response->status,
                  latency);
    if (!call->service->options.log)
        return;
    const struct request_record record = {
        .time = request->arrived,
        .latency_us = latency,
        .id = call->response->id,
        .method = request->method,
        .path = request->path,
        .model = call->model,
        .version = call->version,
        .content_type = request->header.content_type,
        .accept = request->header.accept,
        .error = call->error,
        .status = call->response->status,
        .rows = call->rows,
        .request = {call->body, call->size},
        .response = *plain,
    };
    request_log_write(call->service->log, &record);
}

static struct call begin(struct service *service, size_t worker,
                         const struct serve_request *request, struct text *out,
                         struct serve_response *response)
{
    struct call call = {
        .service = service,
        .worker = &service->worker[worker],
        .worker_index = worker,
        .request = request,
        .response = response,
        .out = out,
        .route = route_find(request->path),
        .method = route_method_of(request->method),
    };

    if (route_is_sales(call.route.id) && !service->sales)
        call.route.id = ROUTE_UNKNOWN;

    out->length = 0;
    *response = (struct serve_response){.status = 500};
    if (call.worker->scratch.total > SERVICE_SCRATCH_KEPT)
        arena_clear(&call.worker->scratch);
    else
        arena_reset(&call.worker->scratch);
    if (call.worker->packed.room > SERVICE_SCRATCH_KEPT)
        text_clear(&call.worker->packed);
    name_request(&call);
    if (request->header.custom_attributes &&
        is_visible(request->header.custom_attributes, SERVICE_ATTRIBUTES_MAX))
        response->attributes = request->header.custom_attributes;
    return call;
}

void serve_answer(struct service *service, size_t worker, const struct serve_request *request,
                  struct text *out, struct serve_response *response)
{
    struct call call = begin(service, worker, request, out, response);
    struct table_string plain;
    bool inside = false;

    if (check_request(&call) && unpack_body(&call) && !answer_other(&call)) {
        inside = true;
        answer_read(&call, models_enter(service->models, worker));
    }
    if (response->post) /* it is answered when it is in the store */
        return;
    plain = (struct table_string){out->bytes, out->length};
    if (out->length >= SERVICE_COMPRESS_MIN && request->header.accept_encoding)
        pack_answer(&call);
    response->body = out->bytes;
    response->size = out->length;
    count_and_log(&call, &plain);
    if (inside) /* the log names the model, so it lives until here */
        models_leave(service->models, worker);
}

void serve_give_up(struct service *service, size_t worker, const struct serve_request *request,
                   int status, const char *sentence)
{
    struct text out = {0};
    struct serve_response response;
    struct call call = begin(service, worker, request, &out, &response);

    call.response->status = status;
    call.error = sentence;
    count_and_log(&call, &(struct table_string){NULL, 0});
    text_clear(&out);
}
