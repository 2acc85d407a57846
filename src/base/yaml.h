/*
 * yaml — a YAML file as a tree of nodes that remember where they were written.
 *
 * One document of maps, lists and scalars. Refused with a sentence, so that a file means what it
 * shows: anchors, aliases and tags, a key given twice, a key that is not plain text, a second
 * document, NUL inside text, bytes that are not UTF-8. Bounded: see the enum; without aliases a
 * small file cannot grow in memory.
 *
 * Every error is ERR_CONFIG and starts with its place, "FILE:LINE: " or "--set KEY=VALUE: ".
 * The tree owns its memory; nodes live until yaml_clear().
 */
#ifndef QUERN_BASE_YAML_H
#define QUERN_BASE_YAML_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    YAML_BYTES_MAX = 1 << 20,
    YAML_NODES_MAX = 100000,
    YAML_DEPTH_MAX = 32,
    YAML_PATH_MAX = 256, /* bytes of a dotted path in a message, with its NUL */
};

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    bool quoted;        /* of a scalar: written in quotes or as a block, so it is always text */
    size_t line;        /* from 1, of the key of a map's entry; 0 when it came from --set */
    const char *source; /* name of the file, or "--set KEY=VALUE" */
    const char *key;    /* of an entry of a map, else NULL */
    size_t index;       /* position in the parent */
    const char *text;   /* of a scalar */
    size_t count;       /* children */
    struct yaml_node *parent, *first, *last, *next;
};

struct yaml {
    struct arena memory;
    struct yaml_node *root;
    size_t nodes;
};

MUST_CHECK bool yaml_load(struct yaml *tree, const char *path, struct error *err);
/* `name` stands for the file in messages. */
MUST_CHECK bool yaml_parse(struct yaml *tree, const char *name, const char *bytes, size_t size,
                           struct error *err);
/* No-op on a zeroed struct. */
void yaml_clear(struct yaml *tree);

/*
 * `--set KEY=VALUE`: replace or add one value. KEY is a dotted path; missing sections on the way
 * are made, and a number steps into a list that is there. VALUE is read as YAML where it starts
 * with [ { " or ', and is otherwise taken as it stands, so that a glob or a query needs no quotes.
 */
MUST_CHECK bool yaml_set(struct yaml *tree, const char *assignment, struct error *err);

/* The entry of a map, or NULL when it is missing, or when `map` is NULL or no map. */
const struct yaml_node *yaml_find(const struct yaml_node *map, const char *key);

/* A plain scalar that is empty, ~ or null: "as if the key were not there". True for NULL. */
bool yaml_is_null(const struct yaml_node *node);

/* "train.epochs", "steps[2].columns"; the root gives "". Long paths are cut. */
const char *yaml_path(const struct yaml_node *node, char path[YAML_PATH_MAX]);

/* Set ERR_CONFIG with the place of the node in front. Returns false. */
bool yaml_fail(struct error *err, const struct yaml_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
