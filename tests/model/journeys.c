#include "model/journeys.h"

#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};

static struct journey_set *build(size_t count, const uint64_t *offset, const int32_t *token,
                                 const uint8_t *converted, size_t campaigns, size_t vocabulary,
                                 size_t max_length)
{
    struct journey_set *set = calloc(1, sizeof *set);

    *set = (struct journey_set){.count = count,
                                .campaigns = campaigns,
                                .vocabulary = vocabulary,
                                .max_length = max_length,
                                .offset = offset,
                                .token = token,
                                .converted = converted,
                                .campaign = names};
    return set;
}

struct journey_set *journeys_random(size_t count, size_t campaigns, size_t max_length, double with,
                                    double without, uint64_t seed)
{
    uint64_t *offset = malloc((count + 1) * sizeof *offset);
    int32_t *token = malloc(count * max_length * sizeof *token);
    uint8_t *converted = malloc(count);
    struct rng rng = rng_new(seed, 0);

    offset[0] = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t length = 1 + (size_t)rng_below(&rng, max_length);
        double chance = without;
        offset[i + 1] = offset[i] + length;
        for (uint64_t j = offset[i]; j < offset[i + 1]; j++) {
            token[j] = (int32_t)rng_below(&rng, campaigns);
            if (token[j] == 0)
                chance = with;
        }
        converted[i] = rng_uniform(&rng) < chance;
    }
    return build(count, offset, token, converted, campaigns, campaigns, max_length);
}

struct journey_set *journeys_of(const char *text, size_t vocabulary, size_t max_length)
{
    const size_t size = strlen(text) + 1;
    uint64_t *offset = calloc(size, sizeof *offset);
    int32_t *token = calloc(size, sizeof *token);
    uint8_t *converted = calloc(size, 1);
    size_t count = 0, tokens = 0;

    for (const char *p = text; *p; p++) {
        if (*p >= 'a' && *p <= 'z')
            token[tokens++] = *p - 'a';
        if (*p != '+' && *p != '-')
            continue;
        converted[count++] = *p == '+';
        offset[count] = tokens;
    }
    return build(count, offset, token, converted, vocabulary, vocabulary, max_length);
}

void journeys_free(struct journey_set *set)
{
    free((void *)(uintptr_t)set->offset);
    free((void *)(uintptr_t)set->token);
    free((void *)(uintptr_t)set->converted);
    free(set);
}
