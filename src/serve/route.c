#include "serve/route.h"

#include <string.h>

static const struct {
    const char *label;
    unsigned methods;
} routes[ROUTE_COUNT] = {
#define X(name, label, methods) {label, methods},
    ROUTES(X)
#undef X
};

static const struct {
    const char *path;
    enum route_id id;
} fixed[] = {
    {"/invocations", ROUTE_INVOCATIONS},
    {"/ping", ROUTE_PING},
    {"/health", ROUTE_HEALTH},
    {"/metrics", ROUTE_METRICS},
    {"/version", ROUTE_VERSION},
    {"/execution-parameters", ROUTE_EXECUTION_PARAMETERS},
    {"/models", ROUTE_MODELS},
    {"/v1/models", ROUTE_V1_MODELS},
    {"/v2", ROUTE_V2},
    {"/v2/health/live", ROUTE_V2_LIVE},
    {"/v2/health/ready", ROUTE_V2_READY},
};

/* With or without a slash behind. */
static const struct {
    const char *path;
    enum route_id id;
} sales[] = {
    {"/post_sales", ROUTE_POST_SALES},           {"/get_raw_sales", ROUTE_RAW_SALES},
    {"/get_monthly_sales", ROUTE_MONTHLY_SALES}, {"/get_unrecognised", ROUTE_UNRECOGNISED},
    {"/init_database", ROUTE_INIT_DATABASE},     {"/init_db", ROUTE_INIT_DATABASE},
};

const char *route_label(enum route_id id)
{
    return routes[id].label;
}

unsigned route_methods(enum route_id id)
{
    return routes[id].methods;
}

const char *route_allow(enum route_id id)
{
    const unsigned methods = routes[id].methods;

    if (methods & METHOD_DELETE)
        return "GET, HEAD, DELETE";
    if (methods == METHOD_POST)
        return "POST";
    if (!(methods & METHOD_HEAD))
        return "GET, POST";
    return methods & METHOD_POST ? "GET, HEAD, POST" : "GET, HEAD";
}

bool route_is_v2(enum route_id id)
{
    return id >= ROUTE_V2 && id <= ROUTE_V2_INFER;
}

bool route_is_sales(enum route_id id)
{
    return id >= ROUTE_POST_SALES && id <= ROUTE_INIT_DATABASE;
}

static bool is_sales_path(const char *path, const char *want)
{
    const size_t length = strlen(want);

    return strncmp(path, want, length) == 0 &&
           (path[length] == '\0' || strcmp(path + length, "/") == 0);
}

/* The segment at *at, up to the next slash or the end; *at moves behind the slash. */
static size_t take_segment(const char **at)
{
    const size_t length = strcspn(*at, "/");

    *at += length + ((*at)[length] == '/');
    return length;
}

static bool ends_here(const char *text, size_t length, const char *want)
{
    return strlen(want) == length && memcmp(text, want, length) == 0 && text[length] == '\0';
}

/* {model} or {model}/invoke, of /models/. */
static enum route_id find_models(const char *rest, struct route *route)
{
    const char *at = rest;

    route->model = rest;
    route->model_length = take_segment(&at);
    if (rest[route->model_length] == '\0')
        return ROUTE_MODEL;
    return strcmp(at, "invoke") == 0 ? ROUTE_MODEL_INVOKE : ROUTE_UNKNOWN;
}

/* {model} or {model}:predict, of /v1/models/. */
static enum route_id find_v1(const char *rest, struct route *route)
{
    static const char predict[] = ":predict";
    size_t length = strlen(rest);

    if (strchr(rest, '/'))
        return ROUTE_UNKNOWN;
    route->model = rest;
    route->model_length = length;
    if (length < sizeof predict || strcmp(rest + length - (sizeof predict - 1), predict) != 0)
        return ROUTE_V1_MODEL;
    route->model_length -= sizeof predict - 1;
    return ROUTE_V1_PREDICT;
}

/* {model}[/versions/{version}][/ready|/infer], of /v2/models/. */
static enum route_id find_v2(const char *rest, struct route *route)
{
    const char *at = rest, *word;
    size_t length;

    route->model = rest;
    route->model_length = take_segment(&at);
    if (rest[route->model_length] == '\0')
        return ROUTE_V2_MODEL;
    word = at;
    length = take_segment(&at);
    if (length == 8 && memcmp(word, "versions", 8) == 0 && word[length] == '/') {
        route->version = at;
        route->version_length = take_segment(&at);
        if (route->version_length == 0)
            return ROUTE_UNKNOWN;
        if (route->version[route->version_length] == '\0')
            return ROUTE_V2_MODEL;
        word = at;
        length = take_segment(&at);
    }
    if (ends_here(word, length, "ready"))
        return ROUTE_V2_MODEL_READY;
    return ends_here(word, length, "infer") ? ROUTE_V2_INFER : ROUTE_UNKNOWN;
}

struct route route_find(const char *path)
{
    static const struct {
        const char *prefix;
        enum route_id (*find)(const char *rest, struct route *route);
    } nested[] = {{"/v2/models/", find_v2}, {"/models/", find_models}, {"/v1/models/", find_v1}};
    struct route route = {.id = ROUTE_UNKNOWN};

    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (strcmp(path, fixed[i].path) == 0) {
            route.id = fixed[i].id;
            return route;
        }
    for (size_t i = 0; i < sizeof sales / sizeof *sales; i++)
        if (is_sales_path(path, sales[i].path)) {
            route.id = sales[i].id;
            return route;
        }
    for (size_t i = 0; i < sizeof nested / sizeof *nested; i++) {
        const size_t length = strlen(nested[i].prefix);
        if (strncmp(path, nested[i].prefix, length) != 0)
            continue;
        route.id = nested[i].find(path + length, &route);
        if (route.model_length == 0)
            route.id = ROUTE_UNKNOWN;
        break;
    }
    return route;
}

enum route_method route_method_of(const char *name)
{
    if (strcmp(name, "POST") == 0)
        return METHOD_POST;
    if (strcmp(name, "GET") == 0)
        return METHOD_GET;
    if (strcmp(name, "HEAD") == 0)
        return METHOD_HEAD;
    return strcmp(name, "DELETE") == 0 ? METHOD_DELETE : (enum route_method)METHOD_OTHER;
}

const char *route_method_name(enum route_method method)
{
    switch (method) {
    case METHOD_GET:
        return "GET";
    case METHOD_HEAD:
        return "HEAD";
    case METHOD_POST:
        return "POST";
    case METHOD_DELETE:
        return "DELETE";
    }
    return "other";
}
