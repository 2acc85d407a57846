/*
 * fuzz_pipeline — a pipeline file and its --set arguments, from bytes to a checked configuration.
 *
 * The input is the file; after a line "====" every further line is a --set. Whatever is accepted
 * must write out as a file that is accepted again and writes out the same.
 */
#include "pipeline/config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SETS_MAX = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cut the part after the file into lines; `text` ends with a NUL. */
static size_t split_sets(char *text, const char *set[SETS_MAX])
{
    size_t count = 0;

    while (*text && count < SETS_MAX) {
        char *end = text + strcspn(text, "\n");
        set[count++] = text;
        if (!*end)
            break;
        *end = '\0';
        text = end + 1;
    }
    return count;
}

static void check_round_trip(const struct pipeline_config *config)
{
    struct pipeline_config again;
    struct text first = {0}, second = {0};
    struct error err = {0};

    pipeline_config_write(config, &first);
    if (!pipeline_config_parse(&again, "again.yaml", first.bytes, first.length, NULL, 0, &err))
        BUG(err.text);
    pipeline_config_write(&again, &second);
    BUG_ON(first.length != second.length || memcmp(first.bytes, second.bytes, first.length) != 0);
    pipeline_config_clear(&again);
    text_clear(&first);
    text_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char mark[] = "\n====\n";
    const char *set[SETS_MAX];
    struct pipeline_config config;
    struct error err = {0};
    char *text = memory_take(size + 1, 1);

    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    char *cut = memmem(text, size, mark, sizeof mark - 1);
    const size_t sets = cut ? split_sets(cut + sizeof mark - 1, set) : 0;
    if (pipeline_config_parse(&config, "p.yaml", text, cut ? (size_t)(cut - text) + 1 : size, set,
                              sets, &err)) {
        check_round_trip(&config);
        pipeline_config_clear(&config);
    } else {
        BUG_ON(err.code == ERR_NONE || !err.text[0]);
    }
    free(text);
    return 0;
}
