/*
 * soak — drive a server at a fixed rate for a long time and check every answer: tools/soak.
 *
 *   soak PORT PID SECONDS RATE ROWS ANSWERS RECORDS
 *
 * Requests fall due at a fixed rate whether or not earlier ones are answered; each goes out on the
 * next free of 32 keep-alive connections. One in a hundred is malformed, each kind in its turn. A
 * good one must be answered 200 with the line of ANSWERS or RECORDS, a malformed one with 4xx; a
 * connection may be closed only after a malformed one. PID's resident memory is read every second:
 * after the warm-up it may not grow by more than GROWTH_KIB. Prints what was seen; exit status 1 if
 * anything was wrong.
 */
#include "soak_requests.h"

#include "base/clock.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTIONS = 32,
    BAD_EVERY = 100,
    ANSWER_MAX = 64 << 10,
    PATIENCE = 10, /* seconds for one answer */
    GROWTH_KIB = 2048,
    SAID_MAX = 20,    /* wrong answers shown */
    BUCKETS = 100000, /* latency in steps of 10 us, up to 1 s */
};

struct connection {
    int fd;                             /* -1: closed */
    const struct soak_request *request; /* NULL: free */
    size_t sent, used;
    double due;
    char answer[ANSWER_MAX + 1];
};

struct soak {
    struct sockaddr_in address;
    struct soak_requests requests;
    struct connection connection[CONNECTIONS];
    size_t next, good, bad, wrong, reopened;
    size_t latency[BUCKETS + 1];
    double warm, started;
    long pid, rss_warm, rss_last, rss_most;
};

static void complain(struct soak *s, const struct connection *c, const char *what)
{
    if (s->wrong++ >= SAID_MAX)
        return;
    fprintf(stderr, "soak: wrong: %s: %s\n  request: %.120s\n  answer: %.300s\n", what,
            c->request->name ? c->request->name : "a good row", c->request->bytes, c->answer);
}

static bool open_connection(struct soak *s, struct connection *c)
{
    const int one = 1;

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&s->address, sizeof s->address) != 0) {
        perror("soak: connect");
        return false;
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    s->reopened++;
    return true;
}

static void close_connection(struct connection *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    c->request = NULL;
}

/* The length of a whole answer at the start of the buffer; 0 while it is not all there. */
static size_t whole_answer(const struct connection *c, const char **body, size_t *length)
{
    const char *end = strstr(c->answer, "\r\n\r\n");
    const char *field = end ? strcasestr(c->answer, "\r\nContent-Length:") : NULL;

    if (!field || field > end)
        return 0;
    *length = (size_t)strtoul(field + 17, NULL, 10);
    *body = end + 4;
    const size_t size = (size_t)(*body - c->answer) + *length;
    return c->used >= size ? size : 0;
}

static void check_answer(struct soak *s, struct connection *c, const char *body, size_t length)
{
    const int status =
        strncmp(c->answer, "HTTP/1.", 7) == 0 ? (int)strtol(c->answer + 9, NULL, 10) : 0;

    if (c->request->name) {
        s->bad++;
        if (status < 400 || status > 499)
            complain(s, c, "status is not 4xx");
        return;
    }
    s->good++;
    while (length && (body[length - 1] == '\n' || body[length - 1] == '\r'))
        length--;
    if (status != 200)
        complain(s, c, "status is not 200");
    else if (length != strlen(c->request->answer) || memcmp(body, c->request->answer, length) != 0)
        complain(s, c, "the answer is another");
}

static void note_latency(struct soak *s, double seconds)
{
    const double step = seconds * 100000;

    s->latency[step < BUCKETS ? (size_t)step : BUCKETS]++;
}

/* Whether the server said that it closes, or the request was one after which it must. */
static bool closes(const struct connection *c)
{
    return c->request->last || strcasestr(c->answer, "\r\nConnection: close") ||
           c->sent < c->request->size;
}

static void finish(struct soak *s, struct connection *c, const char *body, size_t length)
{
    check_answer(s, c, body, length);
    if (!c->request->name)
        note_latency(s, clock_seconds() - c->due);
    if (closes(c))
        close_connection(c);
    c->request = NULL;
}

static void receive(struct soak *s, struct connection *c)
{
    const char *body;
    size_t length;
    const ssize_t got = recv(c->fd, c->answer + c->used, ANSWER_MAX - c->used, MSG_DONTWAIT);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        c->answer[c->used] = '\0';
        complain(s, c, got < 0 ? "the connection broke" : "closed without an answer");
        close_connection(c);
        return;
    }
    c->used += (size_t)got;
    c->answer[c->used] = '\0';
    if (whole_answer(c, &body, &length)) {
        finish(s, c, body, length);
    } else if (c->used == ANSWER_MAX) {
        complain(s, c, "the answer is too long");
        close_connection(c);
    }
}

