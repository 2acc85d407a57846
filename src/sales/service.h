/*
 * service — sales taken and given: a store, the book of what is in it, and one thread that writes.
 *
 * Posts from any thread are queued; the writer waits a moment for more, takes all of them, puts
 * them into the store with one write (group commit), reads back what changed and brings the book up
 * to date before it says that a post is done. So a list asked for after that has its rows. The
 * writer also looks for what other processes wrote to the same store (SALES_FOLLOW_SECONDS), and
 * writes silver, weekly and monthly back to the store a little later (SALES_TABLES_SECONDS) and
 * when it stops.
 *
 * Lists are made once for each change of the book, when first asked for.
 */
#ifndef QUERN_SALES_SERVICE_H
#define QUERN_SALES_SERVICE_H

#include "base/text.h"
#include "sales/book.h"
#include "sales/rows.h"

enum { SALES_STORE_ROWS_MAX = 10000000 /* rows of one store; it is kept in memory too */ };
#define SALES_FOLLOW_SECONDS 0.05
#define SALES_TABLES_SECONDS 0.5

struct sales_service;

/* Open a store ("sqlite:FILE", ...) and read it. The thread starts with all signals as they are. */
MUST_CHECK bool sales_service_open(struct sales_service **service, const char *store,
                                   struct error *err);
/* Finish what was submitted; posts that come later fail. Lists can still be asked for. */
void sales_service_stop(struct sales_service *service);
/* Stops it too. No-op on NULL. */
void sales_service_close(struct sales_service *service);

/* A change on its way: made by sales_post_new(), given to sales_post_free() after it is done. */
struct sales_post {
    struct arena memory;
    struct sales_rows rows;
    bool empties;                /* forget all rows; then `rows` is not looked at */
    struct error err;            /* once done; ERR_NONE: it is in the store */
    void (*done)(void *context); /* called by the writer */
    void *context;
    struct sales_post *next;
};

struct sales_post *sales_post_new(void);
/* No-op on NULL. */
void sales_post_free(struct sales_post *post);
/* Set the time and the request's id (copied) of all rows. */
void sales_post_stamp(struct sales_post *post, int64_t time, const char *request);

/* Queue a post. `done` may be called before this returns. */
void sales_service_submit(struct sales_service *service, struct sales_post *post);
/* Queue it and wait; `done` is not looked at. False: post->err says why. */
bool sales_service_take(struct sales_service *service, struct sales_post *post);

/* Monthly lists are SALES_MONTHLY + remove_outliers + 2 * details. */
enum sales_list { SALES_RAW, SALES_UNRECOGNISED, SALES_MONTHLY, SALES_LISTS = SALES_MONTHLY + 4 };

/* Add a list, as JSON, to `out`. */
void sales_service_list(struct sales_service *service, enum sales_list which, struct text *out);

/* Whether the store could be read and written when last tried; else a sentence in `err`. */
bool sales_service_healthy(struct sales_service *service, struct error *err);

#endif
