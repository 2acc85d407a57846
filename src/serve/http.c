#include "serve/http.h"

#include "base/arena.h"
#include "base/clock.h"
#include "serve/http_internal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 4096, CONNECTION_MEMORY = 16 * 1024, DESCRIPTORS_LEFT = 64 };

static void on_connection(void *context, struct MHD_Connection *handle, void **state,
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
        worker->thread = pthread_self();
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

/* Half of what the process may open goes to connections at most; the rest is files and libraries.
 */
static unsigned connection_limit(size_t workers)
{
    struct rlimit files;
    size_t limit = CONNECTIONS_MAX;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
        getrlimit(RLIMIT_NOFILE, &files);
        if (files.rlim_cur < CONNECTIONS_MAX + DESCRIPTORS_LEFT)
            limit = files.rlim_cur > 2 * DESCRIPTORS_LEFT ? files.rlim_cur - DESCRIPTORS_LEFT
                                                          : DESCRIPTORS_LEFT;
    }
    limit /= workers;
    return limit > 1 ? (unsigned)limit : 1;
}

static bool start_worker(struct http_worker *worker, const struct http_options *options,
                         struct error *err)
{
    const struct http *http = worker->http;
    const bool tls = options->certificate != NULL;
    const int socket = fcntl(options->socket, F_DUPFD_CLOEXEC, 0);
    /* The list ends early without TLS. */
    const struct MHD_OptionItem secrets[] = {
        {tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0,
         (void *)(uintptr_t)options->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)options->key},
        {MHD_OPTION_END, 0, NULL},
    };

    if (socket < 0)
        return error_set(err, ERR_IO, "no socket for an event loop");
    worker->daemon = http->api->start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO |
            (tls ? MHD_USE_TLS : 0),
        0, NULL, NULL, http_exchange_step, worker, MHD_OPTION_LISTEN_SOCKET, socket,
        MHD_OPTION_CONNECTION_LIMIT, connection_limit(http->workers),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_URI_LOG_CALLBACK, http_exchange_begin,
        worker, MHD_OPTION_NOTIFY_COMPLETED, http_exchange_end, worker,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, worker, MHD_OPTION_ARRAY, secrets,
        MHD_OPTION_END);
    if (worker->daemon)
        return true;
    close(socket);
    return error_set(err, ERR_LIBRARY, "libmicrohttpd does not start%s",
                     tls ? "; is the certificate that of the key, both in PEM?" : "");
}

static void wake_up(int number)
{
    (void)number; /* that it came is all there is to it: epoll_wait() returns */
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
        made->worker[i].quiet = -1;
        made->worker[i].metrics = service_metrics(service, i);
        pthread_mutex_init(&made->worker[i].lock, NULL);
    }
    sigaction(HTTP_WAKE_SIGNAL, &(struct sigaction){.sa_handler = wake_up}, NULL);
    made->changer = http_changer_start(made);
    for (size_t i = 0; ok && i < made->workers; i++)
        ok = start_worker(&made->worker[i], options, err);
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
        if (http->worker[i].daemon) {
            http->worker[i].quiet = http->api->quiesce_daemon(http->worker[i].daemon);
            shutdown(http->worker[i].quiet, SHUT_RDWR); /* further clients are refused */
        }
}

void http_stop(struct http *http)
{
    if (!http)
        return;
    http_drain(http);
    http_changer_stop(http->changer);
    for (size_t i = 0; i < http->workers; i++)
        if (http->worker[i].daemon)
            http->api->stop_daemon(http->worker[i].daemon);
    http_changer_free(http->changer);
    for (size_t i = 0; i < http->workers; i++) {
        http_exchange_forget(&http->worker[i]);
        if (http->worker[i].quiet >= 0) /* its number stayed taken until the event loop had ended */
            close(http->worker[i].quiet);
        pthread_mutex_destroy(&http->worker[i].lock);
    }
    free(http->worker);
    free(http);
}
