/* The one thread that uses the store. */
#include "base/clock.h"
#include "base/log.h"
#include "sales/service_internal.h"

#include <math.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

enum { BATCH_ROWS = 200000, FLUSH_PAUSES = 10, GATHER_NANOSECONDS = 300000 };

/* Rows that came from the store, copied. */
struct incoming {
    struct arena memory;
    struct sales_row *row;
    size_t rows, room;
};

static void keep_row(void *context, const struct sales_row *row)
{
    struct incoming *incoming = context;

    if (incoming->rows == incoming->room) {
        incoming->room = incoming->room ? 2 * incoming->room : 64;
        incoming->row = memory_resize(incoming->row, incoming->room, sizeof *incoming->row);
    }
    struct sales_row *kept = &incoming->row[incoming->rows++];
    *kept = *row;
    kept->vegetable = arena_string(&incoming->memory, row->vegetable, strlen(row->vegetable));
    kept->posted = arena_string(&incoming->memory, row->posted, strlen(row->posted));
    kept->request = NULL; /* the book has no use for it */
}

/* Bring the book to where the store is. */
static bool catch_up(struct sales_service *service, struct error *err)
{
    struct incoming incoming = {0};
    struct sales_position now;
    const bool ok = service->store->kind->changes(service->store, service->seen, keep_row,
                                                  &incoming, &now, err);

    if (ok && (incoming.rows > 0 || now.generation != service->seen.generation)) {
        pthread_mutex_lock(&service->book_lock);
        if (now.generation != service->seen.generation) {
            sales_book_free(service->book);
            service->book = sales_book_new();
            service->known = (struct sales_position){.generation = now.generation};
            service->whole = false;
        }
        for (size_t i = 0; i < incoming.rows; i++)
            sales_book_put(service->book, &incoming.row[i]);
        service->version++;
        pthread_mutex_unlock(&service->book_lock);
    }
    if (ok)
        service->seen = now;
    free(incoming.row);
    arena_clear(&incoming.memory);
    return ok;
}

/* The same for the same rows in any order. */
static uint64_t digest(const struct sales_tables *tables)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < tables->silvers; i++) {
        const struct sales_silver *row = &tables->silver[i];
        uint64_t hash = XXH3_64bits_withSeed(row->written, strlen(row->written),
                                             (uint64_t)(uint32_t)row->period);
        hash = XXH3_64bits_withSeed(row->vegetable, strlen(row->vegetable), hash);
        sum += XXH3_64bits_withSeed(&row->sales, sizeof row->sales, hash + row->recognised);
    }
    for (size_t i = 0; i < tables->weeklies; i++) {
        const struct sales_weekly *row = &tables->weekly[i];
        const uint64_t hash = XXH3_64bits_withSeed(row->vegetable, strlen(row->vegetable),
                                                   (uint64_t)(uint32_t)row->start);
        sum += XXH3_64bits_withSeed(&row->sales, sizeof row->sales, hash + row->is_outlier);
    }
    for (size_t i = 0; i < tables->monthlies; i++) {
        const struct sales_monthly *row = &tables->monthly[i];
        const double sales[2] = {row->sales, row->safe_sales};
        const uint64_t hash = XXH3_64bits_withSeed(row->vegetable, strlen(row->vegetable),
                                                   (uint64_t)(uint32_t)row->year_month);
        sum += XXH3_64bits_withSeed(sales, sizeof sales, hash + row->weeks + (row->outliers << 32));
    }
    return sum;
}

bool service_writer_load(struct sales_service *service, struct error *err)
{
    struct arena memory = {0};
    struct sales_tables there, made;
    struct sales_position at = {0};
    bool ok = catch_up(service, err) &&
              service->store->kind->read_tables(service->store, &there, &at, &memory, err);

    if (ok) {
        /* An earlier program may have known fewer names. */
        made = sales_book_tables(service->book, true, &memory);
        service->known = at;
        service->whole = digest(&there) != digest(&made);
        if (service->whole)
            service->known.generation = -1;
    }
    arena_clear(&memory);
    return ok;
}

/* Remember that the store fails, and say so once. */
static void note(struct sales_service *service, const struct error *err)
{
    bool first;

    pthread_mutex_lock(&service->book_lock);
    first = err->code != ERR_NONE && service->trouble.code == ERR_NONE;
    service->trouble = *err;
    pthread_mutex_unlock(&service->book_lock);
    if (first)
        log_warning("sales: %s", err->text);
}

/* Rows of the posts from `first` on, up to one that empties and to a size that is enough. */
static size_t gather(struct sales_service *service, struct sales_post *first,
                     struct sales_post **behind)
{
    size_t rows = 0;
    struct sales_post *post = first;

