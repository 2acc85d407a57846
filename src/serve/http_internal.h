/* http_internal — event loops, connections and exchanges, shared by the files http*.c. */
#ifndef QUERN_SERVE_HTTP_INTERNAL_H
#define QUERN_SERVE_HTTP_INTERNAL_H

#include "serve/http.h"
#include "serve/microhttpd_api.h"

#include <pthread.h>
#include <stdatomic.h>

enum phase { PHASE_WAITING, PHASE_READING, PHASE_ANSWERING, PHASE_ENDED };

/*
 * The phase goes from READING to ANSWERING (event loop) or to ENDED (watch): whoever changes it
 * first has the request.
 */
struct connection {
    struct http_worker *worker;
    struct connection *next, *previous; /* under the worker's lock */
    int socket;
    _Atomic int phase;
    _Atomic double since; /* when the phase began, clock_seconds() */
    double left;          /* the watcher's: `since` of the wait in which it saw the client leave */
};

/* One request; kept and used again by its worker. */
struct exchange {
    struct connection *connection;
    struct exchange *next; /* free ones */
    struct serve_request request;
    struct serve_response response;
    struct text body, answer;
    bool begun, done;
    atomic_bool answered; /* by the changer */
    atomic_bool stored;   /* the post it waited for is done */
    /* Of a change: */
    struct MHD_Connection *handle;
    char id[REQUEST_ID_MAX + 1];
};

struct http_worker {
    struct http *http;
    size_t index;
    struct MHD_Daemon *daemon;
    int socket;      /* listening; the daemon's until it is quiesced */
    int epoll, wake; /* the daemon's events; an eventfd of ours */
    struct exchange *free;
    struct metrics *metrics;
    pthread_mutex_t lock;
    struct connection *first;
    pthread_t thread; /* the event loop */
    atomic_bool stopping;
    size_t begun; /* requests; the event loop's */
};

struct http {
    const struct microhttpd_api *api;
    struct service *service;
    struct http_worker *worker; /* [workers] */
    size_t workers;
    double timeout;
    double looked; /* when http_watch() last looked for clients that have left */
    bool tls;
    atomic_bool draining;
    struct http_changer *changer;
};

/* The event loop of a worker. */
bool http_loop_start(struct http_worker *worker, const struct http_options *options,
                     struct error *err);
/* Step on with a suspended connection; from any thread. */
void http_loop_resume(const struct http_worker *worker, struct MHD_Connection *handle);
/* Once http->draining is set: accept no more. */
void http_loop_drain(const struct http_worker *worker);
/* Wait for its end and close its connections; none is suspended any more. */
void http_loop_stop(struct http_worker *worker);

/*
 * Changes of models are answered by a thread of their own, since opening a bundle may take long:
 * the connection is suspended, and http_exchange_step() is called again once the answer is there.
 */
struct http_changer *http_changer_start(struct http *http);
/* False: it is closing, and the event loop must answer itself. */
bool http_changer_take(struct http_changer *changer, struct exchange *exchange);
/* Answers what it has; no connection is suspended when this returns. */
void http_changer_stop(struct http_changer *changer);
/* After the event loops. */
void http_changer_free(struct http_changer *changer);

/*
 * Count and log a request that ended before it was whole, and tell its client why: the only answers
 * that libmicrohttpd does not write, and TLS has none. Whoever moved the phase from READING to
 * ENDED calls it; a socket that takes none of it is gone.
 */
struct give_up {
    int status; /* 400 or 408 */
    const char *sentence;
    double started; /* clock_seconds() */
};
void http_give_up(struct http *http, size_t worker, const struct connection *connection,
                  const struct give_up *why);
extern const char http_cut_sentence[];

/* Callbacks of libmicrohttpd. */
void http_connection(void *worker, struct MHD_Connection *handle, void **state,
                     enum MHD_ConnectionNotificationCode what);
void *http_exchange_begin(void *worker, const char *uri, struct MHD_Connection *handle);
enum MHD_Result http_exchange_step(void *worker, struct MHD_Connection *handle, const char *path,
                                   const char *method, const char *version, const char *bytes,
                                   size_t *size, void **state);
void http_exchange_end(void *worker, struct MHD_Connection *handle, void **state,
                       enum MHD_RequestTerminationCode why);
/* Free what a worker keeps for later exchanges. */
void http_exchange_forget(struct http_worker *worker);

#endif
