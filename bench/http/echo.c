/*
 * echo — the least a libmicrohttpd server can do: read a body, forget it, answer "False". What the
 * row http_churn_echo is measured against.
 *
 *   echo PORT
 *
 * One event loop (epoll), keep-alive, one response object made once and queued for every request.
 */
#include <microhttpd.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *body,
                              size_t *size, void **request)
{
    static int seen;

    if (!*request) {
        *request = &seen;
        return MHD_YES;
    }
    if (*size > 0) {
        *size = 0;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, context);
}

int main(int argc, char **argv)
{
    static char text[] = "False";
    struct MHD_Response *response =
        MHD_create_response_from_buffer(sizeof text - 1, text, MHD_RESPMEM_PERSISTENT);
    sigset_t stop;
    int number;

    if (argc != 2 || !response)
        return 2;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/csv");
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, (unsigned short)atoi(argv[1]), NULL, NULL,
                         answer, response, MHD_OPTION_END);
    if (!daemon) {
        fprintf(stderr, "echo: cannot listen on port %s\n", argv[1]);
        return 1;
    }
    puts("ready");
    fflush(stdout);
    sigwait(&stop, &number);
    MHD_stop_daemon(daemon);
    MHD_destroy_response(response);
    return 0;
}
