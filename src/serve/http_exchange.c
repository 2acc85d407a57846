/* One request after another on a connection, in the event loop of its worker. */
#include "base/arena.h"
#include "base/clock.h"
#include "serve/http_internal.h"

#include <string.h>
#include <strings.h>

enum { KEPT_BYTES = 1 << 20 /* of a body or an answer, between requests */ };

/* A body over the limit is read and dropped up to this size, so that its client sees the answer. */
static const size_t dropped_max = (size_t)64 << 20;

static void keep_or_clear(struct text *text)
{
    if (text->room > KEPT_BYTES)
        text_clear(text);
    text->length = 0;
}

/* A post of sales waits for the store, and its connection with it. */
static void hold_exchange(void *context)
{
    const struct exchange *exchange = context;

    exchange->connection->worker->http->api->suspend_connection(exchange->handle);
}

/* From the store's thread; the event loop steps on. */
static void wake_exchange(void *context)
{
    struct exchange *exchange = context;
    const struct http_worker *worker = exchange->connection->worker;
    struct MHD_Connection *handle = exchange->handle;

    atomic_store_explicit(&exchange->stored, true, memory_order_release);
    http_loop_resume(worker, handle);
}

void *http_exchange_begin(void *context, const char *uri, struct MHD_Connection *handle)
{
    struct http_worker *worker = context;
    const union MHD_ConnectionInfo *info =
        worker->http->api->get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct exchange *exchange = worker->free;

    if (exchange)
        worker->free = exchange->next;
    else
        exchange = memory_take_zeroed(1, sizeof *exchange);
    exchange->connection = info->socket_context;
    exchange->begun = exchange->done = false;
    atomic_store_explicit(&exchange->answered, false, memory_order_relaxed);
    atomic_store_explicit(&exchange->stored, false, memory_order_relaxed);
    exchange->request = (struct serve_request){.arrived = clock_now(),
                                               .started = clock_seconds(),
                                               .path = uri,
                                               .hold = hold_exchange,
                                               .wake = wake_exchange,
                                               .context = exchange};
    atomic_store_explicit(&exchange->connection->since, exchange->request.started,
                          memory_order_relaxed);
    int waiting = PHASE_WAITING; /* unless it has just been ended for waiting too long */
    atomic_compare_exchange_strong(&exchange->connection->phase, &waiting, PHASE_READING);
    counter_add(&worker->metrics->started, 1);
    worker->begun++;
    return exchange;
}

/* The client closed its side in the middle of a request; it may still be there to read. */
static void tell_if_cut(struct http_worker *worker, const struct exchange *exchange)
{
    int reading = PHASE_READING;

    if (atomic_compare_exchange_strong(&exchange->connection->phase, &reading, PHASE_ENDED))
        http_give_up(worker->http, worker->index, exchange->connection,
                     &(struct give_up){400, http_cut_sentence, exchange->request.started});
}

void http_exchange_end(void *context, struct MHD_Connection *handle, void **state,
                       enum MHD_RequestTerminationCode why)
{
    struct http_worker *worker = context;
    struct exchange *exchange = *state;

    if (!exchange)
        return;
    *state = NULL;
    counter_add(&worker->metrics->finished, 1);
    int answering = PHASE_ANSWERING;
    if (why != MHD_REQUEST_TERMINATED_COMPLETED_OK && why != MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN)
        tell_if_cut(worker, exchange);
    atomic_store_explicit(&exchange->connection->since, clock_seconds(), memory_order_relaxed);
    atomic_compare_exchange_strong(&exchange->connection->phase, &answering, PHASE_WAITING);
    sales_post_free(exchange->response.post); /* its client has left */
    exchange->response.post = NULL;
    keep_or_clear(&exchange->body);
    keep_or_clear(&exchange->answer);
    exchange->next = worker->free;
    worker->free = exchange;
}

void http_exchange_forget(struct http_worker *worker)
{
    while (worker->free) {
        struct exchange *exchange = worker->free;
        worker->free = exchange->next;
        text_clear(&exchange->body);
        text_clear(&exchange->answer);
        free(exchange);
    }
}

/*
 * Where a body ends must have one answer only: a proxy in front that finds another one would see
 * the rest of a body as a request of its own (RFC 9112, 6.3 and 11.2).
 */
