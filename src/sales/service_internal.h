/* service_internal — what service.c and its writer share. */
#ifndef QUERN_SALES_SERVICE_INTERNAL_H
#define QUERN_SALES_SERVICE_INTERNAL_H

#include "sales/service.h"

#include <pthread.h>
#include <stdatomic.h>

/* A list as it is sent, of one version of the book; freed with its last holder. */
struct sales_made_list {
    atomic_size_t holders;
    uint64_t version;
    struct text text;
};

struct sales_service {
    /* Of the writer alone, once it runs. */
    struct sales_store *store;
    struct sales_position seen;  /* of bronze: what the book holds */
    struct sales_position known; /* of the tables in the store */
    bool whole;                  /* the tables in the store may be anything */
    double flushed, flush_took;  /* when the tables were written last, and for how long */
    double looked;               /* when others' changes were looked for */
    struct sales_row *batch;
    size_t batch_room;

    pthread_t writer;
    bool running;

    pthread_mutex_t queue_lock;
    pthread_cond_t queued;
    struct sales_post *first, **last;
    bool stopping;

    pthread_mutex_t book_lock;
    struct sales_book *book;
    uint64_t version; /* changes with the book */
    struct sales_made_list *list[SALES_LISTS];
    struct error trouble; /* of the last use of the store */
};

void service_list_release(struct sales_made_list *list);

/* service_writer.c: fill the book from the store, and the thread. */
MUST_CHECK bool service_writer_load(struct sales_service *service, struct error *err);
void *service_writer_run(void *service);

#endif
