/*
 * route — which answer a path asks for.
 *
 * Every route has a name for metrics, the methods it takes and, where its path holds them, the name
 * and the version of a model. Paths are compared byte for byte after percent-decoding; a trailing
 * slash is another path, but for those of sales, which have it or not.
 */
#ifndef QUERN_SERVE_ROUTE_H
#define QUERN_SERVE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

/* Bits: a route takes a set of them. HEAD is answered as GET is, without the body. */
enum route_method { METHOD_GET = 1, METHOD_HEAD = 2, METHOD_POST = 4, METHOD_DELETE = 8 };
enum { METHOD_READ = METHOD_GET | METHOD_HEAD, METHOD_OTHER = 0 };

#define ROUTES(X)                                                                                  \
    /* route, label of metrics, methods */                                                         \
    X(PING, "/ping", METHOD_READ)                                                                  \
    X(HEALTH, "/health", METHOD_READ)                                                              \
    X(VERSION, "/version", METHOD_READ)                                                            \
    X(METRICS, "/metrics", METHOD_READ)                                                            \
    X(INVOCATIONS, "/invocations", METHOD_POST)                                                    \
    X(EXECUTION_PARAMETERS, "/execution-parameters", METHOD_READ)                                  \
    X(MODELS, "/models", METHOD_READ | METHOD_POST)                                                \
    X(MODEL, "/models/{model}", METHOD_READ | METHOD_DELETE)                                       \
    X(MODEL_INVOKE, "/models/{model}/invoke", METHOD_POST)                                         \
    X(V1_MODELS, "/v1/models", METHOD_READ)                                                        \
    X(V1_MODEL, "/v1/models/{model}", METHOD_READ)                                                 \
    X(V1_PREDICT, "/v1/models/{model}:predict", METHOD_POST)                                       \
    X(V2, "/v2", METHOD_READ)                                                                      \
    X(V2_LIVE, "/v2/health/live", METHOD_READ)                                                     \
    X(V2_READY, "/v2/health/ready", METHOD_READ)                                                   \
    X(V2_MODEL, "/v2/models/{model}", METHOD_READ)                                                 \
    X(V2_MODEL_READY, "/v2/models/{model}/ready", METHOD_READ)                                     \
    X(V2_INFER, "/v2/models/{model}/infer", METHOD_POST)                                           \
    X(POST_SALES, "/post_sales", METHOD_POST)                                                      \
    X(RAW_SALES, "/get_raw_sales", METHOD_READ)                                                    \
    X(MONTHLY_SALES, "/get_monthly_sales", METHOD_READ)                                            \
    X(UNRECOGNISED, "/get_unrecognised", METHOD_READ)                                              \
    X(INIT_DATABASE, "/init_database", METHOD_GET | METHOD_POST)                                   \
    X(UNKNOWN, "unknown", METHOD_READ | METHOD_POST | METHOD_DELETE)

enum route_id {
#define X(name, label, methods) ROUTE_##name,
    ROUTES(X)
#undef X
        ROUTE_COUNT
};

/* What a path holds; the slices point into it. */
struct route {
    enum route_id id;
    const char *model, *version; /* NULL: not in the path */
    size_t model_length, version_length;
};

/* ROUTE_UNKNOWN when there is no such path. */
struct route route_find(const char *path);
const char *route_label(enum route_id id);
unsigned route_methods(enum route_id id);
/* "GET, HEAD, POST": for the header Allow. */
const char *route_allow(enum route_id id);
/* Those of a sales service. */
bool route_is_sales(enum route_id id);
/* Routes of the Open Inference Protocol, whose errors have a shape of their own. */
bool route_is_v2(enum route_id id);

enum route_method route_method_of(const char *name);
const char *route_method_name(enum route_method method);

#endif
