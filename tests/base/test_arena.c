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
