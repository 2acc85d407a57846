#include "serve/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

bool listen_is_local(const char *host)
{
    struct in_addr address;

    if (strcmp(host, "::1") == 0 || strcmp(host, "localhost") == 0)
        return true;
    return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

static bool bind_to(int fd, const struct addrinfo *address, size_t *bound, const char *host,
                    size_t port, struct error *err)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    const int on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* accepted sockets inherit it */
    if (bind(fd, address->ai_addr, address->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&name, &length) != 0)
        return error_set(err, ERR_IO, "cannot listen on %s port %zu: %s", host, port,
                         strerror(errno));
    *bound = ntohs(name.ss_family == AF_INET6
                       ? ((const struct sockaddr_in6 *)(const void *)&name)->sin6_port
                       : ((const struct sockaddr_in *)(const void *)&name)->sin_port);
    return true;
}

bool listen_open(int *socket_, size_t *bound, const char *host, size_t port, struct error *err)
{
    const struct addrinfo want = {.ai_family = AF_UNSPEC,
                                  .ai_socktype = SOCK_STREAM,
                                  .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char service[16];
    bool ok;

    snprintf(service, sizeof service, "%zu", port);
    const int failed = getaddrinfo(host, service, &want, &found);
    if (failed != 0)
        return error_set(err, ERR_ARG, "host '%s': %s", host, gai_strerror(failed));
    const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        ok = error_set(err, ERR_IO, "no socket: %s", strerror(errno));
    else
        ok = bind_to(fd, found, bound, host, port, err);
    freeaddrinfo(found);
    if (!ok && fd >= 0)
        close(fd);
    if (ok)
        *socket_ = fd;
    return ok;
}
