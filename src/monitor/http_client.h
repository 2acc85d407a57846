/* http_client — one kept-alive connection that asks and waits, one request after the other. */
#ifndef QUERN_MONITOR_HTTP_CLIENT_H
#define QUERN_MONITOR_HTTP_CLIENT_H

#include "monitor/http_message.h"

struct http_client {
    struct http_url url;
    double timeout; /* seconds for one answer */
    int fd;         /* -1: not connected */
    struct text out;
    char *in;
    size_t room;
};

MUST_CHECK bool http_client_open(struct http_client *client, const char *url, double timeout,
                                 struct error *err);
/* The answer's texts live until the next call. ERR_IO: no answer, or none that is HTTP. */
MUST_CHECK bool http_client_ask(struct http_client *client, const struct http_request *request,
                                struct http_answer *answer, struct error *err);
void http_client_close(struct http_client *client);

#endif
