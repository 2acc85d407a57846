#include "base/arena.h"
#include "serve/http_internal.h"

#include <string.h>

struct http_changer {
    struct http *http;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct exchange *first, **last; /* waiting, oldest first */
    bool closing;
};

static struct exchange *next_exchange(struct http_changer *changer)
{
    struct exchange *exchange;

    pthread_mutex_lock(&changer->lock);
    while (!changer->first && !changer->closing)
        pthread_cond_wait(&changer->work, &changer->lock);
    exchange = changer->first;
    if (exchange) {
        changer->first = exchange->next;
        if (!changer->first)
            changer->last = &changer->first;
    }
    pthread_mutex_unlock(&changer->lock);
    return exchange;
}

static void *answer_changes(void *context)
{
    struct http_changer *changer = context;
    const struct http *http = changer->http;
    const size_t worker = service_changer(service_options(http->service));
    struct exchange *exchange;

    while ((exchange = next_exchange(changer))) {
        serve_answer(http->service, worker, &exchange->request, &exchange->answer,
                     &exchange->response);
        /* The id may be the worker's own, and the next request's takes its place. */
        snprintf(exchange->id, sizeof exchange->id, "%s", exchange->response.id);
        exchange->response.id = exchange->id;
        atomic_store_explicit(&exchange->answered, true, memory_order_release);
        http_loop_resume(exchange->connection->worker, exchange->handle);
    }
    return NULL;
}

struct http_changer *http_changer_start(struct http *http)
{
    struct http_changer *changer = memory_take_zeroed(1, sizeof *changer);

    changer->http = http;
    changer->last = &changer->first;
    pthread_mutex_init(&changer->lock, NULL);
    pthread_cond_init(&changer->work, NULL);
    /* Without a thread the event loops do the work. */
    if (pthread_create(&changer->thread, NULL, answer_changes, changer) == 0)
        return changer;
    http_changer_free(changer);
    return NULL;
}

bool http_changer_take(struct http_changer *changer, struct exchange *exchange)
{
    bool taken;

    if (!changer)
        return false;
    pthread_mutex_lock(&changer->lock);
    taken = !changer->closing;
    if (taken) {
        changer->http->api->suspend_connection(exchange->handle);
        exchange->next = NULL;
        *changer->last = exchange;
        changer->last = &exchange->next;
        pthread_cond_signal(&changer->work);
    }
    pthread_mutex_unlock(&changer->lock);
    return taken;
}

void http_changer_stop(struct http_changer *changer)
{
    if (!changer)
        return;
    pthread_mutex_lock(&changer->lock);
    const bool running = !changer->closing;
    changer->closing = true;
    pthread_cond_signal(&changer->work);
    pthread_mutex_unlock(&changer->lock);
    if (running)
        pthread_join(changer->thread, NULL);
}

void http_changer_free(struct http_changer *changer)
{
    if (!changer)
        return;
    pthread_cond_destroy(&changer->work);
    pthread_mutex_destroy(&changer->lock);
    free(changer);
}
