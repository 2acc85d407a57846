#include "base/barrier.h"
#include "base/pool.h"
#include "support/test.h"

enum { ROUNDS = 2000, MEMBERS_MAX = 5 };

struct relay {
    struct barrier barrier;
    size_t value[MEMBERS_MAX]; /* plain memory: the barrier orders it */
    size_t wrong[MEMBERS_MAX];
};

/* Each round every member writes its number, waits, and must then see the same of all others. */
static void run_relay(void *context, size_t rank, size_t size)
{
    struct relay *relay = context;

    for (size_t round = 1; round <= ROUNDS; round++) {
        relay->value[rank] = round;
        barrier_wait(&relay->barrier);
        for (size_t i = 0; i < size; i++)
            relay->wrong[rank] += relay->value[i] != round;
        barrier_wait(&relay->barrier);
    }
}

TEST(barrier_lets_nobody_run_ahead)
{
    static const size_t sizes[] = {1, 2, MEMBERS_MAX};
    EACH_ROW(sizes, size) {
        struct relay relay = {0};
        struct pool *pool = pool_new(*size);
        barrier_init(&relay.barrier, pool_size(pool));
        pool_run(pool, run_relay, &relay);
        barrier_clear(&relay.barrier);
        for (size_t i = 0; i < pool_size(pool); i++)
            EXPECT_EQ(relay.wrong[i], 0);
        pool_free(pool);
    }
}
