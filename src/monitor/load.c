#include "monitor/load.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/interrupt.h"
#include "base/utf8.h"
#include "monitor/load_bodies.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, ROOM_FIRST = 16 * 1024, ERROR_STATUS = 400 };
static const double rest_seconds = 0.01; /* before connecting again after a failure */
static const double sweep_seconds = 0.1; /* how often overdue answers are looked for */

enum state {
    CLOSED,  /* until `due` */
    IDLE,    /* connected, nothing asked */
    SENDING, /* the request is not all out */
    WAITING, /* for the answer */
};

struct connection {
    int fd;
    enum state state;
    const struct table_string *request; /* being sent */
    size_t sent;
    char *in;
    size_t used, room, need;
    double due; /* when the request should have gone out; of a closed one, when to connect */
    bool malformed, armed; /* armed: epoll also tells when sending may go on */
};

struct load {
    const struct load_options *options;
    struct load_result *result;
    struct http_url url;
    struct text bytes;             /* all requests, one after the other */
    struct table_string *request;  /* [options->bodies or 1], then the malformed one */
    size_t requests;               /* how many bodies */
    struct connection *connection; /* [options->connections] */
    size_t *idle, idles;           /* stack of connections */
    size_t closed, busy;           /* how many */
    int epoll;
    double start, end;
    uint64_t issued, next_malformed;
};