static void transmit(struct connection *c)
{
    const struct soak_request *r = c->request;
    const ssize_t sent =
        send(c->fd, r->bytes + c->sent, r->size - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (sent > 0)
        c->sent += (size_t)sent;
    if (c->sent == r->size && r->half_close)
        shutdown(c->fd, SHUT_WR);
}

static const struct soak_request *pick(struct soak *s)
{
    const size_t i = s->next++;

    if (i % BAD_EVERY == BAD_EVERY - 1)
        return &s->requests.bad[i / BAD_EVERY % s->requests.bad_count];
    return &s->requests.good[i % s->requests.good_count];
}

static bool start_due(struct soak *s, double rate, double now)
{
    for (size_t i = 0; i < CONNECTIONS; i++) {
        struct connection *c = &s->connection[i];
        const double due = s->started + (double)s->next / rate;
        if (due > now)
            return true;
        if (c->request)
            continue;
        if (c->fd < 0 && !open_connection(s, c))
            return false;
        c->request = pick(s);
        c->sent = c->used = 0;
        c->answer[0] = '\0';
        c->due = due;
        transmit(c);
    }
    return true;
}

static void exchange(struct soak *s, double now, int wait)
{
    struct pollfd ready[CONNECTIONS];

    for (size_t i = 0; i < CONNECTIONS; i++) {
        const struct connection *c = &s->connection[i];
        ready[i] = (struct pollfd){.fd = c->request ? c->fd : -1, .events = POLLIN};
        if (c->request && c->sent < c->request->size)
            ready[i].events |= POLLOUT;
    }
    if (poll(ready, CONNECTIONS, wait) <= 0)
        return;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        struct connection *c = &s->connection[i];
        if (ready[i].revents & (POLLIN | POLLHUP | POLLERR))
            receive(s, c);
        else if (ready[i].revents & POLLOUT)
            transmit(c);
        if (c->request && now - c->due > PATIENCE && c->sent) {
            complain(s, c, "no answer in time");
            close_connection(c);
        }
    }
}

static long resident_kib(long pid)
{
    char path[64], line[256];
    long kib = -1;

    snprintf(path, sizeof path, "/proc/%ld/status", pid);
    FILE *stream = fopen(path, "r");
    while (stream && fgets(line, sizeof line, stream))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (stream)
        fclose(stream);
    return kib;
}

static bool watch_memory(struct soak *s, double now)
{
    s->rss_last = resident_kib(s->pid);
    if (s->rss_last < 0) {
        fprintf(stderr, "soak: the server is gone\n");
        return false;
    }
    if (s->rss_last > s->rss_most)
        s->rss_most = s->rss_last;
    if (now < s->warm)
        s->rss_warm = s->rss_last;
    return true;
}

static bool run(struct soak *s, double seconds, double rate)
{
    double looked = 0;
    bool alive = true;

    s->started = clock_seconds();
    s->warm = s->started + (seconds / 5 < 60 ? seconds / 5 : 60);
    for (size_t i = 0; i < CONNECTIONS; i++)
        s->connection[i].fd = -1;
    for (double now = s->started; alive && now < s->started + seconds; now = clock_seconds()) {
        alive = start_due(s, rate, now);
        exchange(s, now, 1);
        if (now - looked >= 1) {
            looked = now;
            alive = alive && watch_memory(s, now);
        }
    }
    const double late = clock_seconds() + PATIENCE;
    bool waiting = alive;
    while (waiting && clock_seconds() < late) {
        exchange(s, clock_seconds(), 10);
        waiting = false;
        for (size_t i = 0; i < CONNECTIONS; i++)
            waiting = waiting || s->connection[i].request;
    }
    for (size_t i = 0; i < CONNECTIONS; i++)
        close_connection(&s->connection[i]);
    return watch_memory(s, clock_seconds()) && alive && !waiting;
}

static double percentile(const struct soak *s, double share)
{
    const double want = share * (double)s->good;
    size_t seen = 0, i = 0;

    while (i < BUCKETS && (double)(seen += s->latency[i]) < want)
        i++;
    return (double)i / 100;
}

static bool report(const struct soak *s, double seconds, double rate)
{
    const size_t all = s->good + s->bad;
    const long growth = s->rss_last - s->rss_warm;
    const double reached = (double)all / seconds;
    const bool grown = growth > GROWTH_KIB, slow = reached < 0.9 * rate;

    printf("requests   %zu good, %zu malformed of %zu kinds, %zu connections\n", s->good, s->bad,
           s->requests.bad_count, s->reopened);
    printf("rate       %.0f a second of %.0f%s\n", reached, rate, slow ? ": TOO SLOW" : "");
    printf("latency    p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, from when a request was due\n",
           percentile(s, 0.5), percentile(s, 0.99), percentile(s, 0.999));
    printf("memory     %.1f MiB after warm-up, %.1f at the end, %.1f at most%s\n",
           (double)s->rss_warm / 1024, (double)s->rss_last / 1024, (double)s->rss_most / 1024,
           grown ? ": GROWN" : "");
    printf("wrong      %zu\n", s->wrong);
    return s->wrong == 0 && !grown && !slow;
}

int main(int argc, char **argv)
{
    struct soak *s = memory_take_zeroed(1, sizeof *s);
    struct arena memory = {0};
    struct error err = {0};
    int64_t number[4];
    bool ok = argc == 8;

    for (int i = 0; ok && i < 4; i++)
        ok = text_to_int64(argv[i + 1], strlen(argv[i + 1]), &number[i]) && number[i] > 0;
    if (!ok || number[0] > 65535) {
        fputs("usage: soak PORT PID SECONDS RATE ROWS ANSWERS RECORDS\n", stderr);
        return 2;
    }
    s->address = (struct sockaddr_in){.sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)number[0]),
                                      .sin_addr = {htonl(INADDR_LOOPBACK)}};
    s->pid = number[1];
    if (!soak_requests_read(&s->requests, argv[5], argv[6], argv[7], &memory, &err)) {
        fprintf(stderr, "soak: %s\n", err.text);
        return 1;
    }
    ok = run(s, (double)number[2], (double)number[3]);
    ok = report(s, (double)number[2], (double)number[3]) && ok;
    arena_clear(&memory);
    free(s);
    return ok ? 0 : 1;
}
