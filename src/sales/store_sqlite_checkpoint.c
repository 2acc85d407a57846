/*
 * The write-ahead log is copied into the database by a thread with a connection of its own: that
 * takes two fsyncs, which must not hold a writer up.
 */
#include "sales/store_sqlite.h"

#include <pthread.h>
#include <time.h>

enum { MILLISECONDS_BETWEEN = 500 };

struct store_sqlite_checkpoints {
    const struct sqlite_api *api;
    sqlite3 *db;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ending;
    bool ends, runs;
};

/* True: it is time to end. */
static bool wait_a_while(struct store_sqlite_checkpoints *checkpoints)
{
    struct timespec until;
    bool ends;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += MILLISECONDS_BETWEEN * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&checkpoints->lock);
    if (!checkpoints->ends)
        pthread_cond_timedwait(&checkpoints->ending, &checkpoints->lock, &until);
    ends = checkpoints->ends;
    pthread_mutex_unlock(&checkpoints->lock);
    return ends;
}

static void *run(void *context)
{
    struct store_sqlite_checkpoints *checkpoints = context;

    /* One that fails is made up for by the next, or by the writer when the log has grown long. */
    while (!wait_a_while(checkpoints))
        checkpoints->api->exec(checkpoints->db, "PRAGMA wal_checkpoint(PASSIVE)", NULL, NULL, NULL);
    return NULL;
}

struct store_sqlite_checkpoints *store_sqlite_checkpoints_start(const struct store_sqlite *store)
{
    struct store_sqlite_checkpoints *made = memory_take_zeroed(1, sizeof *made);

    made->api = store->api;
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->ending, NULL);
    made->runs =
        store->api->open_v2(store->path, &made->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                            NULL) == SQLITE_OK &&
        pthread_create(&made->thread, NULL, run, made) == 0;
    return made;
}

void store_sqlite_checkpoints_stop(struct store_sqlite_checkpoints *checkpoints)
{
    if (!checkpoints)
        return;
    pthread_mutex_lock(&checkpoints->lock);
    checkpoints->ends = true;
    pthread_cond_signal(&checkpoints->ending);
    pthread_mutex_unlock(&checkpoints->lock);
    if (checkpoints->runs)
        pthread_join(checkpoints->thread, NULL);
    checkpoints->api->close_v2(checkpoints->db);
    pthread_cond_destroy(&checkpoints->ending);
    pthread_mutex_destroy(&checkpoints->lock);
    free(checkpoints);
}
