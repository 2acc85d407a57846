/*
 * The event loop of a worker: a thread that alone calls the functions of its daemon. libmicrohttpd
 * has such threads of its own, but MHD_quiesce_daemon() from another one ends the process now and
 * then: both take the listening socket out of epoll, and the second finds it gone.
 *
 * Each round of it waits with poll(), and lets the daemon look without waiting: what it takes from
 * epoll in portions of 128 events would otherwise be waited for again after exactly as many.
 */
#include "serve/http_internal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 4096, CONNECTION_MEMORY = 16 * 1024, DESCRIPTORS_LEFT = 64 };

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

/* Until there is something to do, without a limit: http_watch() ends what takes too long. */
static void wait_for_work(const struct http_worker *worker)
{
    struct pollfd wait[] = {{.fd = worker->epoll, .events = POLLIN},
                            {.fd = worker->wake, .events = POLLIN}};
    MHD_UNSIGNED_LONG_LONG milliseconds;
    eventfd_t times;

    if (worker->http->api->get_timeout(worker->daemon, &milliseconds) == MHD_YES)
        return; /* it has more to do at once */
    poll(wait, 2, -1);
    if (wait[1].revents)
        eventfd_read(worker->wake, &times);
}

static void *run(void *context)
{
    struct http_worker *worker = context;
    const struct microhttpd_api *api = worker->http->api;
    bool quiet = false;
    sigset_t pipe;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    while (!atomic_load(&worker->stopping)) {
        const size_t begun = worker->begun;
        api->run(worker->daemon);
        if (worker->begun == begun) /* after some requests there are often more */
            wait_for_work(worker);
        if (!quiet && atomic_load(&worker->http->draining)) {
            api->quiesce_daemon(worker->daemon);
            quiet = true;
        }
    }
    if (!quiet) /* the socket is not the daemon's to close */
        api->quiesce_daemon(worker->daemon);
    api->run(worker->daemon); /* answers that other threads have just made */
    return NULL;
}

static struct MHD_Daemon *make_daemon(struct http_worker *worker,
                                      const struct http_options *options)
{
    const struct http *http = worker->http;
    const bool tls = options->certificate != NULL;
    /* The list ends early without TLS. */
    const struct MHD_OptionItem secrets[] = {
        {tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0,
         (void *)(uintptr_t)options->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)options->key},
        {MHD_OPTION_END, 0, NULL},
    };

    return http->api->start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO | (tls ? MHD_USE_TLS : 0), 0, NULL,
        NULL, http_exchange_step, worker, MHD_OPTION_LISTEN_SOCKET, worker->socket,
        MHD_OPTION_CONNECTION_LIMIT, connection_limit(http->workers),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_URI_LOG_CALLBACK, http_exchange_begin,
        worker, MHD_OPTION_NOTIFY_COMPLETED, http_exchange_end, worker,
        MHD_OPTION_NOTIFY_CONNECTION, http_connection, worker, MHD_OPTION_ARRAY, secrets,
        MHD_OPTION_END);
}

static bool start_thread(struct http_worker *worker, struct error *err)
{
    const union MHD_DaemonInfo *info =
        worker->http->api->get_daemon_info(worker->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    worker->epoll = info->epoll_fd;
    worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (worker->wake < 0)
        return error_set(err, ERR_IO, "no descriptor to wake an event loop");
    if (pthread_create(&worker->thread, NULL, run, worker) == 0)
        return true;
    close(worker->wake);
    return error_set(err, ERR_IO, "no thread for an event loop");
}

bool http_loop_start(struct http_worker *worker, const struct http_options *options,
                     struct error *err)
{
    worker->socket = fcntl(options->socket, F_DUPFD_CLOEXEC, 0);
    if (worker->socket < 0)
        return error_set(err, ERR_IO, "no socket for an event loop");
    worker->daemon = make_daemon(worker, options);
    if (!worker->daemon) {
        close(worker->socket);
        return error_set(err, ERR_LIBRARY, "libmicrohttpd does not start%s",
                         options->certificate ? "; is the certificate that of the key, both in PEM?"
                                              : "");
    }
    if (start_thread(worker, err))
        return true;
    worker->http->api->stop_daemon(worker->daemon); /* which closes the socket */
    worker->daemon = NULL;
    return false;
}

static void wake(const struct http_worker *worker)
{
    if (eventfd_write(worker->wake, 1) < 0)
        return; /* it is full of them: the loop wakes anyway */
}

void http_loop_resume(const struct http_worker *worker, struct MHD_Connection *handle)
{
    worker->http->api->resume_connection(handle);
    wake(worker);
}

void http_loop_drain(const struct http_worker *worker)
{
    if (!worker->daemon)
        return;
    shutdown(worker->socket, SHUT_RDWR); /* further clients are refused */
    wake(worker);
}

void http_loop_stop(struct http_worker *worker)
{
    if (!worker->daemon)
        return;
    atomic_store(&worker->stopping, true);
    wake(worker);
    pthread_join(worker->thread, NULL);
    worker->http->api->stop_daemon(worker->daemon);
    close(worker->socket);
    close(worker->wake);
}
