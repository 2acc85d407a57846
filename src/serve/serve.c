#include "serve/serve.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/pool.h"
#include "serve/http.h"
#include "serve/listen.h"

#include <signal.h>
#include <unistd.h>

enum { TICK_MILLISECONDS = 50, PEM_MAX = 1 << 20 };

/* Clients with an open connection have this long to send one more request, which tells them. */
static const double drain_grace = 0.25;

struct server {
    struct service *service;
    struct http *http;
    int socket;
    size_t port;
    sigset_t signals;
};

void serve_options_default(struct serve_options *options)
{
    *options = (struct serve_options){
        .host = "127.0.0.1",
        .port = 8080,
        .body_max = 6 << 20,
        .rows_max = 1000000,
        .timeout = 60,
        .poll = 1,
    };
}

static bool check_options(const struct serve_options *options, struct error *err)
{
    if (options->port > 65535)
        return error_set(err, ERR_ARG, "%zu is not a port", options->port);
    if (!options->certificate != !options->key)
        return error_set(err, ERR_ARG, "TLS needs both a certificate and a key");
    if (options->body_max == 0 || options->body_max > SERVE_BODY_MAX)
        return error_set(err, ERR_ARG, "the limit of a body is 1 to %d bytes", SERVE_BODY_MAX);
    if (options->rows_max == 0 || options->rows_max > SERVE_ROWS_MAX)
        return error_set(err, ERR_ARG, "the limit of rows is 1 to %d", SERVE_ROWS_MAX);
    return true;
}

static bool open_service(struct server *server, const struct serve_options *options,
                         struct error *err)
{
    const struct service_options service = {
        .workers = options->threads ? options->threads : pool_processors(),
        .body_max = options->body_max,
        .rows_max = options->rows_max,
        .token = options->token,
        .open_changes = options->open_changes || listen_is_local(options->host),
        .accept = options->accept,
        .registry = options->registry,
        .concurrent = options->concurrent,
        .single_record = options->single_record,
        .log = options->log,
        .log_payloads = options->log_payloads,
        .sales = options->sales,
    };

    if (!service_open(&server->service, &service, err))
        return false;
    for (size_t i = 0; i < options->bundles; i++)
        if (models_add(service_models(server->service), options->name ? options->name[i] : NULL,
                       options->bundle[i], err) != MODELS_DONE)
            return error_wrap(err, "bundle '%s'", options->bundle[i]);
    return true;
}

static bool start_http(struct server *server, const struct serve_options *options,
                       struct error *err)
{
    char *certificate = NULL, *key = NULL;
    size_t size;
    bool ok = true;

    if (options->certificate)
        ok = file_read(options->certificate, PEM_MAX, &certificate, &size, err) &&
             file_read(options->key, PEM_MAX, &key, &size, err);
    if (ok) {
        const struct http_options http = {.socket = server->socket,
                                          .timeout = options->timeout,
                                          .certificate = certificate,
                                          .key = key};
        ok = http_start(&server->http, server->service, &http, err);
    }
    free(certificate);
    free(key);
    return ok;
}

static bool write_port(const struct server *server, const char *path, struct error *err)
{
    char text[32];
    const int length = snprintf(text, sizeof text, "%zu\n", server->port);

    return !path || file_write(path, text, (size_t)length, err);
}

/* The next of the signals that are waited for, or 0 after a tick. */
static int wait_for_signal(const struct server *server)
{
    const struct timespec tick = {.tv_nsec = TICK_MILLISECONDS * 1000000L};
    const int number = sigtimedwait(&server->signals, NULL, &tick);

    return number > 0 ? number : 0;
}

static void run_until_stopped(struct server *server, const struct serve_options *options)
{
    struct models *models = service_models(server->service);
    double looked = clock_seconds();

    for (;;) {
        const int number = wait_for_signal(server);
        const double now = clock_seconds();
        if (number == SIGTERM || number == SIGINT)
            return;
        http_watch(server->http);
        if (number == SIGHUP || now - looked >= options->poll) {
            looked = now;
            models_refresh(models, number == SIGHUP);
        }
        models_collect(models);
    }
}

/* Finish what was begun; a second signal ends the wait. */
static void drain(struct server *server)
{
    const double began = clock_seconds();

    http_drain(server->http);
    for (;;) {
        const struct http_load load = http_load(server->http);
        const double waited = clock_seconds() - began;
        if (load.connections == 0 || (load.busy == 0 && waited >= drain_grace) ||
            waited >= SERVE_DRAIN_SECONDS)
            return;
        const int number = wait_for_signal(server);
        if (number == SIGTERM || number == SIGINT)
            return;
        http_watch(server->http);
    }
}

bool serve_run(const struct serve_options *options, struct error *err)
{
    struct server server = {.socket = -1};
    bool ok;

    if (!check_options(options, err))
        return false;
    sigemptyset(&server.signals);
    sigaddset(&server.signals, SIGTERM);
    sigaddset(&server.signals, SIGINT);
    sigaddset(&server.signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &server.signals, NULL); /* inherited by the event loops */
    ok = open_service(&server, options, err) &&
         listen_open(&server.socket, &server.port, options->host, options->port, err) &&
         start_http(&server, options, err) && write_port(&server, options->port_file, err);
    if (ok) {
        if (!options->quiet)
            log_line("serving on %s://%s:%zu", options->certificate ? "https" : "http",
                     options->host, server.port);
        run_until_stopped(&server, options);
        drain(&server);
        if (!options->quiet)
            log_line("stopped");
    }
    if (server.service && service_sales(server.service)) /* wakes every post that waits for it */
        sales_service_stop(service_sales(server.service));
    http_stop(server.http);
    if (server.socket >= 0)
        close(server.socket);
    service_close(server.service);
    pthread_sigmask(SIG_UNBLOCK, &server.signals, NULL);
    return ok;
}
