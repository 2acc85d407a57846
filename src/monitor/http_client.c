#include "monitor/http_client.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM_FIRST = 64 * 1024, POLL_MS = 200 };

bool http_client_open(struct http_client *client, const char *url, double timeout,
                      struct error *err)
{
    *client = (struct http_client){.timeout = timeout, .fd = -1};
    return http_url_parse(&client->url, url, err);
}

static void disconnect(struct http_client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
}

void http_client_close(struct http_client *client)
{
    disconnect(client);
    text_clear(&client->out);
    free(client->in);
    *client = (struct http_client){.fd = -1};
}

static bool wait_ready(const struct http_client *c, short events, double until, struct error *err)
{
    struct pollfd wait = {.fd = c->fd, .events = events};

    for (;;) {
        if (!interrupt_check("waiting for an answer", err))
            return false;
        if (poll(&wait, 1, POLL_MS) > 0)
            return true;
        if (clock_seconds() > until)
            return error_set(err, ERR_IO, "no answer from %s:%s within %.3g s", c->url.host,
                             c->url.port, c->timeout);
    }
}

static bool send_all(struct http_client *c, double until, struct error *err)
{
    size_t sent = 0;

    while (sent < c->out.length) {
        const ssize_t done = send(c->fd, c->out.bytes + sent, c->out.length - sent, MSG_NOSIGNAL);
        if (done > 0)
            sent += (size_t)done;
        else if (errno != EAGAIN && errno != EINTR && errno != ENOTCONN)
            return error_set(err, ERR_IO, "cannot send to %s:%s: %s", c->url.host, c->url.port,
                             strerror(errno));
        else if (!wait_ready(c, POLLOUT, until, err))
            return false;
    }
    return true;
}

/* *used: bytes of an answer that came, also when it fails. */
static bool receive(struct http_client *c, struct http_answer *answer, size_t *used, double until,
                    struct error *err)
{
    enum http_progress progress = HTTP_MORE;
    size_t need = 1;

    while (progress == HTTP_MORE) {
        if (c->room - *used < ROOM_FIRST / 2) {
            c->room = c->room ? c->room * 2 : ROOM_FIRST;
            c->in = memory_resize(c->in, c->room, 1);
        }
        if (*used > HTTP_ANSWER_MAX)
            return error_set(err, ERR_LIMIT, "an answer of more than %d bytes", HTTP_ANSWER_MAX);
        const ssize_t got = recv(c->fd, c->in + *used, c->room - *used, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            if (!wait_ready(c, POLLIN, until, err))
                return false;
            continue;
        }
        *used += got > 0 ? (size_t)got : 0;
        if (got > 0 && *used < need)
            continue;
        progress = *used ? http_answer_parse(answer, c->in, *used, got <= 0, &need) : HTTP_BROKEN;
    }
    return progress == HTTP_DONE ||
           error_set(err, ERR_IO, "%s:%s closed the connection before an answer", c->url.host,
                     c->url.port);
}

bool http_client_ask(struct http_client *c, const struct http_request *request,
                     struct http_answer *answer, struct error *err)
{
    const double until = clock_seconds() + c->timeout;
    bool kept = c->fd >= 0, ok = false;
    size_t used = 0;

    c->out.length = 0;
    if (!http_request_write(&c->out, &c->url, request, err))
        return false;
    for (;;) {
        used = 0;
        ok = (c->fd >= 0 || http_connect(&c->fd, &c->url, err)) && send_all(c, until, err) &&
             receive(c, answer, &used, until, err);
        /* A server may close a connection that it kept; that is no answer to this request. */
        if (ok || !kept || used > 0)
            break;
        kept = false;
        disconnect(c);
    }
    if (!ok || !answer->keep)
        disconnect(c);
    return ok;
}
