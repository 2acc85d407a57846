#include "base/pool.h"
#include "support/test.h"

struct sums {
    size_t part[64];
};

static void add_parts(void *context, size_t rank, size_t size)
{
    struct sums *sums = context;

    for (size_t i = rank; i < 64; i += size)
        sums->part[i] += i;
}

TEST(pool_runs_every_part_once_each_round)
{
    static const size_t sizes[] = {1, 2, 5};
    EACH_ROW(sizes, size) {
        struct sums sums = {{0}};
        struct pool *pool = pool_new(*size);
        for (int round = 0; round < 500; round++)
            pool_run(pool, add_parts, &sums);
        for (size_t i = 0; i < 64; i++)
            EXPECT_EQ(sums.part[i], 500 * i);
        pool_free(pool);
    }
}
