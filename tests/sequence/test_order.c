#include "base/arena.h"
#include "base/rng.h"
#include "sequence/order.h"
#include "support/test.h"

TEST(order_sorts_impressions_of_any_number)
{
    struct rng rng = rng_new(5, 0);

    for (size_t n = 0; n < 200; n += n < 40 ? 1 : 13) {
        struct impression *item = memory_take(n + 1, sizeof *item);
        struct impression *spare = memory_take(n + 1, sizeof *spare);
        uint64_t sum = 0;
        for (size_t i = 0; i < n; i++) {
            item[i] = (struct impression){(int64_t)rng_below(&rng, 9) - 4, (int64_t)i, (uint32_t)i};
            sum += i;
        }
        for (size_t i = n; i-- > 1;) { /* rows come in any order */
            const size_t j = rng_below(&rng, i + 1);
            const struct impression swap = item[i];
            item[i] = item[j];
            item[j] = swap;
        }
        order_impressions(item, n, spare);
        for (size_t i = 0; i < n; i++) {
            EXPECT_EQ(item[i].token, item[i].row);
            sum -= item[i].token;
            if (i)
                EXPECT(item[i - 1].time < item[i].time ||
                       (item[i - 1].time == item[i].time && item[i - 1].row < item[i].row));
        }
        EXPECT_EQ(sum, 0);
        free(item);
        free(spare);
    }
}

TEST(order_sorts_cuts_by_id)
{
    static const uint64_t ranges[] = {1, 1000, 5000, (uint64_t)1 << 40, (uint64_t)1 << 62};
    struct rng rng = rng_new(6, 0);

    EACH_ROW(ranges, range) {
        enum { N = 3000 };
        struct cut *cut = memory_take_zeroed(N, sizeof *cut), *spare = memory_take(N, sizeof *cut);
        for (size_t i = 0; i < N; i++) {
            cut[i].id = (int64_t)rng_below(&rng, *range);
            cut[i].start = (uint32_t)cut[i].id;
        }
        order_cuts(cut, N, spare);
        for (size_t i = 0; i < N; i++) {
            EXPECT(cut[i].start == (uint32_t)cut[i].id);
            if (i)
                EXPECT(cut[i - 1].id <= cut[i].id);
        }
        free(cut);
        free(spare);
    }
}
