/*
 * search_space — what a search may vary, and the values of each trial.
 *
 * The values of trial i are a pure function of the seed, i and the key: no order of drawing, no
 * state, so trials can run in any order and a search can be extended. Numbers on a log or linear
 * range are rounded to six significant digits: what a file shows is what was run.
 */
#ifndef QUERN_PIPELINE_SEARCH_SPACE_H
#define QUERN_PIPELINE_SEARCH_SPACE_H

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "base/yaml.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEARCH_RANGES_MAX = 64, SEARCH_CHOICES_MAX = 64 };

enum search_kind {
    SEARCH_LOG,    /* uniform in the logarithm */
    SEARCH_LINEAR, /* uniform */
    SEARCH_INT,    /* whole numbers, both ends included */
    SEARCH_CHOICE, /* one of a list */
};

struct search_range {
    const char *key;  /* "train.learning_rate" */
    const char *name; /* as the file has it, such as "learning_rate" */
    enum search_kind kind;
    double low, high;          /* of the first three kinds */
    const char *const *choice; /* of SEARCH_CHOICE */
    size_t choices;
    const struct yaml_node *node; /* where it was written, for messages; NULL for a default */
};

struct search_value {
    const char *key;
    const char *text; /* what --set would take */
    double number;    /* 0 for a choice */
    bool is_number;
};

/*
 * Read `space: {KEY: {log: [0.001, 0.2]}, KEY: {int: [64, 256]}, KEY: {linear: [0, 1]}, KEY:
 * {choice: [a, b]}}`. Ranges get their key as name; whoever knows the settings resolves it.
 */
MUST_CHECK bool search_space_read(const struct yaml_node *space, struct search_range **range,
                                  size_t *ranges, struct arena *memory, struct error *err);

/* The same as YAML, `indent` spaces in. */
void search_space_write(struct text *out, const struct search_range *range, size_t ranges,
                        size_t indent);

/* {"train.learning_rate": {"log": [0.001, 0.2]}, ...} */
json_t *search_space_json(const struct search_range *range, size_t ranges);

/* The values of one trial, [ranges], in the arena. */
const struct search_value *search_space_draw(const struct search_range *range, size_t ranges,
                                             uint64_t seed, size_t trial, struct arena *memory);

#endif