static void check_framing(struct serve_request *request, const char *name, size_t length,
                          const char *value)
{
    const struct serve_headers *header = &request->header;

    if (length == sizeof "Content-Length" - 1 && strcasecmp(name, "Content-Length") == 0 &&
        strcmp(value, header->content_length) != 0)
        request->refused = "the request has two lengths";
    if (length == sizeof "Transfer-Encoding" - 1 && strcasecmp(name, "Transfer-Encoding") == 0 &&
        (value != header->transfer_encoding || strcasecmp(value, "chunked") != 0))
        request->refused = "the only transfer encoding is chunked, once";
    if (header->content_length && header->transfer_encoding)
        request->refused = "the request has both Content-Length and Transfer-Encoding";
}

/* One pass over the headers; the first of a name counts. */
static enum MHD_Result note_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    static const struct {
        const char *name;
        size_t length, offset;
    } known[] = {
#define HEADER(text, member) {text, sizeof text - 1, offsetof(struct serve_headers, member)}
        HEADER("Content-Type", content_type),
        HEADER("Content-Length", content_length),
        HEADER("Accept", accept),
        HEADER("Accept-Encoding", accept_encoding),
        HEADER("Content-Encoding", content_encoding),
        HEADER("Transfer-Encoding", transfer_encoding),
        HEADER("Authorization", authorization),
        HEADER("Expect", expect),
        HEADER("X-Request-Id", request_id),
        HEADER("X-Amzn-SageMaker-Inference-Id", inference_id),
        HEADER("X-Amzn-SageMaker-Custom-Attributes", custom_attributes),
        HEADER("Inference-Header-Content-Length", inference_header_length),
#undef HEADER
    };
    struct serve_request *request = context;
    struct serve_headers *headers = &request->header;
    const size_t length = strlen(name);

    for (size_t i = 0; value && i < sizeof known / sizeof *known; i++) {
        const char **member = (const char **)(void *)((char *)headers + known[i].offset);
        if (length == known[i].length && !*member && strcasecmp(name, known[i].name) == 0)
            *member = value;
    }
    if (value)
        check_framing(request, name, length, value);
    return MHD_YES;
}

static bool add_header(const struct microhttpd_api *api, struct MHD_Response *response,
                       const char *name, const char *value)
{
    return !value || api->add_response_header(response, name, value) == MHD_YES;
}

static bool add_headers(const struct http_worker *worker, struct MHD_Response *response,
                        const struct serve_response *answer)
{
    const struct microhttpd_api *api = worker->http->api;
    char size[32];
    bool ok;

    snprintf(size, sizeof size, "%zu", answer->inference_header);
    ok = add_header(api, response, "Content-Type", answer->media) &&
         add_header(api, response, "X-Request-Id", answer->id) &&
         add_header(api, response, "Content-Encoding", answer->encoding) &&
         add_header(api, response, "Allow", answer->allow) &&
         add_header(api, response, "X-Amzn-SageMaker-Custom-Attributes", answer->attributes) &&
         add_header(api, response, "WWW-Authenticate", answer->authenticate ? "Bearer" : NULL) &&
         add_header(api, response, "X-Amzn-SageMaker-Inference-Id",
                    answer->id_was_inference ? answer->id : NULL) &&
         add_header(api, response, "Inference-Header-Content-Length",
                    answer->inference_header ? size : NULL);
    if (ok && atomic_load_explicit(&worker->http->draining, memory_order_relaxed))
        ok = add_header(api, response, "Connection", "close");
    return ok;
}

static enum MHD_Result send_answer(struct http_worker *worker, struct MHD_Connection *handle,
                                   struct exchange *exchange)
{
    const struct microhttpd_api *api = worker->http->api;
    const struct serve_response *answer = &exchange->response;
    struct MHD_Response *response;
    enum MHD_Result queued = MHD_NO;

