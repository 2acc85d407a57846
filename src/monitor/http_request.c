#include "monitor/http_message.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static bool bad_url(const char *text, struct error *err)
{
    return error_set(err, ERR_ARG,
                     "'%.200s' is not a URL such as http://localhost:8080/invocations", text);
}

/* HOST[:PORT] or [ADDRESS][:PORT]. */
static bool split_host(struct http_url *url, const char *host, size_t length)
{
    const char *colon = memrchr(host, ':', length), *bracket = memrchr(host, ']', length);
    const char *end = host + length;
    int64_t port = 80;

    if (colon && (!bracket || colon > bracket)) {
        if (!text_to_int64(colon + 1, (size_t)(end - colon - 1), &port) || port < 1 || port > 65535)
            return false;
        end = colon;
    }
    if (end > host + 1 && host[0] == '[' && end[-1] == ']') {
        host++;
        end--;
    }
    if (end == host || (size_t)(end - host) >= sizeof url->host)
        return false;
    memcpy(url->host, host, (size_t)(end - host));
    snprintf(url->port, sizeof url->port, "%d", (int)port);
    return true;
}

bool http_url_parse(struct http_url *url, const char *text, struct error *err)
{
    static const char scheme[] = "http://";
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;

    *url = (struct http_url){0};
    if (strncasecmp(text, "https://", 8) == 0)
        return error_set(err, ERR_ARG, "'%.200s': only http:// is spoken here, not TLS", text);
    if (strncasecmp(text, scheme, sizeof scheme - 1) != 0 || strlen(text) >= HTTP_URL_MAX)
        return bad_url(text, err);
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '#')
            return bad_url(text, err);
    const char *host = text + sizeof scheme - 1;
    const size_t length = strcspn(host, "/?");
    if (!split_host(url, host, length))
        return bad_url(text, err);
    snprintf(url->path, sizeof url->path, "%s%s", host[length] == '/' ? "" : "/", host + length);
    const int status = getaddrinfo(url->host, url->port, &hints, &found);
    if (status != 0)
        return error_set(err, ERR_IO, "'%s' has no address: %s", url->host, gai_strerror(status));
    /* "localhost" is ::1 first on many machines, where our server listens on 127.0.0.1. */
    const struct addrinfo *chosen = found;
    while (chosen && chosen->ai_family != AF_INET)
        chosen = chosen->ai_next;
    if (!chosen)
        chosen = found;
    memcpy(&url->address, chosen->ai_addr, chosen->ai_addrlen);
    url->address_size = chosen->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

bool http_connect(int *fd, const struct http_url *url, struct error *err)
{
    const int one = 1;
    const int s = socket(url->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (s < 0)
        return error_set(err, ERR_IO, "cannot open a socket: %s", strerror(errno));
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(s, (const struct sockaddr *)&url->address, url->address_size) != 0 &&
        errno != EINPROGRESS) {
        error_set(err, ERR_IO, "cannot connect to %s:%s: %s", url->host, url->port,
                  strerror(errno));
        close(s);
        return false;
    }
    *fd = s;
    return true;
}

static bool add_header(struct text *out, const char *name, const char *before, const char *value,
                       struct error *err)
{
    if (!value)
        return true;
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c < ' ' && *c != '\t')
            return error_set(err, ERR_DATA, "a control character in header '%s'", name);
    text_add_format(out, "%s: %s%s\r\n", name, before, value);
    return true;
}

bool http_request_write(struct text *out, const struct http_url *url,
                        const struct http_request *request, struct error *err)
{
    const char *path = request->path ? request->path : url->path;
    const bool six = strchr(url->host, ':') != NULL;

    for (const char *c = path; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            return error_set(err, ERR_DATA, "'%.200s' is not a path of a URL", path);
    text_add_format(out, "%s %s HTTP/1.1\r\nHost: %s%s%s:%s\r\n", request->method, path,
                    six ? "[" : "", url->host, six ? "]" : "", url->port);
    if (!add_header(out, "Content-Type", "", request->content_type, err) ||
        !add_header(out, "Accept", "", request->accept, err) ||
        !add_header(out, "Authorization", "Bearer ", request->bearer, err) ||
        !add_header(out, "X-Request-Id", "", request->id, err))
        return false;
    if (request->body.bytes)
        text_add_format(out, "Content-Length: %zu\r\n", request->body.length);
    text_add(out, "\r\n", 2);
    text_add(out, request->body.bytes, request->body.length);
    return true;
}
