/* The routes of a sales service; src/sales does the work. */
#include "serve/service_internal.h"

#include <string.h>

enum { SERVICE_POST_KEPT = 256 << 10 /* bytes of memory that a spare post may hold */ };

static void answer_list(struct call *call, enum sales_list which)
{
    call->response->status = 200;
    call->response->media = "application/json";
    sales_service_list(call->service->sales, which, call->out);
}

static void answer_monthly(struct call *call)
{
    const struct serve_request *request = call->request;
    bool remove_outliers, details;

    if (call_switch(call, "remove_outliers", request->remove_outliers, &remove_outliers) &&
        call_switch(call, "details", request->details, &details))
        answer_list(call, SALES_MONTHLY + remove_outliers + 2 * details);
}

/* What a failed store is to a client: it may try again. */
static int status_of_store(const struct error *err)
{
    return err->code == ERR_LIMIT ? status_of_error(err) : 503;
}

/* Memory for a post is kept by its worker: it is large, and needed thousands of times a second. */
static struct sales_post *new_post(struct service_worker *worker)
{
    struct sales_post *post = worker->spare;

    if (!post)
        return sales_post_new();
    worker->spare = post->next;
    worker->spares--;
    return post;
}

static void end_post(struct service_worker *worker, struct sales_post *post)
{
    if (worker->spares == SERVICE_SPARE_POSTS || post->memory.total > SERVICE_POST_KEPT) {
        sales_post_free(post);
        return;
    }
    arena_reset(&post->memory);
    *post = (struct sales_post){.memory = post->memory, .next = worker->spare};
    worker->spare = post;
    worker->spares++;
}

/* The rows are in the store, or are not. */
static void answer_taken(struct call *call, const struct sales_post *post)
{
    if (post->err.code != ERR_NONE) {
        call_fail(call, status_of_store(&post->err), "the rows were not stored: %s",
                  post->err.text);
        return;
    }
    call->rows = post->rows.rows;
    call->response->status = 200;
    call->response->media = "application/json";
    sales_rows_answer(&post->rows, call->out);
}

static void take_post(struct call *call)
{
    const struct serve_request *request = call->request;
    struct sales_post *post = new_post(call->worker);
    struct error err = {0};

    if (!sales_rows_parse(&post->rows, call->body, call->size, &post->memory, &err)) {
        call_fail(call, status_of_error(&err), "%s", err.text);
    } else if (post->rows.rows == 0) {
        answer_taken(call, post);
    } else {
        sales_post_stamp(post, request->arrived, call->response->id);
        if (request->hold) {
            post->done = request->wake;
            post->context = request->context;
            call->response->post = post;
            request->hold(request->context);
            sales_service_submit(call->service->sales, post);
            return;
        }
        sales_service_take(call->service->sales, post);
        answer_taken(call, post);
    }
    end_post(call->worker, post);
}

static void answer_post(struct call *call)
{
    struct sales_post *post = call->request->post;

    if (!post) {
        take_post(call);
        return;
    }
    answer_taken(call, post);
    end_post(call->worker, post);
}

static void answer_init(struct call *call)
{
    struct sales_post *post = sales_post_new();

    post->empties = true;
    if (sales_service_take(call->service->sales, post)) {
        call->response->status = 200;
        call->response->media = "application/json";
        text_add(call->out, "{\"status\": \"empty\"}\n", 20);
    } else {
        call_fail(call, status_of_store(&post->err), "the store was not emptied: %s",
                  post->err.text);
    }
    sales_post_free(post);
}

void answer_sales(struct call *call)
{
    switch (call->route.id) {
    case ROUTE_POST_SALES:
        answer_post(call);
        break;
    case ROUTE_RAW_SALES:
        answer_list(call, SALES_RAW);
        break;
    case ROUTE_MONTHLY_SALES:
        answer_monthly(call);
        break;
    case ROUTE_UNRECOGNISED:
        answer_list(call, SALES_UNRECOGNISED);
        break;
    case ROUTE_INIT_DATABASE:
        answer_init(call);
        break;
    default:
        BUG("a route that is not of sales");
    }
}

void answer_sales_health(struct call *call)
{
    struct error err;

    if (sales_service_healthy(call->service->sales, &err))
        call_json(call, json_pack("{s:s, s:s}", "status", "Healthy", "service", "sales"));
    else
        call_fail(call, 503, "%s", err.text);
}
