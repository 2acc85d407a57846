/* support — small bundles, a server as a process, and requests as bytes on a socket. */
#ifndef QUERN_TESTS_SERVE_SUPPORT_H
#define QUERN_TESTS_SERVE_SUPPORT_H

#include "support/test.h"

#include <sys/types.h>

/*
 * A bundle "pair" in the test folder: numbers `first` and `second`, answered with the label of the
 * larger, labels[0] or labels[1], and both as scores. A bare CSV answer is the label.
 */
const char *pair_bundle(const char *folder, const char *first_label, const char *second_label);

/* `quern serve` with these arguments on a free port; ready when this returns. */
struct server_process {
    pid_t process;
    unsigned port;
    char log[256]; /* file with its stderr */
};
struct server_process server_start(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Send a signal and give the exit status (128 + signal if killed); kills it after 30 seconds. */
int server_stop(struct server_process *server, int signal);

/* Whether nobody accepts connections any more. */
bool server_refuses(unsigned port);
/* A connection; fails the test when there is none. */
int server_connect(unsigned port);
void send_text(int socket, const char *text);
void send_bytes(int socket, const void *bytes, size_t size);

struct answer {
    int status; /* 0: the connection ended first */
    char *head, *body;
    size_t size; /* of the body */
};
/* Read one answer with its Content-Length, for at most 20 seconds. answer_clear() it. */
struct answer receive_answer(int socket);
void answer_clear(struct answer *answer);
/* True when the other side closes within 20 seconds, whatever it sends before. */
bool is_closed(int socket);

/* One request on a connection of its own; `head` holds further header lines, each with CRLF. */
struct answer ask(unsigned port, const char *method, const char *path, const char *head,
                  const char *body);

#endif
