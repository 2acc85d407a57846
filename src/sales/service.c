#include "sales/service.h"

#include "sales/service_internal.h"

#include <string.h>
#include <time.h>

struct sales_post *sales_post_new(void)
{
    return memory_take_zeroed(1, sizeof(struct sales_post));
}

void sales_post_free(struct sales_post *post)
{
    if (!post)
        return;
    arena_clear(&post->memory);
    free(post);
}

void sales_post_stamp(struct sales_post *post, int64_t time, const char *request)
{
    const char *copy = arena_string(&post->memory, request, strlen(request));

    for (size_t i = 0; i < post->rows.rows; i++) {
        post->rows.row[i].time = time;
        post->rows.row[i].request = copy;
    }
}

static void init_queue(struct sales_service *service)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&service->queue_lock, NULL);
    pthread_mutex_init(&service->book_lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&service->queued, &attributes);
    pthread_condattr_destroy(&attributes);
    service->last = &service->first;
}

static void free_service(struct sales_service *service)
{
    for (size_t i = 0; i < SALES_LISTS; i++)
        service_list_release(service->list[i]);
    sales_store_close(service->store);
    sales_book_free(service->book);
    free(service->batch);
    pthread_cond_destroy(&service->queued);
    pthread_mutex_destroy(&service->queue_lock);
    pthread_mutex_destroy(&service->book_lock);
    free(service);
}

bool sales_service_open(struct sales_service **service, const char *store, struct error *err)
{
    struct sales_service *made = memory_take_zeroed(1, sizeof *made);

    init_queue(made);
    made->book = sales_book_new();
    made->version = 1;
    made->seen.generation = -1;
    if (!sales_store_open(&made->store, store, err) || !service_writer_load(made, err)) {
        free_service(made);
        return false;
    }
    if (pthread_create(&made->writer, NULL, service_writer_run, made) != 0) {
        free_service(made);
        return error_set(err, ERR_IO, "no thread to write sales");
    }
    made->running = true;
    *service = made;
    return true;
}

void sales_service_stop(struct sales_service *service)
{
    if (!service->running)
        return;
    pthread_mutex_lock(&service->queue_lock);
    service->stopping = true;
    pthread_cond_signal(&service->queued);
    pthread_mutex_unlock(&service->queue_lock);
    pthread_join(service->writer, NULL);
    service->running = false;
}

void sales_service_close(struct sales_service *service)
{
    if (!service)
        return;
    sales_service_stop(service);
    free_service(service);
}

void sales_service_submit(struct sales_service *service, struct sales_post *post)
{
    bool taken;

    post->next = NULL;
    pthread_mutex_lock(&service->queue_lock);
    taken = !service->stopping;
    if (taken) {
        *service->last = post;
        service->last = &post->next;
        pthread_cond_signal(&service->queued);
    }
    pthread_mutex_unlock(&service->queue_lock);
    if (!taken) {
        error_set(&post->err, ERR_INTERRUPT, "the server is stopping");
        post->done(post->context);
    }
}

/* What sales_service_take() waits on. */
struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
};

static void wake(void *context)
{
    struct waiting *waiting = context;

    pthread_mutex_lock(&waiting->lock);
    waiting->done = true;
    pthread_cond_signal(&waiting->changed);
    pthread_mutex_unlock(&waiting->lock);
}

bool sales_service_take(struct sales_service *service, struct sales_post *post)
{
    struct waiting waiting = {.done = false};

    pthread_mutex_init(&waiting.lock, NULL);
    pthread_cond_init(&waiting.changed, NULL);
    post->done = wake;
    post->context = &waiting;
    sales_service_submit(service, post);
    pthread_mutex_lock(&waiting.lock);
    while (!waiting.done)
        pthread_cond_wait(&waiting.changed, &waiting.lock);
    pthread_mutex_unlock(&waiting.lock);
    pthread_mutex_destroy(&waiting.lock);
    pthread_cond_destroy(&waiting.changed);
    return post->err.code == ERR_NONE;
}

void service_list_release(struct sales_made_list *list)
{
    if (!list || atomic_fetch_sub(&list->holders, 1) > 1)
        return;
    text_clear(&list->text);
    free(list);
}

/* Under the book's lock. */
static struct sales_made_list *make_list(struct sales_service *service, enum sales_list which)
{
    struct sales_made_list *made = memory_take_zeroed(1, sizeof *made);
    const struct sales_monthly_query query = {.remove_outliers = (which - SALES_MONTHLY) & 1,
                                              .details = (which - SALES_MONTHLY) & 2};

    atomic_init(&made->holders, 1);
    made->version = service->version;
    if (which == SALES_RAW)
        sales_book_raw(service->book, &made->text);
    else if (which == SALES_UNRECOGNISED)
        sales_book_unrecognised(service->book, &made->text);
    else
        sales_book_monthly(service->book, &query, &made->text);
    return made;
}

void sales_service_list(struct sales_service *service, enum sales_list which, struct text *out)
{
    struct sales_made_list *list;

    pthread_mutex_lock(&service->book_lock);
    list = service->list[which];
    if (!list || list->version != service->version) {
        service_list_release(list);
        list = service->list[which] = make_list(service, which);
    }
    atomic_fetch_add(&list->holders, 1);
    pthread_mutex_unlock(&service->book_lock);
    text_add(out, list->text.bytes, list->text.length);
    service_list_release(list);
}

bool sales_service_healthy(struct sales_service *service, struct error *err)
{
    pthread_mutex_lock(&service->book_lock);
    *err = service->trouble;
    pthread_mutex_unlock(&service->book_lock);
    return err->code == ERR_NONE;
}
