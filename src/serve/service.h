/*
 * service — from a request to an answer, without sockets: what a server answers is a function of
 * the request, the models and the options. http.c brings requests from libmicrohttpd, tests and the
 * fuzzer bring them from memory.
 *
 * A worker is one thread's own: scratch memory, counters, random numbers. serve_answer() never
 * fails: every failure is an answer with a status and a sentence.
 */
#ifndef QUERN_SERVE_SERVICE_H
#define QUERN_SERVE_SERVICE_H

#include "base/arena.h"
#include "base/rng.h"
#include "base/text.h"
#include "monitor/request_log.h"
#include "sales/service.h"
#include "serve/metrics.h"
#include "serve/models.h"
#include "serve/request_id.h"
#include "wire/wire.h"

enum {
    SERVICE_JSON_DEPTH = 64,        /* of nested JSON in a body */
    SERVICE_TOKEN_MAX = 4096,       /* bytes of a bearer token */
    SERVICE_ATTRIBUTES_MAX = 1024,  /* of X-Amzn-SageMaker-Custom-Attributes */
    SERVICE_COMPRESS_MIN = 2048,    /* bytes of an answer worth compressing */
    SERVICE_SCRATCH_KEPT = 8 << 20, /* scratch memory a worker keeps between requests */
    SERVICE_PAGE_MAX = 100,         /* models on one page of the list */
};

struct service_options {
    size_t workers;
    size_t body_max, rows_max;
    const char *token;  /* of changes; NULL: `open_changes` decides */
    bool open_changes;  /* without a token, anybody may change models */
    const char *accept; /* what to answer in when a request has no Accept; NULL: as it asked */
    const char *registry;
    size_t concurrent;  /* of /execution-parameters; 0: the workers */
    bool single_record; /* " */
    const char *log;    /* file, "-" for stderr, NULL for none */
    bool log_payloads;
    const char *sales; /* store of a sales service, or NULL: none */
};

/* The headers that mean something here; NULL where absent. */
struct serve_headers {
    const char *content_type, *accept, *content_encoding, *accept_encoding, *authorization;
    const char *inference_id, *request_id, *custom_attributes;
    const char *inference_header_length;
    const char *content_length, *transfer_encoding, *expect;
};

struct serve_request {
    const char *method, *path;
    const char *page_token; /* the query's next_page_token, or NULL */
    struct serve_headers header;
    const char *body;
    size_t size;
    int64_t arrived;     /* microseconds UTC */
    double started;      /* clock_seconds() */
    bool body_over;      /* the body was over the limit and was passed over */
    const char *refused; /* why the request is not even looked at (400), or NULL */
    const char *remove_outliers, *details, *explain; /* of the query, or NULL */
    /*
     * Where a post of sales need not be waited for: hold(context) is called before it is queued,
     * the answer is none yet, and wake(context) says from another thread that it is done. Then the
     * same request is answered again with `post`. NULL: serve_answer() waits itself.
     */
    void (*hold)(void *context), (*wake)(void *context);
    void *context;
    struct sales_post *post;
};

/* The texts live until the next request of the same worker, but for `out`, which is the caller's.
 */
struct serve_response {
    int status;
    const char *media; /* NULL: no body */
    const char *body;
    size_t size;
    const char *encoding;    /* Content-Encoding, or NULL */
    const char *allow;       /* of a 405 */
    bool authenticate;       /* of a 401 */
    size_t inference_header; /* Inference-Header-Content-Length; 0: none */
    const char *id;          /* of the request */
    const char *attributes;  /* to send back, or NULL */
    bool id_was_inference;   /* send the id under SageMaker's name too */
    struct sales_post *post; /* queued: this is no answer yet */
};

struct service;

MUST_CHECK bool service_open(struct service **service, const struct service_options *options,
                             struct error *err);
/* No worker may be answering. */
void service_close(struct service *service);
struct models *service_models(struct service *service);
/*
 * Beside the workers of the options there are two, which score nothing: one counts requests that
 * are given up, one changes models, which may take long.
 */
static inline size_t service_watcher(const struct service_options *options)
{
    return options->workers;
}
static inline size_t service_changer(const struct service_options *options)
{
    return options->workers + 1;
}
/* Whether only the changer may answer a request. */
bool service_is_change(const char *method, const char *path);

/* The sales service, or NULL. */
struct sales_service *service_sales(struct service *service);

/* Counters of a worker. */
struct metrics *service_metrics(struct service *service, size_t worker);
const struct service_options *service_options(const struct service *service);

/*
 * Answer; the body of the answer is made in `out`, which the caller keeps until it is sent. Counts
 * and logs the request. Called by one thread at a time for each worker.
 */
void serve_answer(struct service *service, size_t worker, const struct serve_request *request,
                  struct text *out, struct serve_response *response);

/* Count and log a request that was given up before it could be answered, such as a slow one. */
void serve_give_up(struct service *service, size_t worker, const struct serve_request *request,
                   int status, const char *sentence);

#endif
