/*
 * ranks_socket — neighbours through TCP, for processes that know each other's hosts and were not
 * started by an mpirun.
 */
#include "remote/ranks_wire.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/interrupt.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct link {
    int fd[2]; /* before, after; -1 where there is none */
};

/* Said by both ends of a new connection: they belong to each other. */
struct greeting {
    uint64_t mark, job;
    uint32_t rank, size; /* of the one who says it */
};

#define GREETING_MARK 0x31534B4E4152514Eull /* "NQRANKS1" */

enum { MOMENT_MS = 200, GREETING_SECONDS = 5 };

/*
 * Wait until the socket is ready: 1, or 0 when a moment has passed. False on an interrupt. A read
 * or write that follows says what is wrong with the socket.
 */
static bool wait_for(int fd, short events, struct error *err)
{
    struct pollfd entry = {.fd = fd, .events = events};

    if (poll(&entry, 1, MOMENT_MS) < 0 && errno != EINTR)
        return error_set(err, ERR_IO, "poll: %s", strerror(errno));
    return interrupt_check("waiting for another process", err);
}

static bool would_wait(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static bool socket_send(struct ranks *ranks, enum ranks_side side, const void *bytes, size_t size,
                        double seconds, struct error *err)
{
    const struct link *link = ranks->link;
    const double end = clock_seconds() + seconds;
    const char *from = bytes;

    while (size) {
        const ssize_t sent = send(link->fd[side], from, size, MSG_NOSIGNAL);
        if (sent < 0 && !would_wait())
            return ranks_lost(ranks, side, strerror(errno), err);
        if (sent > 0) {
            from += sent;
            size -= (size_t)sent;
            continue;
        }
        if (seconds > 0 && clock_seconds() > end)
            return ranks_lost(ranks, side, "it does not answer", err);
        if (!wait_for(link->fd[side], POLLOUT, err) && seconds <= 0) {
            ranks->torn[side] = true;
            return false;
        }
    }
    return true;
}

static bool socket_receive(struct ranks *ranks, enum ranks_side side, void *bytes, size_t size,
                           struct error *err)
{
    const struct link *link = ranks->link;
    char *to = bytes;

    while (size) {
        const ssize_t got = recv(link->fd[side], to, size, 0);
        if (got == 0)
            return ranks_lost(ranks, side, "it has closed the connection", err);
        if (got < 0 && !would_wait())
            return ranks_lost(ranks, side, strerror(errno), err);
        if (got > 0) {
            to += got;
            size -= (size_t)got;
        } else if (!wait_for(link->fd[side], POLLIN, err))
            return false;
    }
    return true;
}

static void close_link(struct link *link)
{
    for (int side = 0; side < 2; side++)
        if (link->fd[side] >= 0)
            close(link->fd[side]);
    free(link);
}

static void socket_close(struct ranks *ranks, bool done)
{
    (void)done;
    close_link(ranks->link);
}

/* A machine that loses its power says nothing: the kernel asks after it. */
static void prepare_socket(int fd)
{
    const int on = 1, idle = 30, every = 10, times = 6;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
}

/* One try to get or to give a greeting on a fresh connection, within a few seconds. */
static bool transfer(int fd, struct greeting *greeting, bool sends, struct error *err)
{
    const double end = clock_seconds() + GREETING_SECONDS;
    size_t done = 0;

    while (done < sizeof *greeting && clock_seconds() < end) {
        char *at = (char *)greeting + done;
        const size_t left = sizeof *greeting - done;
        const ssize_t moved = sends ? send(fd, at, left, MSG_NOSIGNAL) : recv(fd, at, left, 0);
        if (moved > 0)
            done += (size_t)moved;
        else if (moved == 0 || !would_wait() || !wait_for(fd, sends ? POLLOUT : POLLIN, err))
            return false;
    }
    return done == sizeof *greeting;
}

/* Do the two belong together? `rank` is the one that must be at the other end. */
static bool greet(int fd, const struct ranks_hosts *hosts, size_t rank, struct error *err)
{
    struct greeting mine = {GREETING_MARK, hosts->job, (uint32_t)hosts->rank,
                            (uint32_t)hosts->size};
    struct greeting theirs;

    return transfer(fd, &mine, true, err) && transfer(fd, &theirs, false, err) &&
           theirs.mark == GREETING_MARK && theirs.job == hosts->job && theirs.rank == rank &&
           theirs.size == hosts->size;
}

static size_t port_of(const struct ranks_hosts *hosts, size_t rank)
{
    return (hosts->port ? hosts->port : RANKS_PORT) + rank;
}

static double wait_of(const struct ranks_hosts *hosts)
{
    return hosts->seconds > 0 ? hosts->seconds : RANKS_WAIT;
}

static bool find_address(const struct ranks_hosts *hosts, size_t rank, struct addrinfo **found,
                         struct error *err)
{
    const struct addrinfo want = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    char port[24];

    if (port_of(hosts, rank) > 65535)
        return error_set(err, ERR_LIMIT, "process %zu would need port %zu, the highest is 65535",
                         rank, port_of(hosts, rank));
    snprintf(port, sizeof port, "%zu", port_of(hosts, rank));
    const int failed = getaddrinfo(hosts->host[rank], port, &want, found);
    return !failed || error_set(err, ERR_IO, "%s", gai_strerror(failed));
}

/* Listen where the next rank will look: at the address of this host's own name. */
static bool start_listening(const struct ranks_hosts *hosts, int *fd, struct error *err)
{
    struct addrinfo *found;
    const int on = 1;

    *fd = -1;
    if (hosts->rank + 1 == hosts->size)
        return true;
    if (!find_address(hosts, hosts->rank, &found, err))
        return error_wrap(err, "host '%.64s', this one", hosts->host[hosts->rank]);
    *fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool ok = *fd >= 0 && setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
              bind(*fd, found->ai_addr, found->ai_addrlen) == 0 && listen(*fd, 16) == 0;
    if (!ok)
        error_set(err, ERR_IO, "cannot listen on host '%.64s', this one, port %zu: %s",
                  hosts->host[hosts->rank], port_of(hosts, hosts->rank), strerror(errno));
    freeaddrinfo(found);
    return ok;
}

static bool wait_for_next(const struct ranks_hosts *hosts, int listener, double end, int *fd,
                          struct error *err)
{
    const size_t rank = hosts->rank + 1;

    for (;;) {
        const int got = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (got >= 0 && greet(got, hosts, rank, err)) {
            *fd = got;
            return true;
        }
        if (got >= 0)
            close(got);
        if (clock_seconds() > end)
            return error_set(err, ERR_IO,
                             "host '%.64s' (process %zu of %zu) has not come within %.0f seconds",
                             hosts->host[rank], rank, hosts->size, wait_of(hosts));
        if (!wait_for(listener, POLLIN, err))
            return false;
    }
}

/* One try: the connection, or -1 with a reason. */
static int connect_once(const struct ranks_hosts *hosts, size_t rank, struct error *why)
{
    struct addrinfo *found;
    struct pollfd entry = {.events = POLLOUT};
    int problem = 0;
    socklen_t length = sizeof problem;

    if (!find_address(hosts, rank, &found, why))
        return -1;
    entry.fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const bool begun = entry.fd >= 0 && (!connect(entry.fd, found->ai_addr, found->ai_addrlen) ||
                                         errno == EINPROGRESS);
    if (!begun)
        problem = errno;
    else if (poll(&entry, 1, GREETING_SECONDS * 1000) < 1)
        problem = ETIMEDOUT;
    else
        getsockopt(entry.fd, SOL_SOCKET, SO_ERROR, &problem, &length);
    freeaddrinfo(found);
    if (!problem && greet(entry.fd, hosts, rank, why))
        return entry.fd;
    /* A host that was there and is gone again says less than what it said before. */
    if (problem != ECONNREFUSED || why->code == ERR_NONE)
        error_set(why, ERR_IO, "%s", problem ? strerror(problem) : "it works on another job");
    if (entry.fd >= 0)
        close(entry.fd);
    return -1;
}

static bool connect_to_last(const struct ranks_hosts *hosts, double end, int *fd, struct error *err)
{
    const struct timespec moment = {.tv_nsec = MOMENT_MS * 1000000L};
    const size_t rank = hosts->rank - 1;
    struct error why = {0};

    while ((*fd = connect_once(hosts, rank, &why)) < 0) {
        if (!interrupt_check("waiting for another host", err))
            return false;
        if (clock_seconds() > end)
            return error_set(err, ERR_IO,
                             "cannot reach host '%.64s' (process %zu of %zu) on port %zu within "
                             "%.0f seconds: %.200s",
                             hosts->host[rank], rank, hosts->size, port_of(hosts, rank),
                             wait_of(hosts), why.text);
        nanosleep(&moment, NULL);
    }
    return true;
}

static void name_side(struct ranks *ranks, enum ranks_side side, const char *host)
{
    prepare_socket(((struct link *)ranks->link)->fd[side]);
    snprintf(ranks->name[side], sizeof ranks->name[side], " ('%.64s')", host);
}

bool ranks_open_hosts(struct ranks **out, const struct ranks_hosts *hosts, struct error *err)
{
    static const struct ranks_wire wire = {socket_send, socket_receive, socket_close};
    const double end = clock_seconds() + wait_of(hosts);
    struct link *link;
    int listener;
    bool ok;

    *out = NULL;
    if (hosts->size > RANKS_MAX)
        return error_set(err, ERR_LIMIT, "%zu hosts, the limit is %d", hosts->size, RANKS_MAX);
    if (hosts->size < 2)
        return true;
    link = memory_take(1, sizeof *link);
    *link = (struct link){{-1, -1}};
    ok = start_listening(hosts, &listener, err) &&
         (hosts->rank == 0 || connect_to_last(hosts, end, &link->fd[RANKS_BEFORE], err)) &&
         (listener < 0 || wait_for_next(hosts, listener, end, &link->fd[RANKS_AFTER], err));
    if (listener >= 0)
        close(listener);
    if (!ok) {
        close_link(link);
        return false;
    }
    struct ranks *ranks = memory_take_zeroed(1, sizeof *ranks);
    *ranks = (struct ranks){.rank = hosts->rank, .size = hosts->size, .wire = &wire, .link = link};
    if (hosts->rank > 0)
        name_side(ranks, RANKS_BEFORE, hosts->host[hosts->rank - 1]);
    if (hosts->rank + 1 < hosts->size)
        name_side(ranks, RANKS_AFTER, hosts->host[hosts->rank + 1]);
    *out = ranks;
    return true;
}
