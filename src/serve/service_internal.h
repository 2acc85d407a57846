/* service_internal — what the answers of the several routes share. */
#ifndef QUERN_SERVE_SERVICE_INTERNAL_H
#define QUERN_SERVE_SERVICE_INTERNAL_H

#include "serve/route.h"
#include "serve/service.h"
#include "serve/status.h"

/* The watcher and the changer (service.h). */
enum { SERVICE_HELPERS = 2, SERVICE_SPARE_POSTS = 256 };

struct service_worker {
    struct arena scratch;
    struct rng rng;
    struct metrics metrics;
    char id[REQUEST_ID_MADE + 1];
    struct sales_post *spare; /* posts to use again, at most SERVICE_SPARE_POSTS */
    size_t spares;
    struct text packed; /* a compressed answer before it takes the place of the plain one */
};

struct service {
    struct service_options options;
    struct models *models;
    struct request_log *log;
    struct sales_service *sales;   /* or NULL */
    struct service_worker *worker; /* [workers + SERVICE_HELPERS] */
    char *token, *accept;
    double opened; /* clock_seconds() */
};

/* One request on its way. */
struct call {
    struct service *service;
    struct service_worker *worker;
    size_t worker_index;
    const struct serve_request *request;
    struct serve_response *response;
    struct text *out;
    struct route route;
    enum route_method method;
    const char *body; /* unpacked */
    size_t size;
    /* For the log. */
    const char *model, *version, *error;
    size_t rows;
};

/* Answers of the routes: status, media and text of `out` are left in the response. */
void answer_invocations(struct call *call, const struct model_set *set);
void answer_infer(struct call *call, const struct model_set *set);
void answer_v2_read(struct call *call, const struct model_set *set);
void answer_models_read(struct call *call, const struct model_set *set);
void answer_execution_parameters(struct call *call);
void answer_sales(struct call *call);
void answer_sales_health(struct call *call);
void answer_metrics(struct call *call, const struct model_set *set);
/* The only ones that run outside of models_enter() and models_leave(). */
void answer_models_change(struct call *call);

/* The model a path names, or the default; fails the call with 404 or 503 and gives NULL. */
const struct served_model *call_model(struct call *call, const struct model_set *set);

/* A fault in a request: one sentence, and the row (from 1) and column where it has them. */
struct fault {
    const char *text;
    const char *column; /* or NULL */
    size_t row;
    bool has_row;
};

/* Make the answer a JSON error. */
void call_fail(struct call *call, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void call_fail_at(struct call *call, int status, const struct fault *fault);

/* The same for the first row at fault. */
void call_fail_at_row(struct call *call, const struct row_errors *errors);
/* A switch of the query; false after the call has failed. */
bool call_switch(struct call *call, const char *name, const char *text, bool *on);

/* Count rows that were scored since `started`. */
void call_scored(struct call *call, const struct served_model *model, const struct wire_rows *rows,
                 double started);

/* Make the answer this document; takes the reference. */
void call_json(struct call *call, json_t *document);

#endif
