#include "base/arena.h"
#include "support/test.h"

TEST(arena_gives_aligned_memory_and_keeps_it)
{
    struct arena arena = {0};
    char *pieces[200];

    for (size_t i = 0; i < 200; i++) {
        pieces[i] = arena_take(&arena, i * 37 + 1, 1);
        EXPECT_EQ((uintptr_t)pieces[i] % (i * 37 + 1 >= 64 ? 64 : 16), 0);
        memset(pieces[i], (int)i, i * 37 + 1);
    }
    for (size_t i = 0; i < 200; i++)
        EXPECT_EQ((unsigned char)pieces[i][i * 37], i);
    arena_reset(&arena);
    EXPECT(arena.block != NULL);
    EXPECT_EQ(arena.used, 0);
    arena_clear(&arena);
    EXPECT_EQ(arena.total, 0);
}

TEST(arena_of_large_pages_is_an_arena)
{
    enum { SMALL = 100, LARGE = (5 << 20) + 3 };
    struct arena arena = {.large_pages = true};

    for (size_t turn = 0; turn < 2; turn++) {
        unsigned char *small = arena_take_zeroed(&arena, SMALL, 1);
        unsigned char *large = arena_take_zeroed(&arena, LARGE, 1);
        EXPECT_EQ((uintptr_t)small % 64, 0);
        EXPECT_EQ((uintptr_t)large % 64, 0);
        large[LARGE - 1] = small[SMALL - 1] = 7;
        EXPECT_EQ(large[0] + large[LARGE - 2] + small[0], 0);
        arena_reset(&arena);
        EXPECT(arena.large_pages);
    }
    arena_clear(&arena);
    EXPECT(!arena.large_pages && !arena.total);
}