    for (; post && !post->empties && rows < BATCH_ROWS; post = post->next) {
        if (rows + post->rows.rows > service->batch_room) {
            service->batch_room = 2 * (rows + post->rows.rows);
            service->batch =
                memory_resize(service->batch, service->batch_room, sizeof *service->batch);
        }
        if (post->rows.rows)
            memcpy(service->batch + rows, post->rows.row, post->rows.rows * sizeof *service->batch);
        rows += post->rows.rows;
    }
    *behind = post;
    return rows;
}

/* The book is behind after a commit that could not be read back: the rows are safe all the same. */
static void refresh(struct sales_service *service)
{
    struct error err = {0};

    if (!catch_up(service, &err) && err.code == ERR_NONE)
        BUG("a failure without a reason");
    note(service, &err);
}

/* One write for a run of posts; gives the first post behind them. */
static struct sales_post *commit(struct sales_service *service, struct sales_post *first)
{
    struct sales_post *behind = first->next;
    struct error err = {0};
    bool ok;

    if (first->empties) {
        ok = service->store->kind->empty(service->store, &err);
    } else {
        const size_t rows = gather(service, first, &behind);
        ok = sales_book_rows(service->book) + rows <= SALES_STORE_ROWS_MAX ||
             error_set(&err, ERR_LIMIT, "the store would be over the limit of %d rows",
                       SALES_STORE_ROWS_MAX);
        ok = ok && service->store->kind->write(service->store, service->batch, rows, &err);
    }
    if (ok)
        refresh(service);
    else if (err.code != ERR_LIMIT)
        note(service, &err);
    while (first != behind) {
        struct sales_post *next = first->next; /* it may be gone once it is done */
        first->err = err;
        first->done(first->context);
        first = next;
    }
    return behind;
}

/* See what other processes wrote. */
static void follow(struct sales_service *service, double now)
{
    struct sales_position there = service->seen;
    struct error err = {0};

    if (now - service->looked < SALES_FOLLOW_SECONDS)
        return;
    service->looked = now;
    if (service->store->kind->position(service->store, &there, &err) &&
        there.generation == service->seen.generation && there.sequence == service->seen.sequence)
        note(service, &err);
    else if (err.code == ERR_NONE)
        refresh(service);
    else
        note(service, &err);
}

static void write_tables(struct sales_service *service)
{
    struct sales_tables_write write = {
        .whole = service->whole, .from = service->known, .to = service->seen};
    struct arena memory = {0};
    struct error err = {0};
    bool written = false;

    pthread_mutex_lock(&service->book_lock);
    write.rows = sales_book_tables(service->book, write.whole, &memory);
    pthread_mutex_unlock(&service->book_lock);
    const bool ok = service->store->kind->write_tables(service->store, &write, &written, &err);
    /* Not taken: another process has written them, so the next change starts from anything. */
    service->whole = !ok || !written;
    if (ok)
        service->known = service->seen;
    else
        note(service, &err);
    arena_clear(&memory);
}

static void flush(struct sales_service *service, bool now)
{
    const double began = clock_seconds();

    if (service->known.generation == service->seen.generation &&
        service->known.sequence == service->seen.sequence)
        return;
    if (!now &&
        began - service->flushed < fmax(SALES_TABLES_SECONDS, FLUSH_PAUSES * service->flush_took))
        return;
    write_tables(service);
    service->flushed = clock_seconds();
    service->flush_took = service->flushed - began;
}

/* All that is queued, or NULL after a while; *stopping: nothing more will come. */
static struct sales_post *take_queue(struct sales_service *service, bool *stopping)
{
    struct timespec until;
    struct sales_post *first;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(SALES_FOLLOW_SECONDS * 1e9);
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&service->queue_lock);
    while (!service->first && !service->stopping &&
           pthread_cond_timedwait(&service->queued, &service->queue_lock, &until) == 0)
        ;
    if (service->first && !service->stopping) {
        /* Others are about to ask: one transaction for all of them costs little more than for one.
         */
        pthread_mutex_unlock(&service->queue_lock);
        nanosleep(&(struct timespec){.tv_nsec = GATHER_NANOSECONDS}, NULL);
        pthread_mutex_lock(&service->queue_lock);
    }
    first = service->first;
    service->first = NULL;
    service->last = &service->first;
    *stopping = service->stopping && !first;
    pthread_mutex_unlock(&service->queue_lock);
    return first;
}

void *service_writer_run(void *context)
{
    struct sales_service *service = context;
    bool stopping = false;

    while (!stopping) {
        struct sales_post *post = take_queue(service, &stopping);
        while (post)
            post = commit(service, post);
        follow(service, clock_seconds());
        flush(service, stopping);
    }
    return NULL;
}
