#include "base/yaml_internal.h"

#include "base/text.h"
#include "base/utf8.h"

#include <string.h>

/* The child that one step of a --set path names; NULL when it is not there yet. */
static struct yaml_node *step_into(struct yaml_node *at, const char *key)
{
    int64_t index;

    if (at->kind == YAML_LIST && text_to_int64(key, strlen(key), &index)) {
        for (struct yaml_node *n = at->first; n; n = n->next)
            if (index >= 0 && n->index == (size_t)index)
                return n;
        return NULL;
    }
    return (struct yaml_node *)yaml_find(at, key);
}

/* Turn a node into an empty map, or give a map one more entry: the sections on the way. */
static struct yaml_node *make_entry(struct yaml_builder *b, struct yaml_node *at, const char *key,
                                    struct error *err)
{
    char path[YAML_PATH_MAX];

    if (at->kind == YAML_LIST) {
        yaml_fail_at(b, 0, err, "a list has no such entry; entries count from 0");
        return NULL;
    }
    if (at->kind == YAML_SCALAR) {
        if (!yaml_is_null(at)) {
            const struct yaml_node place = {.source = b->source};
            yaml_fail(err, &place, "key '%s' holds a value, not a section", yaml_path(at, path));
            return NULL;
        }
        at->kind = YAML_MAP;
        at->text = NULL;
    }
    b->open = NULL;
    struct yaml_node *node = yaml_add_node(b, YAML_SCALAR, 0, err);
    if (!node)
        return NULL;
    node->key = key;
    node->text = "";
    yaml_attach(at, node);
    return node;
}

/* Walk or make the node that a dotted path names. */
static struct yaml_node *walk(struct yaml_builder *b, const char *path, size_t length,
                              struct error *err)
{
    struct yaml_node *at = b->tree->root;
    const char *end = path + length;

    for (size_t depth = 0;; depth++) {
        const char *dot = memchr(path, '.', (size_t)(end - path));
        const size_t part = (size_t)((dot ? dot : end) - path);
        if (part == 0 || depth == YAML_DEPTH_MAX) {
            yaml_fail_at(b, 0, err,
                         part ? "nested more than 32 deep" : "a part of the key is empty");
            return NULL;
        }
        const char *key = arena_string(&b->tree->memory, path, part);
        struct yaml_node *next = step_into(at, key);
        if (!next)
            next = make_entry(b, at, key, err);
        if (!next || !dot)
            return next;
        at = next;
        path = dot + 1;
    }
}

/* The value as YAML or as it stands; see the header. */
static bool read_value(struct yaml_builder *b, const char *value, struct error *err)
{
    const size_t size = strlen(value);

    b->open = b->root = NULL;
    b->depth = 0;
    if (size > YAML_BYTES_MAX)
        return yaml_fail_at(b, 0, err, "the value is too long");
    if (size && strchr("[{\"'", value[0]))
        return yaml_build(b, value, size, err);
    struct yaml_node *node = yaml_add_node(b, YAML_SCALAR, 0, err);
    if (!node)
        return false;
    node->text = arena_string(&b->tree->memory, value, size);
    return true;
}

bool yaml_set(struct yaml *tree, const char *assignment, struct error *err)
{
    const char *equals = strchr(assignment, '=');
    struct yaml_builder b = {.tree = tree};

    if (!equals || equals == assignment)
        return error_set(err, ERR_ARG, "--set %s: must be KEY=VALUE, such as train.epochs=5",
                         assignment);
    if (tree->root->kind != YAML_MAP)
        return yaml_fail(err, tree->root, "must be a map of keys and values");
    /* A file is checked by libyaml; what comes from a command line is checked here. */
    if (!utf8_valid(assignment, strlen(assignment)))
        return error_set(err, ERR_ARG, "--set %s: must be UTF-8", assignment);
    b.source = arena_format(&tree->memory, "--set %s", assignment);
    if (!read_value(&b, equals + 1, err))
        return false;
    const struct yaml_node *value = b.root;
    struct yaml_node *node = walk(&b, assignment, (size_t)(equals - assignment), err);
    if (!node)
        return false;
    node->kind = value->kind;
    node->quoted = value->quoted;
    node->line = 0;
    node->source = b.source;
    node->text = value->text;
    node->count = value->count;
    node->first = value->first;
    node->last = value->last;
    for (struct yaml_node *n = node->first; n; n = n->next)
        n->parent = node;
    return true;
}
