#include "base/arena.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BLOCK_MIN = 64 * 1024, ALIGNMENT = 64, SMALL_ALIGNMENT = 16, LARGE_PAGE = 2 << 20 };

struct arena_block {
    struct arena_block *older;
    size_t size;
    _Alignas(64) unsigned char bytes[];
};

_Noreturn static void out_of_memory(size_t bytes)
{
    fprintf(stderr, "quern: out of memory: cannot get %zu bytes\n", bytes);
    exit(1);
}

static size_t checked_product(size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        out_of_memory(SIZE_MAX);
    return bytes;
}

static void add_block(struct arena *arena, size_t bytes)
{
    size_t size = arena->block ? arena->block->size * 2 : BLOCK_MIN;

    if (size > (size_t)64 << 20)
        size = (size_t)64 << 20;
    if (size < bytes)
        size = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    const bool large = arena->large_pages && size >= LARGE_PAGE;
    if (large) /* what is asked for is a multiple of its alignment, or the sanitizer refuses */
        size = ((sizeof(struct arena_block) + size + LARGE_PAGE - 1) & ~(size_t)(LARGE_PAGE - 1)) -
               sizeof(struct arena_block);
    struct arena_block *block = aligned_alloc(large ? LARGE_PAGE : ALIGNMENT, sizeof *block + size);
    if (!block)
        out_of_memory(size);
    if (large)
        (void)madvise(block, sizeof *block + size, MADV_HUGEPAGE); /* a wish: it may be refused */
    block->older = arena->block;
    block->size = size;
    arena->block = block;
    arena->used = 0;
    arena->total += size;
}

void *arena_take(struct arena *arena, size_t count, size_t size)
{
    size_t bytes = checked_product(count, size);
    size_t align = bytes >= ALIGNMENT ? ALIGNMENT : SMALL_ALIGNMENT;
    size_t start = (arena->used + align - 1) & ~(align - 1);

    if (!arena->block || start > arena->block->size || bytes > arena->block->size - start) {
        add_block(arena, bytes);
        start = 0;
    }
    arena->used = start + bytes;
    return arena->block->bytes + start;
}

void *arena_take_zeroed(struct arena *arena, size_t count, size_t size)
{
    void *memory = arena_take(arena, count, size);

    memset(memory, 0, count * size);
    return memory;
}

char *arena_string(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_take(arena, length + 1, 1);

    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = arena_take(arena, (size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *keep = NULL;

    for (struct arena_block *block = arena->block; block; block = block->older)
        if (!keep || block->size > keep->size)
            keep = block;
    for (struct arena_block *block = arena->block; block;) {
        struct arena_block *older = block->older;
        if (block != keep)
            free(block);
        block = older;
    }
    if (keep)
        keep->older = NULL;
    *arena = (struct arena){
        .block = keep, .total = keep ? keep->size : 0, .large_pages = arena->large_pages};
}

void arena_clear(struct arena *arena)
{
    for (struct arena_block *block = arena->block; block;) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
    *arena = (struct arena){0};
}

void *memory_take(size_t count, size_t size)
{
    size_t bytes = checked_product(count, size);
    void *memory = malloc(bytes ? bytes : 1);

    if (!memory)
        out_of_memory(bytes);
    return memory;
}

void *memory_take_zeroed(size_t count, size_t size)
{
    size_t bytes = checked_product(count, size);
    void *memory = calloc(bytes ? bytes : 1, 1);

    if (!memory)
        out_of_memory(bytes);
    return memory;
}

void *memory_resize(void *memory, size_t count, size_t size)
{
    size_t bytes = checked_product(count, size);
    void *larger = realloc(memory, bytes ? bytes : 1);

    if (!larger)
        out_of_memory(bytes);
    return larger;
}

#if defined(__SANITIZE_THREAD__)
#define HEAP_IS_LIBRARYS 0
#elif defined(__clang__)
#define HEAP_IS_LIBRARYS !__has_feature(thread_sanitizer)
#else
#define HEAP_IS_LIBRARYS 1
#endif

void memory_trim(void)
{
    /* The C library's own heap may not even be set up where a sanitizer has put its own there. */
    if (HEAP_IS_LIBRARYS)
        malloc_trim(0);
}