static void add_fault(struct load *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_fault(struct load *l, const char *format, ...)
{
    struct load_result *r = l->result;
    struct load_fault *fault = r->fault;
    const double now = clock_seconds() - l->start;
    char text[sizeof fault->text];
    va_list args;
    size_t i = 0;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    r->failures++;
    while (i < r->faults && strcmp(r->fault[i].text, text) != 0)
        i++;
    if (i == LOAD_FAULTS_MAX)
        i = LOAD_FAULTS_MAX - 1;
    fault = &r->fault[i];
    if (i == r->faults) {
        r->faults++;
        *fault = (struct load_fault){.first = now};
        snprintf(fault->text, sizeof fault->text, "%s",
                 i == LOAD_FAULTS_MAX - 1 ? "other failures" : text);
    }
    fault->count++;
    fault->last = now;
}

static void watch(struct load *l, struct connection *c, int operation, bool out)
{
    struct epoll_event event = {.events = EPOLLIN | (out ? EPOLLOUT : 0),
                                .data.u64 = (uint64_t)(c - l->connection)};

    c->armed = out;
    BUG_ON(epoll_ctl(l->epoll, operation, c->fd, &event) != 0);
}

static void open_connection(struct load *l, struct connection *c)
{
    struct error err = {0};

    if (!http_connect(&c->fd, &l->url, &err)) {
        /* Counts as a request that found nobody; otherwise a dead server would look idle. */
        l->issued++;
        latencies_add(&l->result->latency, 0);
        add_fault(l, "cannot connect");
        c->due = clock_seconds() + rest_seconds;
        return;
    }
    l->closed--;
    watch(l, c, EPOLL_CTL_ADD, false);
    c->state = IDLE;
    l->idle[l->idles++] = (size_t)(c - l->connection);
}

static void close_connection(struct load *l, struct connection *c, double until)
{
    close(c->fd);
    c->fd = -1;
    c->state = CLOSED;
    c->due = until;
    l->closed++;
}

/* The request is over: count it. */
static void finish(struct load *l, struct connection *c)
{
    latencies_add(&l->result->latency, clock_seconds() - c->due);
    l->busy--;
    c->used = 0;
    c->state = IDLE;
}

static void fail(struct load *l, struct connection *c, const char *what)
{
    add_fault(l, "%s", what);
    finish(l, c);
    close_connection(l, c, clock_seconds() + rest_seconds);
}

static void send_more(struct load *l, struct connection *c)
{
    const struct table_string *r = c->request;

    while (c->sent < r->length) {
        const ssize_t done = send(c->fd, r->bytes + c->sent, r->length - c->sent, MSG_NOSIGNAL);
        if (done < 0 && errno == EINTR)
            continue;
        /* ENOTCONN: still connecting, where the kernel does not say EAGAIN. */
        if (done < 0 && (errno == EAGAIN || errno == ENOTCONN)) {
            if (!c->armed)
                watch(l, c, EPOLL_CTL_MOD, true);
            return;
        }
        if (done < 0) {
            fail(l, c,
                 errno == ECONNREFUSED ? "cannot connect"
                                       : "the connection was closed before an answer");
            return;
        }
        c->sent += (size_t)done;
    }
    if (c->armed)
        watch(l, c, EPOLL_CTL_MOD, false);
    c->state = WAITING;
}

static bool more_to_send(const struct load *l)
{
    return l->options->requests == 0 || l->issued < l->options->requests;
}

static void begin(struct load *l, struct connection *c, double due)
{
    const struct load_options *o = l->options;

    c->malformed = o->malformed_share > 0 && l->issued == l->next_malformed;
    if (c->malformed)
        l->next_malformed += (uint64_t)(1 / o->malformed_share + 0.5);
    c->request = &l->request[c->malformed ? l->requests : l->issued % l->requests];
    c->due = due;
    c->sent = c->used = 0;
    c->need = 1;
    c->state = SENDING;
    l->issued++;
    l->busy++;
    send_more(l, c);
}

static bool is_expected(const struct load *l, const struct http_answer *a)
{
    size_t length = a->body.length;

    if (!l->options->expect)
        return true;
    while (length > 0 && (a->body.bytes[length - 1] == '\n' || a->body.bytes[length - 1] == '\r'))
        length--;
    return length == strlen(l->options->expect) &&
           memcmp(l->options->expect, a->body.bytes, length) == 0;
}

/*
 * How much of an answer tells its kind of failure: without the id of the request, by which those of
 * one kind would differ.
 */
static int shown_length(const struct table_string *body)
{
    static const char mark[] = ", \"request_id\"";
    enum { SHOWN = 100 };
    const char *id = body->length ? memmem(body->bytes, body->length, mark, sizeof mark - 1) : NULL;

    return (int)utf8_cut(body->bytes, id ? (size_t)(id - body->bytes) : body->length, SHOWN);
}

static void judge(struct load *l, const struct connection *c, const struct http_answer *a)
{
    const int shown = shown_length(&a->body);

    l->result->answer_bytes += a->body.length;
    if (c->malformed && a->status >= ERROR_STATUS && a->status < 500)
        l->result->malformed++;
    else if (c->malformed)
        add_fault(l, "status %d to a malformed request", a->status);
    else if (a->status >= ERROR_STATUS)
        add_fault(l, "status %d: %.*s", a->status, shown, a->body.bytes ? a->body.bytes : "");
    else if (!is_expected(l, a))
        add_fault(l, "not the expected answer: %.*s", shown, a->body.bytes ? a->body.bytes : "");
}

/* In a closed loop the connection asks again at once; otherwise it waits for its turn. */
static void answered(struct load *l, struct connection *c, const struct http_answer *a)
{
    judge(l, c, a);
    finish(l, c);
    if (!a->keep) {
        close_connection(l, c, 0);
        open_connection(l, c);
        return;
    }
    const double now = clock_seconds();
    if (l->options->rate == 0 && now < l->end && more_to_send(l))
        begin(l, c, now);
    else
        l->idle[l->idles++] = (size_t)(c - l->connection);
}

static void drop_idle(struct load *l, struct connection *c)
{
    const size_t which = (size_t)(c - l->connection);

    for (size_t i = 0; i < l->idles; i++)
        if (l->idle[i] == which) {
            l->idle[i] = l->idle[--l->idles];
            break;
        }
    close_connection(l, c, clock_seconds() + rest_seconds);
}

static void receive(struct load *l, struct connection *c)
{
    struct http_answer answer;

    if (c->room - c->used < ROOM_FIRST / 2) {
        c->room = c->room ? c->room * 2 : ROOM_FIRST;
        c->in = memory_resize(c->in, c->room, 1);
    }
    const ssize_t got = recv(c->fd, c->in + c->used, c->room - c->used, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (c->state == IDLE) { /* the server closed, or speaks without being asked */
        drop_idle(l, c);
        return;
    }
    c->used += got > 0 ? (size_t)got : 0;
    if (got > 0 && c->used < c->need)
        return;
    const enum http_progress progress =
        c->used ? http_answer_parse(&answer, c->in, c->used, got <= 0, &c->need) : HTTP_BROKEN;
    if (progress == HTTP_DONE)
        answered(l, c, &answer);
    else if (got < 0 && errno == ECONNREFUSED)
        fail(l, c, "cannot connect");
    else if (progress == HTTP_BROKEN || c->used > HTTP_ANSWER_MAX)
        fail(l, c,
             got > 0 ? "the answer is not HTTP" : "the connection was closed before an answer");
}

/* Connect again what has rested, give up on what is overdue. */
static void sweep(struct load *l, double now)
{
    for (size_t i = 0; i < l->options->connections; i++) {
        struct connection *c = &l->connection[i];
        if (c->state == CLOSED && now >= c->due && now < l->end)
            open_connection(l, c);
        else if ((c->state == SENDING || c->state == WAITING) && now - c->due > l->options->timeout)
            fail(l, c, "no answer in time");
    }
}

/* Hand what is due to idle connections. */
static void issue(struct load *l, double now)
{
    const double rate = l->options->rate;

    while (l->idles > 0 && more_to_send(l)) {
        const double due = rate > 0 ? l->start + (double)l->issued / rate : now;
        if (due > now || due >= l->end || (rate == 0 && now >= l->end))
            break;
        begin(l, &l->connection[l->idle[--l->idles]], due);
    }
}

/* Until an event, the next request's turn or the next sweep. */
static int wait_events(struct load *l, struct epoll_event *events, double now, double next_sweep)
{
    double until = next_sweep;

    if (l->options->rate > 0 && l->idles > 0 && more_to_send(l)) {
        const double due = l->start + (double)l->issued / l->options->rate;
        until = due < l->end && due < until ? due : until;
    }
    const double left = until > now ? until - now : 0;
    const struct timespec time = {.tv_sec = (time_t)left,
                                  .tv_nsec = (long)((left - (double)(time_t)left) * 1e9)};
    int count = epoll_pwait2(l->epoll, events, EVENTS, &time, NULL);
    if (count < 0 && errno == ENOSYS) /* whole milliseconds only: the rest is spent looking */
        count = epoll_wait(l->epoll, events, EVENTS, (int)(left * 1e3));
    return count > 0 ? count : 0;
}

static bool loop(struct load *l, struct error *err)
{
    struct epoll_event events[EVENTS];
    double next_sweep = l->start, now = l->start;

    for (;;) {
        if (now >= next_sweep) {
            if (!interrupt_check("sending requests", err))
                return false;
            sweep(l, now);
            next_sweep = now + (l->closed ? rest_seconds : sweep_seconds);
        }
        issue(l, now);
        if (l->busy == 0 && (now >= l->end || !more_to_send(l)))
            return true;
        const int count = wait_events(l, events, now, next_sweep);
        for (int i = 0; i < count; i++) {
            struct connection *c = &l->connection[events[i].data.u64];
            if (c->state == CLOSED)
                continue; /* by an earlier event of this round */
            if (c->state == SENDING && (events[i].events & EPOLLOUT))
                send_more(l, c);
            if (c->state != CLOSED && (events[i].events & ~(unsigned)EPOLLOUT))
                receive(l, c);
        }
        now = clock_seconds();
    }
}

static bool make_requests(struct load *l, struct error *err)
{
    const struct load_options *o = l->options;
    struct http_request request = o->request;
    size_t *end;
    bool ok = true;

    l->requests = o->bodies ? o->bodies : 1;
    l->request = memory_take_zeroed(l->requests + 1, sizeof *l->request);
    end = memory_take(l->requests + 1, sizeof *end);
    for (size_t i = 0; ok && i <= l->requests; i++) {
        request.body = i == l->requests ? o->malformed
                       : o->bodies      ? o->body[i]
                                        : (struct table_string){0};
        if (o->target && i < l->requests) {
            request.method = o->target[i].method;
            request.path = o->target[i].path;
        }
        ok = http_request_write(&l->bytes, &l->url, &request, err);
        end[i] = l->bytes.length;
    }
    for (size_t i = 0; ok && i <= l->requests; i++) {
        const size_t start = i ? end[i - 1] : 0;
        l->request[i] = (struct table_string){l->bytes.bytes + start, end[i] - start};
    }
    free(end);
    return ok;
}

/* Whether anybody is there at all: one connection, waited for. */
static bool knock(const struct load *l, struct error *err)
{
    int fd, failure = 0;
    socklen_t size = sizeof failure;

    if (!http_connect(&fd, &l->url, err))
        return false;
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    const int ready = poll(&wait, 1, (int)(l->options->timeout * 1e3));
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
    close(fd);
    if (ready == 1 && failure == 0)
        return true;
    return error_set(err, ERR_IO, "cannot connect to %s:%s: %s", l->url.host, l->url.port,
                     ready == 1 ? strerror(failure) : "no answer");
}

static double processor_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool run(struct load *l, struct error *err)
{
    const struct load_options *o = l->options;

    l->connection = memory_take_zeroed(o->connections, sizeof *l->connection);
    l->idle = memory_take(o->connections, sizeof *l->idle);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll < 0)
        return error_set(err, ERR_IO, "cannot wait for sockets: %s", strerror(errno));
    l->closed = o->connections;
    const double processor = processor_seconds();
    l->start = clock_seconds();
    l->end = l->start + (o->seconds > 0 ? o->seconds : 1e9);
    if (o->malformed_share > 0)
        l->next_malformed = (uint64_t)(0.5 / o->malformed_share);
    const bool ok = loop(l, err);
    l->result->seconds = clock_seconds() - l->start;
    l->result->cpu_seconds = processor_seconds() - processor;
    return ok;
}

bool load_run(struct load_result *result, const struct load_options *options, struct error *err)
{
    struct load l = {.options = options, .result = result, .epoll = -1};

    *result = (struct load_result){0};
    const bool ok = http_url_parse(&l.url, options->url, err) && make_requests(&l, err) &&
                    knock(&l, err) && run(&l, err);
    for (size_t i = 0; l.connection && i < options->connections; i++) {
        if (l.connection[i].state != CLOSED)
            close(l.connection[i].fd);
        free(l.connection[i].in);
    }
    if (l.epoll >= 0)
        close(l.epoll);
    free(l.connection);
    free(l.idle);
    free(l.request);
    text_clear(&l.bytes);
    return ok;
}
