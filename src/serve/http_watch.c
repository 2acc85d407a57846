/* Deadlines, from outside of the event loops. */
#include "base/clock.h"
#include "serve/http_internal.h"
#include "serve/status.h"

#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { SECONDS_BETWEEN_LOOKS = 1 };

static const char slow_sentence[] = "the request was not complete in time";
const char http_cut_sentence[] = "the connection ended before the request was complete";

static void send_refusal(const struct connection *connection, const struct give_up *why)
{
    char body[256], answer[512];
    const int size = snprintf(body, sizeof body, "{\"error_code\": \"%s\", \"message\": \"%s\"}\n",
                              status_word(why->status), why->sentence);
    const int length =
        snprintf(answer, sizeof answer,
                 "HTTP/1.1 %d %s\r\nConnection: close\r\n"
                 "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                 why->status, why->status == 408 ? "Request Timeout" : "Bad Request", size, body);

    if (send(connection->socket, answer, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return;
}

void http_give_up(struct http *http, size_t worker, const struct connection *connection,
                  const struct give_up *why)
{
    const double took = clock_seconds() - why->started;
    const struct serve_request request = {.method = "",
                                          .path = "",
                                          .arrived = clock_now() - (int64_t)(took * 1e6),
                                          .started = why->started};

    serve_give_up(http->service, worker, &request, why->status, why->sentence);
    if (!http->tls)
        send_refusal(connection, why);
}

static void end_if_late(struct http *http, struct connection *connection, double now)
{
    int phase = atomic_load(&connection->phase);
    const double since = atomic_load_explicit(&connection->since, memory_order_relaxed);

    if (phase == PHASE_ENDED || now - since < http->timeout ||
        !atomic_compare_exchange_strong(&connection->phase, &phase, PHASE_ENDED))
        return;
    if (phase == PHASE_READING)
        http_give_up(http, service_watcher(service_options(http->service)), connection,
                     &(struct give_up){408, slow_sentence, since});
    shutdown(connection->socket, SHUT_RDWR); /* its event loop sees the end and closes it */
}

/* Bytes have come that the event loop has not read yet. */
static bool has_bytes(const struct connection *connection)
{
    int bytes = 0;

    return ioctl(connection->socket, FIONREAD, &bytes) == 0 && bytes > 0;
}

/*
 * A client that closed its side after a request, or in the middle of one: epoll told libmicrohttpd
 * together with the last bytes, and it does not look again, so that the socket would stay until the
 * time is over. What came may still be on the way from the socket to an event loop, so the same
 * wait is seen twice first, with nothing more to read.
 */
static void end_if_left(struct http *http, struct connection *connection)
{
    struct pollfd look = {.fd = connection->socket, .events = POLLRDHUP};
    const double since = atomic_load_explicit(&connection->since, memory_order_relaxed);
    int phase = atomic_load(&connection->phase);

    if ((phase != PHASE_WAITING && phase != PHASE_READING) || poll(&look, 1, 0) != 1 ||
        (phase == PHASE_READING && has_bytes(connection)))
        return;
    if (connection->left != since) {
        connection->left = since;
        return;
    }
    if (!atomic_compare_exchange_strong(&connection->phase, &phase, PHASE_ENDED))
        return;
    if (phase == PHASE_READING)
        http_give_up(http, service_watcher(service_options(http->service)), connection,
                     &(struct give_up){400, http_cut_sentence, since});
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
                end_if_left(http, c);
        }
        pthread_mutex_unlock(&worker->lock);
    }
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