    exchange->done = true;
    atomic_store_explicit(&exchange->connection->since, clock_seconds(), memory_order_relaxed);
    response = api->create_response_from_buffer(answer->size, (void *)(uintptr_t)answer->body,
                                                MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    if (add_headers(worker, response, answer))
        queued = api->queue_response(handle, (unsigned)answer->status, response);
    api->destroy_response(response);
    return queued;
}

/* The request is whole, or nothing more of it is wanted. */
static enum MHD_Result answer_request(struct http_worker *worker, struct MHD_Connection *handle,
                                      struct exchange *exchange)
{
    struct serve_request *request = &exchange->request;
    int reading = PHASE_READING;

    atomic_store_explicit(&exchange->connection->since, clock_seconds(), memory_order_relaxed);
    if (!atomic_compare_exchange_strong(&exchange->connection->phase, &reading, PHASE_ANSWERING))
        return MHD_NO; /* it was too slow and has been told so */
    request->body = exchange->body.bytes;
    request->size = exchange->body.length;
    exchange->handle = handle;
    if (service_is_change(request->method, request->path) &&
        http_changer_take(worker->http->changer, exchange))
        return MHD_YES;
    serve_answer(worker->http->service, worker->index, request, &exchange->answer,
                 &exchange->response);
    return exchange->response.post ? MHD_YES : send_answer(worker, handle, exchange);
}

/* Once more, with what became of the post. */
static enum MHD_Result answer_stored(struct http_worker *worker, struct MHD_Connection *handle,
                                     struct exchange *exchange)
{
    exchange->request.post = exchange->response.post;
    exchange->response.post = NULL;
    serve_answer(worker->http->service, worker->index, &exchange->request, &exchange->answer,
                 &exchange->response);
    return send_answer(worker, handle, exchange);
}

/* Headers are there: what they say of the body decides whether it is waited for. */
static enum MHD_Result begin_request(struct http_worker *worker, struct MHD_Connection *handle,
                                     struct exchange *exchange, const char *path,
                                     const char *method)
{
    const struct microhttpd_api *api = worker->http->api;
    struct serve_request *request = &exchange->request;
    const size_t limit = service_options(worker->http->service)->body_max;
    int64_t length = 0;

    exchange->begun = true;
    request->path = path;
    request->method = method;
    api->get_connection_values(handle, MHD_HEADER_KIND, note_header, request);
    if (request->refused)
        return answer_request(worker, handle, exchange);
    if (strcmp(path, "/models") == 0)
        request->page_token =
            api->lookup_connection_value(handle, MHD_GET_ARGUMENT_KIND, "next_page_token");
    if (strncmp(path, "/get_monthly_sales", 18) == 0) {
        request->remove_outliers =
            api->lookup_connection_value(handle, MHD_GET_ARGUMENT_KIND, "remove_outliers");
        request->details = api->lookup_connection_value(handle, MHD_GET_ARGUMENT_KIND, "details");
    }
    request->explain = api->lookup_connection_value(handle, MHD_GET_ARGUMENT_KIND, "explain");
    const char *text = request->header.content_length;
    if (!text || !text_to_int64(text, strlen(text), &length) || length <= (int64_t)limit)
        return MHD_YES;
    request->body_over = true;
    /* A client that asks first, or sends without end, is answered before its body comes. */
    if (request->header.expect || length > (int64_t)dropped_max)
        return answer_request(worker, handle, exchange);
    return MHD_YES;
}

enum MHD_Result http_exchange_step(void *context, struct MHD_Connection *handle, const char *path,
                                   const char *method, const char *version, const char *bytes,
                                   size_t *size, void **state)
{
    struct http_worker *worker = context;
    struct exchange *exchange = *state;
    const size_t limit = service_options(worker->http->service)->body_max;

    if (!exchange || exchange->done)
        return MHD_NO;
    if (!exchange->begun)
        return begin_request(worker, handle, exchange, path, method);
    if (atomic_load_explicit(&exchange->answered, memory_order_acquire))
        return send_answer(worker, handle, exchange);
    if (atomic_load_explicit(&exchange->stored, memory_order_acquire))
        return answer_stored(worker, handle, exchange);
    if (exchange->response.post) /* a step while it waits */
        return MHD_YES;
    if (*size == 0)
        return answer_request(worker, handle, exchange);
    if (*size > limit - exchange->body.length)
        exchange->request.body_over = true;
    if (!exchange->request.body_over)
        text_add(&exchange->body, bytes, *size);
    *size = 0;
    return MHD_YES;
}
