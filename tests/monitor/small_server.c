#include "monitor/small_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 20 };

static atomic_int stalled;

static bool say(int fd, const char *status, const char *extra, const char *body, size_t size)
{
    char head[256];
    const int length = snprintf(head, sizeof head,
                                "HTTP/1.1 %s\r\nContent-Type: text/plain\r\n%sContent-Length: "
                                "%zu\r\n\r\n",
                                status, extra, size);
    char *all = malloc((size_t)length + size);

    if (!all)
        abort();
    memcpy(all, head, (size_t)length);
    memcpy(all + length, body, size);
    const bool ok =
        send(fd, all, (size_t)length + size, MSG_NOSIGNAL) == (ssize_t)((size_t)length + size);
    free(all);
    return ok;
}

static bool raw(int fd, const char *bytes)
{
    return send(fd, bytes, strlen(bytes), MSG_NOSIGNAL) > 0;
}

/* False: close the connection. */
static bool answer(int fd, const char *path, const char *body, size_t size)
{
    char text[32];

    if (strncmp(path, "/answer ", 8) == 0)
        return say(fd, "200 OK", "", "False\n", 6);
    if (strncmp(path, "/stall ", 7) == 0) {
        if (atomic_fetch_add(&stalled, 1) == 50)
            usleep(300000);
        return say(fd, "200 OK", "", "False\n", 6);
    }
    if (strncmp(path, "/refuse ", 8) == 0)
        return say(fd, "422 Unprocessable", "", "{\"error\": \"no\"}", 15);
    if (strncmp(path, "/named ", 7) == 0) {
        static _Atomic unsigned last;
        char named[64];
        const int length =
            snprintf(named, sizeof named, "{\"error\": \"no\", \"request_id\": \"%u\"}", ++last);
        return say(fd, "422 Unprocessable", "", named, (size_t)length);
    }
    if (strncmp(path, "/row ", 5) == 0)
        return memchr(body, 'x', size) ? say(fd, "422 Unprocessable", "", "no\n", 3)
                                       : say(fd, "200 OK", "", "False\n", 6);
    if (strncmp(path, "/echo ", 6) == 0)
        return say(fd, "200 OK", "", body, size);
    if (strncmp(path, "/length ", 8) == 0)
        return say(fd, "200 OK", "", text, (size_t)snprintf(text, sizeof text, "%zu", size));
    if (strncmp(path, "/chunks ", 8) == 0)
        return raw(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nFa\r\n") &&
               raw(fd, "4;x=y\r\nlse\n\r\n0\r\nTrailer: 1\r\n\r\n");
    if (strncmp(path, "/close ", 7) == 0)
        return say(fd, "200 OK", "Connection: close\r\n", "False\n", 6) && false;
    if (strncmp(path, "/until ", 7) == 0)
        return raw(fd, "HTTP/1.1 200 OK\r\n\r\nFalse\n") && false;
    if (strncmp(path, "/garbage ", 9) == 0)
        return raw(fd, "220 mail.example.org ESMTP\r\n\r\n");
    if (strncmp(path, "/slow ", 6) == 0) {
        sleep(60);
        return false;
    }
    return false; /* /vanish */
}

static void *serve_connection(void *context)
{
    const int fd = (int)(intptr_t)context;
    char *in = malloc(REQUEST_MAX + 1);
    size_t used = 0;
    bool open = in != NULL;

    while (open) {
        in[used] = '\0';
        char *end = strstr(in, "\r\n\r\n"), *length = strstr(in, "Content-Length: ");
        const size_t head = end ? (size_t)(end - in) + 4 : 0;
        const size_t body = end && length && length < end ? strtoul(length + 16, NULL, 10) : 0;
        if (end && used >= head + body) {
            open = answer(fd, strchr(in, ' ') + 1, in + head, body);
            used -= head + body;
            memmove(in, in + head + body, used);
            continue;
        }
        const ssize_t got = recv(fd, in + used, REQUEST_MAX - used, 0);
        open = got > 0;
        used += open ? (size_t)got : 0;
    }
    free(in);
    close(fd);
    return NULL;
}

static void *serve(void *context)
{
    const int listener = (int)(intptr_t)context, one = 1;

    for (;;) {
        pthread_t thread;
        const int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (pthread_create(&thread, NULL, serve_connection, (void *)(intptr_t)fd) != 0)
            abort();
        pthread_detach(thread);
    }
    return NULL;
}

int small_server_start(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t thread;

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 128) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
        pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) != 0)
        abort();
    pthread_detach(thread);
    return ntohs(address.sin_port);
}
