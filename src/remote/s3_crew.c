#include "remote/s3_crew.h"

#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>

struct crew {
    const struct s3_account *account;
    s3_job work;
    void *context;
    size_t count;
    atomic_size_t next;
    pthread_mutex_t lock; /* guards err */
    struct error err;
};

static void fail(struct crew *crew, const struct error *err)
{
    atomic_store(&crew->next, crew->count);
    pthread_mutex_lock(&crew->lock);
    if (crew->err.code == ERR_NONE)
        crew->err = *err;
    pthread_mutex_unlock(&crew->lock);
}

static void member(void *context, size_t rank, size_t size)
{
    struct crew *crew = context;
    struct s3_client *client = NULL;
    struct error err = {0};
    size_t job;

    (void)rank, (void)size;
    bool ok = s3_client_open(&client, crew->account, &err);
    while (ok && (job = atomic_fetch_add(&crew->next, 1)) < crew->count)
        ok = crew->work(client, job, crew->context, &err);
    if (!ok)
        fail(crew, &err);
    s3_client_close(client);
}

bool s3_crew_run(const struct s3_account *account, size_t count, s3_job work, void *context,
                 struct error *err)
{
    struct crew crew = {.account = account, .work = work, .context = context, .count = count};

    if (count == 0)
        return true;
    pthread_mutex_init(&crew.lock, NULL);
    struct pool *pool = pool_new(count < S3_CREW ? count : S3_CREW);
    pool_run(pool, member, &crew);
    pool_free(pool);
    pthread_mutex_destroy(&crew.lock);
    if (crew.err.code == ERR_NONE)
        return true;
    *err = crew.err;
    return false;
}
