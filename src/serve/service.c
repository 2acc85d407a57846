#include "serve/service.h"

#include "base/clock.h"
#include "serve/service_internal.h"

#include <string.h>
#include <sys/random.h>

static void check_token(const char *token, struct error *err)
{
    const size_t length = strlen(token);

    if (length == 0 || length > SERVICE_TOKEN_MAX)
        error_set(err, ERR_ARG, "the token has %zu bytes, not 1 to %d", length, SERVICE_TOKEN_MAX);
    for (size_t i = 0; i < length; i++)
        if (token[i] <= ' ' || token[i] > '~')
            error_set(err, ERR_ARG, "the token holds a blank or a character that is not ASCII");
}

static bool check_options(const struct service_options *options, struct error *err)
{
    enum wire_media media;

    if (options->token)
        check_token(options->token, err);
    if (err->code != ERR_NONE)
        return false;
    if (options->accept && !wire_accept(options->accept, WIRE_JSON, &media))
        return error_set(err, ERR_ARG, "'%s' is no media type that can be answered in",
                         options->accept);
    return true;
}

bool service_open(struct service **service, const struct service_options *options,
                  struct error *err)
{
    struct service *made;
    uint64_t seed = 0;

    if (!check_options(options, err))
        return false;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        return error_set(err, ERR_IO, "no random numbers for request ids");
    made = memory_take_zeroed(1, sizeof *made);
    made->options = *options;
    made->opened = clock_seconds();
    made->token = options->token ? strdup(options->token) : NULL;
    made->accept = options->accept ? strdup(options->accept) : NULL;
    made->options.token = made->token;
    made->options.accept = made->accept;
    made->models = models_new(
        &(struct models_options){.workers = options->workers, .registry = options->registry});
    made->worker = memory_take_zeroed(options->workers + SERVICE_HELPERS, sizeof *made->worker);
    for (size_t i = 0; i < options->workers + SERVICE_HELPERS; i++)
        made->worker[i].rng = rng_new(seed, i);
    if ((options->sales && !sales_service_open(&made->sales, options->sales, err)) ||
        !request_log_open(&made->log, options->log, options->log_payloads, err)) {
        service_close(made);
        return false;
    }
    *service = made;
    return true;
}

void service_close(struct service *service)
{
    if (!service)
        return;
    sales_service_close(service->sales);
    request_log_close(service->log);
    models_free(service->models);
    for (size_t i = 0; i < service->options.workers + SERVICE_HELPERS; i++) {
        arena_clear(&service->worker[i].scratch);
        text_clear(&service->worker[i].packed);
        while (service->worker[i].spare) {
            struct sales_post *post = service->worker[i].spare;
            service->worker[i].spare = post->next;
            sales_post_free(post);
        }
    }
    free(service->worker);
    free(service->token);
    free(service->accept);
    free(service);
}

bool service_is_change(const char *method, const char *path)
{
    const enum route_method is = route_method_of(method);

    if (strncmp(path, "/init_d", 7) == 0)
        return route_find(path).id == ROUTE_INIT_DATABASE;
    if (strncmp(path, "/models", 7) != 0 || (is != METHOD_POST && is != METHOD_DELETE))
        return false;
    const enum route_id id = route_find(path).id;
    return id == ROUTE_MODELS || id == ROUTE_MODEL;
}

struct sales_service *service_sales(struct service *service)
{
    return service->sales;
}

struct models *service_models(struct service *service)
{
    return service->models;
}

struct metrics *service_metrics(struct service *service, size_t worker)
{
    return &service->worker[worker].metrics;
}

const struct service_options *service_options(const struct service *service)
{
    return &service->options;
}
