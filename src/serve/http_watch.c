/* Deadlines, from outside of the event loops. */
#include "base/clock.h"
#include "serve/http_internal.h"

#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { SECONDS_BETWEEN_LOOKS = 1 };

static const char slow_sentence[] = "the request was not complete in time";

/* The only answer that libmicrohttpd does not write; a socket that takes none of it is gone. */
static void send_timeout(const struct connection *connection)
{
    static const char body[] =
        "{\"error_code\": \"REQUEST_TIMEOUT\", \"message\": \"the request was not complete in "
        "time\"}\n";
    char answer[512];
    const int length = snprintf(answer, sizeof answer,
                                "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
                                "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                                sizeof body - 1, body);

    if (send(connection->socket, answer, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return;
}

static void give_up(struct http *http, double now)
{
    const struct serve_request slow = {.method = "",
                                       .path = "",
                                       .arrived = clock_now() - (int64_t)(http->timeout * 1e6),
                                       .started = now - http->timeout};

    serve_give_up(http->service, service_watcher(service_options(http->service)), &slow, 408,
                  slow_sentence);
}

static void end_if_late(struct http *http, struct connection *connection, double now)
{
    int phase = atomic_load(&connection->phase);
    const double since = atomic_load_explicit(&connection->since, memory_order_relaxed);

    if (phase == PHASE_ENDED || now - since < http->timeout ||
        !atomic_compare_exchange_strong(&connection->phase, &phase, PHASE_ENDED))
        return;
    if (phase == PHASE_READING) {
        give_up(http, now);
        if (!http->tls)
            send_timeout(connection);
    }
    shutdown(connection->socket, SHUT_RDWR); /* its event loop sees the end and closes it */
}

/*
 * A client that closed its side after a request: epoll told libmicrohttpd together with the
 * request, and it does not look again, so that the socket would stay until the time is over. Its
 * request may still be on the way from the socket to an event loop, so the same wait is seen twice
 * first.
 */
static void end_if_left(struct connection *connection)
{
    struct pollfd look = {.fd = connection->socket, .events = POLLRDHUP};
    const double since = atomic_load_explicit(&connection->since, memory_order_relaxed);
    int waiting = PHASE_WAITING;

    if (atomic_load(&connection->phase) != PHASE_WAITING || poll(&look, 1, 0) != 1)
        return;
    if (connection->left != since)
        connection->left = since;
    else if (atomic_compare_exchange_strong(&connection->phase, &waiting, PHASE_ENDED))
        shutdown(connection->socket, SHUT_RDWR);
}

void http_watch(struct http *http)
{
    const double now = clock_seconds();
    const bool look = now - http->looked >= SECONDS_BETWEEN_LOOKS;

    if (look)
        http->looked = now;
    for (size_t i = 0; i < http->workers; i++) {
        struct http_worker *worker = &http->worker[i];
        pthread_mutex_lock(&worker->lock); /* a connection in the list is open */
        for (struct connection *c = worker->first; c; c = c->next) {
            end_if_late(http, c, now);
            if (look)
                end_if_left(c);
        }
        pthread_mutex_unlock(&worker->lock);
    }
}

/* Bytes have come that the event loop has not read yet. */
static bool has_bytes(const struct connection *connection)
{
    int bytes = 0;

    return ioctl(connection->socket, FIONREAD, &bytes) == 0 && bytes > 0;
}

struct http_load http_load(struct http *http)
{
    struct http_load load = {0};

    for (size_t i = 0; i < http->workers; i++) {
        struct http_worker *worker = &http->worker[i];
        pthread_mutex_lock(&worker->lock);
        for (const struct connection *c = worker->first; c; c = c->next) {
            const int phase = atomic_load(&c->phase);
            load.connections++;
            load.busy += phase == PHASE_READING || phase == PHASE_ANSWERING ||
                         (phase == PHASE_WAITING && has_bytes(c));
        }
        pthread_mutex_unlock(&worker->lock);
    }
    return load;
}
