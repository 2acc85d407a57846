#include "serve/http.h"

#include "base/arena.h"
#include "base/clock.h"
#include "serve/http_internal.h"

#include <stdlib.h>

void http_connection(void *context, struct MHD_Connection *handle, void **state,
                     enum MHD_ConnectionNotificationCode what)
{
    struct http_worker *worker = context;
    struct connection *connection = *state;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            worker->http->api->get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD);
        connection = memory_take_zeroed(1, sizeof *connection);
        connection->worker = worker;
        connection->socket = info->connect_fd;
        atomic_init(&connection->phase, PHASE_WAITING);
        atomic_init(&connection->since, clock_seconds());
        pthread_mutex_lock(&worker->lock);
        connection->next = worker->first;
        if (worker->first)
            worker->first->previous = connection;
        worker->first = connection;
        pthread_mutex_unlock(&worker->lock);
        counter_add(&worker->metrics->opened, 1);
        *state = connection;
        return;
    }
    pthread_mutex_lock(&worker->lock);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        worker->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    pthread_mutex_unlock(&worker->lock);
    counter_add(&worker->metrics->closed, 1);
    free(connection);
    *state = NULL;
}

bool http_start(struct http **http, struct service *service, const struct http_options *options,
                struct error *err)
{
    const struct microhttpd_api *api = microhttpd_api(err);
    bool ok = api != NULL;
    struct http *made;

    if (!ok)
        return false;
    if (options->certificate && api->is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
        return error_set(err, ERR_LIBRARY, "this libmicrohttpd was built without TLS");
    made = memory_take_zeroed(1, sizeof *made);
    made->api = api;
    made->service = service;
    made->timeout = options->timeout;
    made->tls = options->certificate != NULL;
    made->workers = service_options(service)->workers;
    made->worker = memory_take_zeroed(made->workers, sizeof *made->worker);
    atomic_init(&made->draining, false);
    for (size_t i = 0; i < made->workers; i++) {
        made->worker[i].http = made;
        made->worker[i].index = i;
        made->worker[i].metrics = service_metrics(service, i);
        pthread_mutex_init(&made->worker[i].lock, NULL);
    }
    made->changer = http_changer_start(made);
    for (size_t i = 0; ok && i < made->workers; i++)
        ok = http_loop_start(&made->worker[i], options, err);
    if (!ok) {
        http_stop(made);
        return false;
    }
    *http = made;
    return true;
}

void http_drain(struct http *http)
{
    if (atomic_exchange(&http->draining, true))
        return;
    for (size_t i = 0; i < http->workers; i++)
        http_loop_drain(&http->worker[i]);
}

void http_stop(struct http *http)
{
    if (!http)
        return;
    http_drain(http);
    http_changer_stop(http->changer);
    for (size_t i = 0; i < http->workers; i++)
        http_loop_stop(&http->worker[i]);
    http_changer_free(http->changer);
    for (size_t i = 0; i < http->workers; i++) {
        http_exchange_forget(&http->worker[i]);
        pthread_mutex_destroy(&http->worker[i].lock);
    }
    free(http->worker);
    free(http);
}
